import { describe, expect, it } from "vitest";
import { randomBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import * as keysets from "#protocol/keyset.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { keysetRow, newSigningKey, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const spare = await newSigningKey();

/** What a till that stands at `present` makes of this keyset, signed by the root. */
async function offered(
  keyset: Keyset,
  present: Keyset | null = null,
  root = shop.root,
): Promise<Keyset | null> {
  const bytes = keysets.encodeKeyset(keyset);
  const signature = await keysets.signKeyset(root.privateKey, bytes);
  return keysets.openKeyset(shop.root.point, bytes, signature, present);
}

describe("PROTOCOL §2: a keyset is believed by its root's signature alone", () => {
  it("the first one is taken at enrolment, byte for byte", async () => {
    expect(await offered(shop.keyset)).toEqual(shop.keyset);
  });

  it("signed by another root, or by a key of the keyset itself: not taken", async () => {
    expect(await offered(shop.keyset, null, spare)).toBeNull();
    expect(await offered(shop.keyset, null, shop.answer)).toBeNull();
  });

  it("one byte changed anywhere in it or its signature: not taken", async () => {
    const bytes = keysets.encodeKeyset(shop.keyset);
    const signature = await keysets.signKeyset(shop.root.privateKey, bytes);
    for (let at = 0; at < bytes.length; at++) {
      expect(
        await keysets.openKeyset(shop.root.point, withByteChanged(bytes, at), signature, null),
      ).toBeNull();
    }
    for (let at = 0; at < signature.length; at++) {
      expect(
        await keysets.openKeyset(shop.root.point, bytes, withByteChanged(signature, at), null),
      ).toBeNull();
    }
  });

  it("a key under another key's id is refused, even signed", async () => {
    const [first, second] = shop.keyset.keys;
    const lying = { ...shop.keyset, keys: [{ ...first, kid: spare.kid }, second] } as Keyset;
    expect(await offered(lying)).toBeNull();
  });
});

describe("PROTOCOL §2: within a lineage a keyset only goes forward", () => {
  const next = (keys: Keyset["keys"]): Keyset => ({ ...shop.keyset, version: 4, keys });

  it("a lower version is refused, a higher one is taken", async () => {
    expect(await offered({ ...shop.keyset, version: 2 }, shop.keyset)).toBeNull();
    expect(
      await offered(next([...shop.keyset.keys, keysetRow(spare, "export")]), shop.keyset),
    ).not.toBeNull();
  });

  it("the same version is the same keyset or none: it may come again, never with other keys", async () => {
    expect(await offered(shop.keyset, shop.keyset)).toEqual(shop.keyset);
    const other = { ...shop.keyset, keys: [...shop.keyset.keys, keysetRow(spare, "answer")] };
    expect(await offered(other, shop.keyset)).toBeNull();
  });

  it("a withdrawn key stays so: neither active nor retired nor missing in a later version", async () => {
    const withdrawn = next([
      keysetRow(shop.answer, "answer"),
      keysetRow(spare, "issuer", shop.merchant, "withdrawn"),
    ]);
    const later = (keys: Keyset["keys"]): Keyset => ({ ...withdrawn, version: 5, keys });
    for (const state of ["active", "retired"] as const) {
      const revived = [keysetRow(shop.answer, "answer"), keysetRow(spare, "issuer", shop.merchant, state)];
      expect(await offered(later(revived), withdrawn)).toBeNull();
    }
    expect(await offered(later([keysetRow(shop.answer, "answer")]), withdrawn)).toBeNull();
    expect(await offered(later(withdrawn.keys), withdrawn)).not.toBeNull();
  });

  it("an old key stays for the receipts it signed: a later version that lost it is refused", async () => {
    expect(await offered(next([keysetRow(shop.answer, "answer")]), shop.keyset)).toBeNull();
    const retired = shop.keyset.keys.map((key) => ({ ...key, state: "retired" as const }));
    expect(await offered(next(retired), shop.keyset)).not.toBeNull();
  });

  it("a new lineage, after a restore, may begin lower and without them", async () => {
    const restored = { lineage: randomBytes(8), version: 1, keys: [keysetRow(spare, "answer")] };
    expect(await offered(restored, shop.keyset)).toEqual(restored);
  });
});

describe("the keyset's bytes", () => {
  const change = (at: readonly number[], value: Cbor): Bytes => {
    const decoded = decodeCbor(keysets.encodeKeyset(shop.keyset));
    const tree = decoded.ok ? (decoded.value as Cbor[]) : [];
    let inner = tree;
    for (const step of at.slice(0, -1)) inner = inner[step] as Cbor[];
    inner[at.at(-1) ?? 0] = value;
    return encodeCbor(tree);
  };

  it.each<[string, readonly number[], Cbor]>([
    ["a version of the format to come", [0], 2],
    ["a lineage of 7 bytes", [1], new Uint8Array(7)],
    ["version 0", [2], 0],
    ["a kid of 9 bytes", [3, 0, 0], new Uint8Array(9)],
    ["an unknown use", [3, 0, 1], "root"],
    ["a merchant of 15 bytes", [3, 0, 2], new Uint8Array(15)],
    ["a compressed point", [3, 0, 3], new Uint8Array(33)],
    ["a beginning before all time", [3, 0, 4], -1],
    ["an unknown state", [3, 0, 6], "lost"],
  ])("with %s they are none", (_what, at, value) => {
    expect(keysets.decodeKeyset(change(at, value))).toBeNull();
  });

  it("hold 500 keys and not one more", () => {
    const row = keysetRow(spare, "answer");
    const of = (count: number): Bytes =>
      keysets.encodeKeyset({ ...shop.keyset, keys: Array.from({ length: count }, () => row) });
    expect(keysets.decodeKeyset(of(keysets.MAX_KEYS))?.keys.length).toBe(500);
    expect(keysets.decodeKeyset(of(keysets.MAX_KEYS + 1))).toBeNull();
  });

  it("a withdrawn key is found by its id, and vouches for nothing", () => {
    const keyset = {
      ...shop.keyset,
      keys: [keysetRow(spare, "answer", null, "withdrawn"), ...shop.keyset.keys],
    };
    expect(keysets.findKey(keyset, spare.kid)?.state).toBe("withdrawn");
    expect(keysets.findKey(keyset, randomBytes(8))).toBeNull();
    expect(keysets.usableKeys(keyset, "answer").map((key) => key.kid)).toEqual([shop.answer.kid]);
  });
});
