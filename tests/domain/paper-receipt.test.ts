import { describe, expect, it } from "vitest";
import { readPaperCheck, readPaperNumber } from "#domain/paper-receipt.ts";

describe("B10: a receipt is looked up by what stands on its paper", () => {
  it("the number whole, or its second half", () => {
    expect(readPaperNumber("2-41")).toEqual({ epoch: 2, seq: 41 });
    expect(readPaperNumber("41")).toEqual({ epoch: null, seq: 41 });
  });

  it("as an input method, a phone or a careful clerk writes it", () => {
    for (const text of [
      "２－４１",
      " 2 - 41 ",
      "2–41",
      "2 — 41",
      "2−41",
      "单号 2-41",
      "单号：2-41",
      "No. 2-41",
      "#2-41",
      "2　-　41",
    ])
      expect(readPaperNumber(text), text).toEqual({ epoch: 2, seq: 41 });
    for (const text of ["A3F0 9C1E", "ａ３ｆ０９ｃ１ｅ", " a3f09c1e\n"])
      expect(readPaperCheck(text), text).toBe("a3f09c1e");
  });

  it("nothing else is a number or a check", () => {
    for (const text of ["", "0", "2-0", "0-41", "2-", "-41", "4.1", "2-41-1", "¥41", "1".repeat(10)])
      expect(readPaperNumber(text), text).toBeNull();
    for (const text of ["", "a3f09c1", "a3f09c1ef", "g3f09c1e", "a3f0-9c1e"])
      expect(readPaperCheck(text), text).toBeNull();
  });
});
