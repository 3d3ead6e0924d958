import { describe, expect, it } from "vitest";
import { amountSize } from "../../src/till/parts/amount-display.tsx";
import { secondsToLock } from "../../src/till/parts/idle-warning.tsx";
import { passwordRows } from "../../src/till/parts/letter-pad.tsx";
import { hearsPress } from "../../src/till/parts/primary-button.tsx";
import { activationChar } from "../../src/till/screens/activate.tsx";
import { waysOut } from "../../src/till/ways-out.ts";

describe("what a finger can do", () => {
  it("the primary is deaf for 350 ms after a screen change, and hears from then on", () => {
    expect(hearsPress(1000, 1349)).toBe(false);
    expect(hearsPress(1000, 1350)).toBe(true);
  });

  it("G21: every printable character of ASCII can be typed on the password pad", () => {
    const faces = ["small", "capital", "symbols", "rest"] as const;
    const reachable = new Set(faces.flatMap((face) => passwordRows(face)).join(""));
    const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index));
    expect(printable.filter((char) => !reachable.has(char))).toEqual([]);
  });

  it("no row of the password pad is wider than ten keys", () => {
    for (const face of ["small", "capital", "symbols", "rest"] as const) {
      for (const row of passwordRows(face)) expect(row.length).toBeLessThanOrEqual(10);
    }
  });

  it("an activation code forgives what people misread: o, i and l, and never takes u", () => {
    expect(["o", "I", "l", "k", "7"].map(activationChar)).toEqual(["0", "1", "1", "K", "7"]);
    expect(["u", "U", "-", "Enter", "é"].map(activationChar)).toEqual([null, null, null, null, null]);
  });

  it("UX §3: an amount is 64 px to 9 characters, 52 to 11, then 40", () => {
    expect(amountSize("¥1,234.50")).toBe("normal");
    expect(amountSize("¥12,345.00")).toBe("long");
    expect(amountSize("¥123,456.78")).toBe("long");
    expect(amountSize("¥1,234,567.89")).toBe("longest");
  });

  it("an idle till warns in its last ten seconds and not before", () => {
    expect(secondsToLock(289_999)).toBeNull();
    expect(secondsToLock(290_000)).toBe(10);
    expect(secondsToLock(300_000)).toBe(0);
  });
});

describe("the ways out of a refusal", () => {
  it("B4: a wallet code with no network leads to cash first", () => {
    expect(waysOut({ code: "wallet-code", channel: "alipay" }, true)[0]).toBe("cash");
  });

  it("without a sum on the counter nobody is sent to cash or methods", () => {
    const ways = waysOut({ code: "expired", atMs: 1 }, false);
    expect(ways).not.toContain("cash");
    expect(ways).not.toContain("methods");
    expect(ways[0]).toBe("scan");
  });

  it("a stopped till offers no further scan: it would only refuse again", () => {
    expect(waysOut({ code: "till-stopped", stop: "fork" }, true)).toEqual(["cash", "methods"]);
    expect(waysOut({ code: "till-stopped", stop: "fork" }, false)).toEqual(["sell"]);
  });
});
