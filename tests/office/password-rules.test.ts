import { describe, expect, it } from "vitest";
import {
  changeRefusalOf,
  emptyPasswordForm,
  missingLetters,
  OWNER_PASSWORD_MIN,
  passwordRequestOf,
} from "../../src/office/parts/password-rules.ts";
import { MIN_PASSWORD_LENGTH } from "../../server/accounts/password.ts";

const next = "twelve-chars";
const filled = { current: "old", next, again: next };

describe("the form of a new password", () => {
  it("says what to send: the current one, or none after an owner link", () => {
    expect(passwordRequestOf(filled, false)).toEqual({ ok: true, value: { current: "old", next } });
    // What was typed before the field went away is not sent.
    expect(passwordRequestOf(filled, true)).toEqual({ ok: true, value: { current: null, next } });
  });

  it("refuses the first field that cannot stand", () => {
    const refusal = (change: object, isForgotten = false): unknown => {
      const request = passwordRequestOf({ ...filled, ...change }, isForgotten);
      return request.ok ? null : request.refusal;
    };
    expect(refusal(emptyPasswordForm)).toEqual({ field: "current", code: "current-missing" });
    expect(refusal(emptyPasswordForm, true)).toEqual({ field: "next", code: "too-short" });
    expect(refusal({ next: "eleven-char", again: "eleven-char" })).toEqual({
      field: "next",
      code: "too-short",
    });
    expect(refusal({ again: "Twelve-chars" })).toEqual({ field: "again", code: "differs" });
    expect(refusal({ again: "" })).toEqual({ field: "again", code: "differs" });
  });

  it("counts the characters as the server does", () => {
    expect(OWNER_PASSWORD_MIN).toBe(MIN_PASSWORD_LENGTH);
    expect(missingLetters("")).toBe(12);
    expect(missingLetters("收银台的密码要长一点儿")).toBe(1);
    expect(missingLetters("收银台的密码要长一点儿吧")).toBe(0);
    // Two halves each, one character.
    expect(missingLetters("🐟".repeat(11))).toBe(1);
    // Letter and accent typed apart are one.
    expect(missingLetters("e\u0301".repeat(11))).toBe(1);
  });

  it("words a refusal for this place, and leaves the others their own sentence", () => {
    expect(changeRefusalOf({ code: "wrong-credentials" }, false)).toBe("current-wrong");
    expect(changeRefusalOf({ code: "wrong-credentials" }, true)).toBe("link-over");
    expect(changeRefusalOf({ code: "password-too-short", min: 12 }, false)).toBe("too-short");
    expect(changeRefusalOf({ code: "password-too-common" }, false)).toBeNull();
    expect(changeRefusalOf({ code: "too-many-tries", waitMs: 1 }, true)).toBeNull();
  });
});
