import { describe, expect, it } from "vitest";
import type { Cbor } from "#protocol/cbor.ts";
import { readShape, type Shape } from "#protocol/shape.ts";

function reads(value: Cbor, read: (shape: Shape) => unknown): boolean {
  return readShape(value, (shape) => [read(shape)]) !== null;
}

describe("a message is read by position, and the first member that is wrong is a no", () => {
  it("is no array, too short or too long: refused", () => {
    const two = (shape: Shape): number => shape.integer() + shape.integer();
    expect(readShape([1, 2], two)).toBe(3);
    for (const wrong of [1, null, "ab", new Map(), new Uint8Array(2), [], [1], [1, 2, 3]]) {
      expect(readShape(wrong, two)).toBeNull();
    }
  });

  it("integers keep their bounds, both ends included", () => {
    const read = (shape: Shape): number => shape.integer(-1, 5);
    for (const inside of [-1, 0, 5]) expect(reads([inside], read)).toBe(true);
    for (const outside of [-2, 6, "1", null, true, []]) expect(reads([outside], read)).toBe(false);
    expect(reads([-1], (shape) => shape.integer())).toBe(false);
    expect(reads([null], (shape) => shape.integerOrNull())).toBe(true);
    expect(reads(["x"], (shape) => shape.integerOrNull())).toBe(false);
  });

  it("bytes have the length asked for, or at most the longest", () => {
    const four = new Uint8Array(4);
    expect(reads([four], (shape) => shape.bytes(4))).toBe(true);
    expect(reads([four], (shape) => shape.bytes(3))).toBe(false);
    expect(reads([four], (shape) => shape.bytes(5))).toBe(false);
    expect(reads([four], (shape) => shape.bytes(undefined, 4))).toBe(true);
    expect(reads([four], (shape) => shape.bytes(undefined, 3))).toBe(false);
    expect(reads(["abcd"], (shape) => shape.bytes(4))).toBe(false);
    expect(reads([null], (shape) => shape.bytesOrNull(4))).toBe(true);
    expect(reads([null], (shape) => shape.bytes(4))).toBe(false);
  });

  it("a word is one of those named, letter for letter", () => {
    const read = (shape: Shape): string => shape.oneOf(["ok", "gap"]);
    expect(reads(["gap"], read)).toBe(true);
    for (const wrong of ["GAP", "gap ", "", null, 0]) expect(reads([wrong], read)).toBe(false);
    expect(reads(["server"], (shape) => shape.bytesOrLiteral(16, "server"))).toBe(true);
    expect(reads(["Server"], (shape) => shape.bytesOrLiteral(16, "server"))).toBe(false);
    expect(reads([new Uint8Array(16)], (shape) => shape.bytesOrLiteral(16, "server"))).toBe(true);
    expect(reads([2], (shape) => shape.literal(1))).toBe(false);
  });

  it("text, truth and lists keep to their kind and length", () => {
    expect(reads(["晨光"], (shape) => shape.text(2))).toBe(true);
    expect(reads(["晨光店"], (shape) => shape.text(2))).toBe(false);
    expect(reads([null], (shape) => shape.textOrNull(2))).toBe(true);
    expect(reads([0], (shape) => shape.boolean())).toBe(false);
    const list = (shape: Shape): readonly number[] => shape.list(2, (inner) => inner.integer());
    expect(readShape([[[1], [2]]], list)).toEqual([1, 2]);
    for (const wrong of [[[1], [2], [3]], [1], [[1, 2]], [[]], null])
      expect(reads([wrong], list)).toBe(false);
  });

  it("a nested message must be read to its end, too", () => {
    const read = (shape: Shape): number => shape.nested((inner) => inner.integer());
    expect(readShape([[7]], read)).toBe(7);
    expect(reads([[7, 8]], read)).toBe(false);
    expect(reads([7], read)).toBe(false);
    expect(reads([null], (shape) => shape.nestedOrNull((inner) => inner.integer()))).toBe(true);
    expect(readShape([{ of: "nothing" } as unknown as Cbor], (shape) => shape.any())).toEqual({
      of: "nothing",
    });
  });

  it("a bug in the reader is no «no»: it throws", () => {
    const broken = (): never => {
      throw new RangeError("a bug");
    };
    expect(() => readShape([1], broken)).toThrow("a bug");
  });
});
