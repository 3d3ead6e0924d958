import { base32, base32crockford } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromBase32, fromCrockford, tidyCrockford, toBase32, toCrockford } from "#protocol/base32.ts";
import { fromHex, ID_BYTES, sameBytes, toHex } from "#protocol/bytes.ts";
import { idKey, isShortId, newId, shortId } from "#protocol/ids.ts";

const someBytes = fc.uint8Array({ maxLength: 80 });

describe("base32 of payment codes (RFC 4648)", () => {
  it("G7: every code's bytes come back from its text, and another make's encoder writes the same", () => {
    const roundTrip = fc.property(someBytes, (bytes) => {
      const text = toBase32(bytes);
      expect(text).toBe(base32.encode(bytes).replaceAll("=", ""));
      expect(toHex(fromBase32(text) ?? Uint8Array.of(255))).toBe(toHex(bytes));
    });
    expect(() => fc.assert(roundTrip)).not.toThrow();
  });

  it.each([
    ["f", "MY"],
    ["fo", "MZXQ"],
    ["foo", "MZXW6"],
    ["foob", "MZXW6YQ"],
    ["fooba", "MZXW6YTB"],
    ["foobar", "MZXW6YTBOI"],
  ])("RFC 4648 §10: «%s» is %s", (text, encoded) => {
    expect(toBase32(new TextEncoder().encode(text))).toBe(encoded);
    expect(fromBase32(encoded)).toEqual(new TextEncoder().encode(text));
  });

  it("one text per value: whatever is read is what would have been written", () => {
    const text = fc.stringMatching(/^[A-Z2-7]{0,40}$/);
    const single = fc.property(text, (some) => {
      const bytes = fromBase32(some);
      return bytes === null || toBase32(bytes) === some;
    });
    expect(() => fc.assert(single, { numRuns: 2000 })).not.toThrow();
  });

  it.each(["A", "AAA", "AAAAAA", "MZ", "MY======", "my", "M Y", "M1", "M0", "MÝ"])(
    "%s is not read",
    (text) => {
      expect(fromBase32(text)).toBeNull();
    },
  );
});

describe("Crockford base32 of what people type", () => {
  it("G7: bytes come back, and another make's encoder writes the same", () => {
    const roundTrip = fc.property(someBytes, (bytes) => {
      const text = toCrockford(bytes);
      expect(text).toBe(base32crockford.encode(bytes));
      expect(toHex(fromCrockford(text) ?? Uint8Array.of(255))).toBe(toHex(bytes));
    });
    expect(() => fc.assert(roundTrip)).not.toThrow();
  });

  it("forgives case, blanks, hyphens, full-width letters, O for 0 and I or L for 1", () => {
    const bytes = fromHex("0123456789");
    expect(toCrockford(bytes)).toBe("04HMASW9");
    for (const typed of ["04hmasw9", "O4HM-ASW9", " o4hm asw9 ", "０４ＨＭＡＳＷ９"]) {
      expect(toHex(fromCrockford(typed) ?? Uint8Array.of(0))).toBe("0123456789");
    }
    expect(tidyCrockford("il-lo")).toBe("1110");
  });

  it("U is in no Crockford text, and spare bits that are set are refused", () => {
    expect(fromCrockford("0U")).toBeNull();
    expect(fromCrockford("01")).toBeNull();
    expect(fromCrockford("0")).toBeNull();
  });
});

describe("ids", () => {
  it("are 16 random bytes, and people see 12 characters of them", () => {
    const [one, two] = [newId(), newId()];
    expect(one.length).toBe(ID_BYTES);
    expect(idKey(one)).not.toBe(idKey(two));
    expect(idKey(one)).toMatch(/^[0-9a-f]{32}$/);
    expect(isShortId(shortId(one))).toBe(true);
  });

  it("a short id is the first 60 bits: what follows does not change it, what stands before does", () => {
    const bits = fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.nat({ max: 127 }),
      (id, bit) => {
        const other = id.slice();
        const at = bit >> 3;
        other[at] = (other[at] ?? 0) ^ (0x80 >> (bit & 7));
        return (shortId(id) === shortId(other)) === bit >= 60;
      },
    );
    expect(() => fc.assert(bits)).not.toThrow();
  });

  it("PROTOCOL §9: a short id has one spelling: what Crockford would mend or fold is none", () => {
    for (const wrong of [
      "",
      "04HMASW9ABC",
      "04HMASW9ABCDE",
      "04hmasw9abcd",
      "O4HMASW9ABCD",
      "L4HMASW9ABCD",
    ]) {
      expect(isShortId(wrong)).toBe(false);
    }
    for (const wrong of ["04HM-ASW9ABC", "04HM ASW9ABC", "０4HMASW9ABCD", "U4HMASW9ABCD"]) {
      expect(isShortId(wrong)).toBe(false);
    }
  });
});

describe("bytes", () => {
  it("hex is lower case, whole and nothing else", () => {
    expect(toHex(fromHex("00ff10"))).toBe("00ff10");
    for (const wrong of ["0", "0G", "FF", " 00"]) expect(() => fromHex(wrong)).toThrow("not hex");
  });

  it("two byte strings are the same when length and every byte are", () => {
    const same = fc.property(someBytes, fc.nat(), fc.integer({ min: 1, max: 255 }), (bytes, at, flip) => {
      const other = bytes.slice();
      expect(sameBytes(bytes, other)).toBe(true);
      expect(sameBytes(bytes, Uint8Array.of(...bytes, 0))).toBe(false);
      if (other.length === 0) return;
      const place = at % other.length;
      other[place] = (other[place] ?? 0) ^ flip;
      expect(sameBytes(bytes, other)).toBe(false);
    });
    expect(() => fc.assert(same)).not.toThrow();
  });
});
