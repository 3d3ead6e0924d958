import { describe, expect, it } from "vitest";
import {
  ageDays,
  eightDigits,
  emptySecretForm,
  inTwoFours,
  type SecretForm,
  secretWishOf,
} from "../../src/office/secrets/secret-form.ts";
import { knownOfShop } from "../../src/office/secrets/known-of-shop.ts";

const known = knownOfShop({ shopName: "Lin's Corner Shop", email: "linxiaomei@example.com" });
const typed: SecretForm = { ...emptySecretForm, mode: "typed", text: "402917", again: "402917" };

function refusalOf(change: Partial<SecretForm>, kind: "digits" | "letters" = "digits"): string | null {
  const wish = secretWishOf({ ...typed, ...change }, kind, known, true);
  return wish.ok ? null : `${wish.refusal.field} ${wish.refusal.code}`;
}

describe("the form of a new PIN or password", () => {
  it("G10: asks us to make one, or sends what was typed twice", () => {
    expect(secretWishOf(emptySecretForm, "digits", known, false)).toEqual({
      ok: true,
      value: { source: { mode: "generate" }, overlapDays: 0 },
    });
    expect(secretWishOf(typed, "digits", known, false)).toEqual({
      ok: true,
      value: { source: { mode: "typed", text: "402917" }, overlapDays: 0 },
    });
  });

  it("G22: says how long the old one goes on, and nothing of it where there is none", () => {
    const withOverlap = { ...typed, overlapDays: 7 as const };
    expect(secretWishOf(withOverlap, "digits", known, true)).toMatchObject({ value: { overlapDays: 7 } });
    expect(secretWishOf(withOverlap, "digits", known, false)).toMatchObject({ value: { overlapDays: 0 } });
  });

  it("G21: refuses the first field that cannot stand", () => {
    expect(refusalOf({ text: "", again: "" })).toBe("text missing");
    expect(refusalOf({ text: "123456", again: "123456" })).toBe("text weak");
    expect(refusalOf({ again: "402918" })).toBe("again differs");
    expect(refusalOf({ text: "Linxiaomei+84", again: "Linxiaomei+84" }, "letters")).toBe("text weak");
    expect(refusalOf({ text: "tea+hut8", again: "tea+hut8" }, "letters")).toBe(null);
  });

  it("does not send what was typed before «generate» was chosen again", () => {
    const wish = secretWishOf({ ...typed, mode: "generate" }, "digits", known, true);
    expect(wish).toMatchObject({ value: { source: { mode: "generate" } } });
    expect(JSON.stringify(wish)).not.toContain("402917");
  });
});

describe("eight digits on the telephone", () => {
  it("are read however they are grouped, full-width too, and nothing else is", () => {
    for (const text of ["40291738", "4029 1738", " 4029-1738 ", "４０２９１７３８"]) {
      expect(eightDigits(text)).toBe("40291738");
    }
    for (const text of ["4029173", "402917381", "4029173a", ""]) expect(eightDigits(text)).toBe(null);
    expect(inTwoFours("40291738")).toBe("4029 1738");
  });
});

describe("the age of a secret", () => {
  const day = 86_400_000;
  it("G22: counts whole days, and a day only when it is over", () => {
    expect(ageDays(0, day - 1)).toBe(0);
    expect(ageDays(0, day)).toBe(1);
    expect(ageDays(0, 90 * day)).toBe(90);
    expect(ageDays(day, 0)).toBe(0);
  });
});
