import { describe, expect, it } from "vitest";
import { randomBytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import { goodCode, NOW_MS, shown, shownWhere, withPayload, type Presented } from "./code-maker.ts";
import { keysetRow, openShop } from "./shop.ts";

const shop = await openShop();
const stranger = await openShop();
const spent = { tillName: "二号柜台", atMs: NOW_MS - 5, amountMinor: 3800, here: false };

/** Every way of being wrong, in the order of PROTOCOL §9; each leaves the others as they are. */
const flaws: readonly (readonly [name: string, spoil: (code: Presented) => Presented])[] = [
  ["malformed", (code) => ({ ...code, unprotected: new Map([[1, -7]]) })],
  ["wrong-algorithm", (code) => ({ ...code, alg: -8 })],
  ["unknown-key", (code) => ({ ...code, kid: randomBytes(8) })],
  [
    "key-withdrawn",
    (code) => ({
      ...code,
      keyset: { ...shop.keyset, keys: [keysetRow(shop.issuer, "issuer", shop.merchant, "withdrawn")] },
    }),
  ],
  ["bad-signature", (code) => ({ ...code, signatureBroken: true })],
  ["another-merchant", (code) => withPayload(code, { issuer: shortId(stranger.merchant) })],
  [
    "another-till",
    (code) => withPayload(code, { audience: { kind: "till", shortId: shortId(stranger.till) } }),
  ],
  ["not-yet-valid", (code) => withPayload(code, { validFromMs: NOW_MS + 86_400_000 })],
  ["expired", (code) => withPayload(code, { expiresAtMs: NOW_MS - 1000 })],
  ["revoked", (code) => shownWhere(code, { revoked: true })],
  ["spent", (code) => shownWhere(code, { spent })],
  ["key-epoch-absent", (code) => withPayload(shownWhere(code, { keyEpochHeld: false }), { rule: "own" })],
  ["amount-mismatch", (code) => shownWhere(code, { dueMinor: 100 })],
  ["leased-elsewhere", (code) => shownWhere(code, { lease: { held: "elsewhere", tillName: "二号柜台" } })],
];

describe("PROTOCOL §9: the first check that fails names the refusal", () => {
  it.each(flaws)("%s stands alone", async (name, spoil) => {
    expect(await shown(spoil(goodCode(shop)), shop.merchant)).toBe(name);
  });

  const pairs = flaws.flatMap(([earlier, first], at) =>
    flaws.slice(at + 1).map(([later, second]) => ({ earlier, later, first, second })),
  );
  it.each(pairs)("$earlier before $later", async ({ earlier, later, first, second }) => {
    // Under a key nobody knows, a code in another shop's name is said to be that shop's: it helps more
    // (PROTOCOL §9).
    const name = earlier === "unknown-key" && later === "another-merchant" ? later : earlier;
    expect(await shown(second(first(goodCode(shop))), shop.merchant)).toBe(name);
  });

  it("wrong in every way at once: the form names it", async () => {
    let code = goodCode(shop);
    for (const [, spoil] of flaws) code = spoil(code);
    expect(await shown(code, shop.merchant)).toBe("malformed");
  });
});
