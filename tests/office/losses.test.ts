import { describe, expect, it } from "vitest";
import { officeLossesEn } from "#ui/texts/office-losses-en.ts";
import { officeLossesZhCn } from "#ui/texts/office-losses-zh-cn.ts";
import { missingEntries, readReceipt, wordFor, writtenUpTo } from "../../src/office/loss-words.ts";
import { tillAddress } from "../../src/office/till-address.ts";

/** Every text of a set, functions written out with sums as they come. */
function leaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String((value as (...args: unknown[]) => string)(3, 5))];
  return Object.values(value as Record<string, unknown>).flatMap(leaves);
}

describe("a loss in words", () => {
  const t = officeLossesEn.loss;

  it("I5: says from which entry on, and how many where that is known; «not known» is no number", () => {
    const open = { state: "open", nextSeq: 41, knownHeadSeq: null } as const;
    expect(missingEntries(open, t)).toBe("from entry 41");
    expect(missingEntries({ ...open, knownHeadSeq: 44 }, t)).toBe("entries 41 to 44, 4 in all");
    expect(missingEntries({ ...open, knownHeadSeq: 44, state: "closed" }, t)).toBe("All arrived, no loss.");
  });

  it("I6: a till has written what it claimed and what came since; a last hello that is old is no «entry 0»", () => {
    expect(writtenUpTo(0, 11)).toEqual({ seq: 11, missing: 0 });
    expect(writtenUpTo(14, 11)).toEqual({ seq: 14, missing: 3 });
    expect(writtenUpTo(2, null)).toEqual({ seq: 2, missing: 3 });
  });

  it("a reason that a newer server names stands as it is, and so does one that every object has", () => {
    expect(wordFor(t.reasons, "stolen")).toBe("Tablet stolen");
    expect(wordFor(t.reasons, "of-a-newer-server")).toBe("of-a-newer-server");
    expect(wordFor(t.reasons, "toString")).toBe("toString");
  });

  it("UX §8: nothing shouts or fails, and Chinese has no half-width marks", () => {
    for (const text of leaves(officeLossesZhCn)) expect(text).not.toMatch(/[!！]|失败|[,;?](?!\d)/u);
    for (const text of leaves(officeLossesEn)) expect(text).not.toMatch(/!|failed/iu);
  });
});

describe("a paper receipt typed off the paper", () => {
  const paper = { seq: "41", head: "A3F09C1E", amount: "12.50" };

  it("B10: number as printed or its second half, check digits in any case, the amount", () => {
    const read = { seq: 41, headHex: "a3f09c1e", amountMinor: 1250 };
    expect(readReceipt(paper, "CNY")).toEqual({ ok: true, value: read });
    expect(readReceipt({ ...paper, seq: " 2-41 " }, "CNY")).toEqual({ ok: true, value: read });
    const asTyped = { ...paper, seq: "单号：２－４１", head: "Ａ３Ｆ０ ９Ｃ１Ｅ" };
    expect(readReceipt(asTyped, "CNY")).toEqual({ ok: true, value: read });
  });

  it("B10: what cannot stand on a receipt is named by its field", () => {
    const wrong = [
      [{ seq: "" }, "seq"],
      [{ seq: "0" }, "seq"],
      [{ seq: "4.1" }, "seq"],
      [{ head: "a3f09c1" }, "head"],
      [{ head: "g3f09c1e" }, "head"],
      [{ amount: "" }, "amount"],
      [{ amount: "0" }, "amount"],
      [{ amount: "12.505" }, "amount"],
    ] as const;
    for (const [part, code] of wrong) {
      expect(readReceipt({ ...paper, ...part }, "CNY")).toEqual({ ok: false, refusal: { code } });
    }
  });
});

describe("where a tablet opens the till", () => {
  it("the office's own address, where a tablet can reach it", () => {
    expect(tillAddress("https://shop.example", [])).toEqual({
      kind: "good",
      address: "https://shop.example/",
    });
  });

  it("an office opened on localhost shows the server's https address, and no tablet is sent to itself", () => {
    const known = ["http://localhost:8080", "http://192.168.1.20:8080", "https://shop.example"];
    for (const origin of ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"]) {
      expect(tillAddress(origin, known)).toEqual({ kind: "good", address: "https://shop.example/" });
    }
  });

  it("without https it shows the addresses that only lack it", () => {
    const known = ["http://localhost:8080", "http://192.168.1.20:8080"];
    expect(tillAddress("http://localhost:8080", known)).toEqual({
      kind: "local-only",
      addresses: ["http://192.168.1.20:8080/"],
    });
  });
});
