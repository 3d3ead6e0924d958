import { describe, expect, it } from "vitest";
import { issueCodeRequest, SAFE_CODE_POLICY } from "#protocol/office-api.ts";
import { is } from "valibot";
import { createRequestIds, type IssueWish, randomRequestId } from "../../src/office/issue-request.ts";
import {
  emptyIssueForm,
  type IssueForm,
  passwordChoices,
  passwordInForce,
  wishOf,
} from "../../src/office/pages/issue-form.ts";

const form = (change: Partial<IssueForm>): IssueForm => ({ ...emptyIssueForm, ...change });
const wishFor = (change: Partial<IssueForm>, policy = SAFE_CODE_POLICY) =>
  wishOf(form(change), policy, "CNY", { names: ["Lin's Corner Shop"], phones: [] });
const refusalOf = (change: Partial<IssueForm>): string | null => {
  const wish = wishFor(change);
  return wish.ok ? null : `${wish.refusal.field} ${wish.refusal.code}`;
};

function numbered(): () => string {
  let count = 0;
  return () => String((count += 1)).padStart(32, "0");
}

describe("the request id of a code", () => {
  const wish = (amountMinor: number): IssueWish => {
    const made = wishFor({ amount: String(amountMinor / 100) });
    if (!made.ok) throw new Error(made.refusal.code);
    return made.value;
  };

  it("is kept while the same wish is sent again to a silent server, so one code is issued", () => {
    const ids = createRequestIds(numbered());
    expect(ids.idFor(wish(3_800))).toBe(ids.idFor(wish(3_800)));
  });

  it("changes with the wish, or the server would answer with the old code's amount", () => {
    const ids = createRequestIds(numbered());
    expect(ids.idFor(wish(3_800))).not.toBe(ids.idFor(wish(3_900)));
  });

  it("changes after the code is issued: the next alike is another code", () => {
    const ids = createRequestIds(numbered());
    const first = ids.idFor(wish(3_800));
    ids.done();
    expect(ids.idFor(wish(3_800))).not.toBe(first);
  });

  it("stands in the form that the server asks for", () => {
    const made = wish(3_800);
    expect(is(issueCodeRequest, { requestId: randomRequestId(), ...made })).toBe(true);
    expect(randomRequestId()).not.toBe(randomRequestId());
  });
});

describe("the issue form", () => {
  it("needs no more than an amount: the first run's form generates the password", () => {
    const wish = wishFor({ amount: "38" });
    expect(wish.ok && wish.value).toEqual({
      amountMinor: 3_800,
      kind: "exact",
      password: { mode: "generate" },
      validDays: null,
      fromMs: null,
      tillId: null,
      onlyThisTill: false,
    });
  });

  it("G9: leaves the ways of password that the policy allows, at its edge too", () => {
    const above = { ...SAFE_CODE_POLICY, passwordRule: "above", passwordAboveMinor: 5_000 } as const;
    expect(passwordChoices({ ...above, passwordRule: "never" }, 100)).toEqual(["none"]);
    expect(passwordChoices(SAFE_CODE_POLICY, 100)).toEqual(["generate", "typed"]);
    expect(passwordChoices(above, 5_000)).toContain("none");
    expect(passwordChoices(above, 5_001)).not.toContain("none");
    expect(passwordInForce("none", ["generate", "typed"])).toBe("generate");
  });

  it("G10: takes a typed password only when both times are the same", () => {
    expect(refusalOf({ amount: "38", password: "typed" })).toBe("typed typed-missing");
    expect(refusalOf({ amount: "38", password: "typed", typed: "402917", again: "402918" })).toBe(
      "again differs",
    );
    const wish = wishFor({ amount: "38", password: "typed", typed: "402917", again: "402917" });
    expect(wish.ok && wish.value.password).toEqual({ mode: "typed", text: "402917" });
  });

  it("G21: takes a typed password only when it keeps the rules of its kind", () => {
    const typed = (text: string) => ({ amount: "38", password: "typed", typed: text, again: text }) as const;
    expect(refusalOf(typed("123456"))).toBe("typed typed-weak");
    expect(refusalOf(typed("40291"))).toBe("typed typed-weak");
    const letters = { ...SAFE_CODE_POLICY, passwordKind: "letters" as const };
    expect(wishFor(typed("Corner84+x"), letters).ok).toBe(false);
    expect(wishFor(typed("tea+hut8"), letters).ok).toBe(true);
  });

  it("says which field cannot stand", () => {
    expect(refusalOf({})).toBe("amount amount-missing");
    expect(refusalOf({ amount: "0" })).toBe("amount amount-wrong");
    expect(refusalOf({ amount: "38.505" })).toBe("amount amount-wrong");
    expect(refusalOf({ amount: "5000" })).toBe(null);
    expect(refusalOf({ amount: "5000.01" })).toBe("amount amount-over");
    expect(refusalOf({ amount: "38", validDays: "400" })).toBe(null);
    expect(refusalOf({ amount: "38", validDays: "401" })).toBe("validDays days");
    expect(refusalOf({ amount: "38", validDays: "1.5" })).toBe("validDays days");
  });

  it("binds a code to one till only where a till is named", () => {
    const wish = wishFor({ amount: "38", onlyThisTill: true });
    expect(wish.ok && wish.value.onlyThisTill).toBe(false);
  });
});
