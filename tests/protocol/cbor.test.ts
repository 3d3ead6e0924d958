import * as cborg from "cborg";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, fromHex, toHex } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor, type CborKey } from "#protocol/cbor.ts";

// PROTOCOL §1: one codec, one encoding of each value. cborg, written by others, is what ours is measured
// against.

/**
 * cborg set to what the protocol allows: maps kept as maps, nothing indefinite, nothing twice, no floats or
 * tags.
 */
const strictly: cborg.DecodeOptions = {
  strict: true,
  useMaps: true,
  allowIndefinite: false,
  allowUndefined: false,
  allowInfinity: false,
  allowNaN: false,
  allowBigInt: false,
  rejectDuplicateMapKeys: true,
};

const nfcText = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) => text.normalize("NFC"));
/** Where an integer's head grows by a byte, up to the largest that we write. */
const edges = [0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER - 1];
const wholeNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.constantFrom(...edges.map((edge) => edge), ...edges.map((edge) => -1 - edge)),
);
const { anyValue } = fc.letrec<{ anyValue: Cbor; leaf: Cbor }>((tie) => ({
  leaf: fc.oneof(
    wholeNumber,
    nfcText,
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
  ) as fc.Arbitrary<Cbor>,
  anyValue: fc.oneof(
    { depthSize: "small", maxDepth: 6 },
    tie("leaf"),
    fc.array(tie("anyValue"), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(fc.oneof(wholeNumber, nfcText) as fc.Arbitrary<CborKey>, tie("anyValue")), {
        maxLength: 30,
        selector: ([key]) => key,
      })
      .map((members) => new Map<CborKey, Cbor>(members)),
  ),
}));

function decoded(bytes: Uint8Array): Cbor | undefined {
  const answer = decodeCbor(bytes);
  return answer.ok ? answer.value : undefined;
}

function faultOf(hex: string): string {
  const answer = decodeCbor(fromHex(hex));
  return answer.ok ? "accepted" : answer.refusal.what;
}

describe("what is written is read back", () => {
  it("PROTOCOL §1: every value comes back as it went in, whatever it is", () => {
    const roundTrip = fc.property(anyValue, (value) => {
      expect(decoded(encodeCbor(value))).toEqual(value);
    });
    expect(() => fc.assert(roundTrip, { numRuns: 400 })).not.toThrow();
  });

  it("PROTOCOL §1: another deterministic encoder writes the very same bytes", () => {
    const same = fc.property(anyValue, (value) => {
      const theirs = cborg.encode(value, cborg.rfc8949EncodeOptions);
      expect(toHex(encodeCbor(value))).toBe(toHex(theirs));
    });
    expect(() => fc.assert(same, { numRuns: 400 })).not.toThrow();
  });

  it("a map has one encoding, in whichever order it was filled", () => {
    const entries: [CborKey, Cbor][] = [
      [100, 1],
      ["z", 2],
      [-1, 3],
      ["aa", 4],
      [10, 5],
    ];
    const forward = encodeCbor(new Map(entries));
    // RFC 8949 §4.2.1 gives this very order: 10, 100, -1, "z", "aa".
    expect(toHex(forward)).toBe("a50a05186401200361" + "7a02" + "626161" + "04");
    expect(toHex(encodeCbor(new Map(entries.toReversed())))).toBe(toHex(forward));
  });
});

describe("only one spelling is read", () => {
  it("PROTOCOL §1: whatever bytes are accepted are the bytes we would have written", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(anyValue, fc.nat(), fc.integer({ min: 1, max: 255 })).map(([value, at, flip]) => {
        const changed = encodeCbor(value).slice();
        const place = at % changed.length;
        changed[place] = (changed[place] ?? 0) ^ flip;
        return changed;
      }),
    );
    const canonical = fc.property(bytes, (some) => {
      const value = decoded(some);
      return value === undefined || toHex(encodeCbor(value)) === toHex(some);
    });
    expect(() => fc.assert(canonical, { numRuns: 3000 })).not.toThrow();
  });

  it("accepts exactly what a strict reader of other make accepts and writes back unchanged", () => {
    const agree = fc.property(fc.uint8Array({ maxLength: 24 }), (some) => {
      const ours = decoded(some);
      expect(ours !== undefined).toBe(isCanonicalElsewhere(some));
    });
    expect(() => fc.assert(agree, { numRuns: 5000 })).not.toThrow();
  });

  it("agrees with it on every single byte and every pair of bytes", () => {
    const differing: string[] = [];
    for (let first = 0; first < 256; first++) {
      for (let second = -1; second < 256; second++) {
        const some = second < 0 ? Uint8Array.of(first) : Uint8Array.of(first, second);
        if ((decoded(some) !== undefined) !== isCanonicalElsewhere(some)) differing.push(toHex(some));
      }
    }
    expect(differing).toEqual([]);
  });

  it("one changed byte of a message is never read as the message that was sent", () => {
    const message = encodeCbor([
      1,
      Uint8Array.of(1, 2, 3),
      "晨光便利店",
      [-5, null, true],
      new Map([[4, "x"]]),
    ]);
    const original = decoded(message);
    for (const [at, byte] of message.entries()) {
      for (let flip = 1; flip < 256; flip++) {
        const changed = message.slice();
        changed[at] = byte ^ flip;
        expect(decoded(changed)).not.toEqual(original);
      }
    }
  });

  it("nothing cut short and nothing with a byte too many is read", () => {
    const whole = fc.property(anyValue, (value) => {
      const bytes = encodeCbor(value);
      // A long value is cut at 200 places: at every one it would be read a million times over.
      const cuts = Math.min(bytes.length, 200);
      const parts = Array.from({ length: cuts }, (_, cut) =>
        bytes.subarray(0, Math.floor((cut * bytes.length) / cuts)),
      );
      return [...parts, concat(bytes, Uint8Array.of(0))].every((part) => decoded(part) === undefined);
    });
    expect(() => fc.assert(whole, { numRuns: 60 })).not.toThrow();
  });

  it.each([
    ["1817", "longer form than needed"],
    ["1900ff", "longer form than needed"],
    ["1a0000ffff", "longer form than needed"],
    ["1b00000000ffffffff", "longer form than needed"],
    ["5801aa", "longer form than needed"],
    ["1b0020000000000000", "integer too large"],
    ["3b001fffffffffffff", "integer too large"],
    ["3bffffffffffffffff", "integer too large"],
    ["5f4101ff", "indefinite or reserved length"],
    ["9f01ff", "indefinite or reserved length"],
    ["bf0102ff", "indefinite or reserved length"],
    ["1c", "indefinite or reserved length"],
    ["c000", "tag, float or simple value"],
    ["f7", "tag, float or simple value"],
    ["f93c00", "tag, float or simple value"],
    ["a201020102", "keys out of order or twice"],
    ["a202000100", "keys out of order or twice"],
    ["a1f500", "key is neither integer nor text"],
    ["a1410000", "key is neither integer nor text"],
    ["62c328", "text is not well-formed NFC"],
    ["63eda080", "text is not well-formed NFC"],
    ["6365cc81", "text is not well-formed NFC"],
    ["61ff", "text is not well-formed NFC"],
    ["0000", "trailing bytes"],
    ["", "cut short"],
    ["9affffffff", "cut short"],
    ["bb001fffffffffffff", "cut short"],
    ["5b001fffffffffffff", "cut short"],
  ])("%s is refused: %s", (hex, what) => {
    expect(faultOf(hex)).toBe(what);
  });

  it("a byte order mark is text like any other and does not vanish", () => {
    const bytes = encodeCbor("\uFEFFab");
    expect(decoded(bytes)).toBe("\uFEFFab");
    expect(bytes.length).toBe(6);
  });
});

/** Would cborg read these bytes strictly, within our subset, and write the same ones again? */
function isCanonicalElsewhere(bytes: Uint8Array): boolean {
  try {
    const value: unknown = cborg.decode(bytes, strictly);
    return inSubset(value) && toHex(cborg.encode(value, cborg.rfc8949EncodeOptions)) === toHex(bytes);
  } catch (cause) {
    if (cause instanceof Error) return false;
    throw cause;
  }
}

function inSubset(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || value instanceof Uint8Array) return true;
  if (typeof value === "number") return Number.isSafeInteger(value);
  if (typeof value === "string") return value.isWellFormed() && value === value.normalize("NFC");
  if (Array.isArray(value)) return value.every(inSubset);
  if (!(value instanceof Map)) return false;
  return [...value].every(
    ([key, member]) =>
      (typeof key === "number" || typeof key === "string") && inSubset(key) && inSubset(member),
  );
}

describe("the examples of RFC 8949, appendix A", () => {
  const numbers: [string, Cbor][] = [
    ["00", 0],
    ["01", 1],
    ["0a", 10],
    ["17", 23],
    ["1818", 24],
    ["1819", 25],
    ["1864", 100],
    ["1903e8", 1000],
    ["1a000f4240", 1_000_000],
    ["1b000000e8d4a51000", 1_000_000_000_000],
    ["20", -1],
    ["29", -10],
    ["3863", -100],
    ["3903e7", -1000],
  ];
  const others: [string, Cbor][] = [
    ["f4", false],
    ["f5", true],
    ["f6", null],
    ["40", new Uint8Array(0)],
    ["4401020304", Uint8Array.of(1, 2, 3, 4)],
    ["60", ""],
    ["6161", "a"],
    ["6449455446", "IETF"],
    ["62225c", '"\\'],
    ["62c3bc", "ü"],
    ["63e6b0b4", "水"],
    ["64f0908591", "𐅑"],
    ["80", []],
    ["83010203", [1, 2, 3]],
    ["8301820203820405", [1, [2, 3], [4, 5]]],
    [`9819${range(1, 23)}18181819`, Array.from({ length: 25 }, (_, i) => i + 1)],
    ["a0", new Map()],
    [
      "a201020304",
      new Map([
        [1, 2],
        [3, 4],
      ]),
    ],
    [
      "a26161016162820203",
      new Map<CborKey, Cbor>([
        ["a", 1],
        ["b", [2, 3]],
      ]),
    ],
    ["826161a161626163", ["a", new Map([["b", "c"]])]],
  ];

  it.each([...numbers, ...others])("%s is written and read as the RFC says", (hex, value) => {
    expect(toHex(encodeCbor(value))).toBe(hex);
    expect(decoded(fromHex(hex))).toEqual(value);
  });

  it.each([
    "1bffffffffffffffff",
    "c249010000000000000000",
    "f90000",
    "f98000",
    "fb3ff199999999999a",
    "f97c00",
    "f7",
    "f0",
    "f8ff",
    "c11a514b67b0",
    "d74401020304",
    "5f42010243030405ff",
    "7f657374726561646d696e67ff",
    "9fff",
    "83018202039f0405ff",
    "bf61610161629f0203ffff",
  ])("%s stands in the RFC and outside our subset", (hex) => {
    expect(decoded(fromHex(hex))).toBeUndefined();
  });
});

function range(from: number, to: number): string {
  let hex = "";
  for (let i = from; i <= to; i++) hex += i.toString(16).padStart(2, "0");
  return hex;
}

describe("limits", () => {
  it("sixteen levels are read, a seventeenth is refused", () => {
    expect(faultOf(`${"81".repeat(16)}00`)).toBe("accepted");
    expect(faultOf(`${"81".repeat(17)}00`)).toBe("too deep");
    expect(faultOf(`${"81".repeat(100_000)}00`)).toBe("too deep");
  });

  it("what could not be read back is not written: a seventeenth level, or more than 4 MiB", () => {
    let deep: Cbor = 0;
    for (let level = 0; level < 16; level++) deep = [deep];
    expect(decoded(encodeCbor(deep))).toEqual(deep);
    expect(() => encodeCbor([deep])).toThrow("too deep");
    expect(() => encodeCbor(new Uint8Array(4 * 1024 * 1024 - 4))).toThrow("longer than 4 MiB");
  });

  it("4 MiB are read, one byte more is refused", () => {
    const limit = 4 * 1024 * 1024;
    const atLimit = encodeCbor(new Uint8Array(limit - 5));
    expect(atLimit.length).toBe(limit);
    expect(decodeCbor(atLimit).ok).toBe(true);
    const over = concat(Uint8Array.of(0x5a, 0, 0x3f, 0xff, 0xfc), new Uint8Array(limit - 4));
    expect(decodeCbor(over)).toEqual({
      ok: false,
      refusal: { code: "not-deterministic-cbor", what: "too long", where: limit },
    });
  });

  it("what the protocol cannot say is a bug of the writer", () => {
    for (const wrong of [0.5, Number.NaN, Infinity, 2 ** 53, -(2 ** 53), "\uD800", "e\u0301"]) {
      expect(() => encodeCbor(wrong)).toThrow(TypeError);
    }
  });

  it("the fault tells how far reading had come", () => {
    expect(decodeCbor(fromHex("8301f90000"))).toMatchObject({ ok: false, refusal: { where: 5 } });
    expect(decodeCbor(fromHex("820161ff"))).toMatchObject({ ok: false, refusal: { where: 3 } });
  });
});
