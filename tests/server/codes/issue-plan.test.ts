import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateCodePassword, judgeCodePassword } from "../../../server/codes/code-password.ts";
import { planIssue } from "../../../server/codes/issue-plan.ts";
import { codeState } from "../../../server/codes/code-rows.ts";
import { plausibleTime, BUILT_MS } from "../../../server/journal/signed-clock.ts";
import { SAFE_CODE_POLICY, type CodePolicy } from "../../../src/protocol/office-api.ts";
import { wishFor } from "../headless-till.ts";

const NOW = Date.UTC(2026, 10, 23, 12, 0, 0, 500);
const DAY = 86_400_000;
const KNOWN = { names: ["Lins Shop"], phones: [] };
const plan = (wish: Parameters<typeof wishFor>[0], policy: Partial<CodePolicy> = {}) => {
  const done = planIssue(wishFor(wish), { ...SAFE_CODE_POLICY, ...policy }, NOW, KNOWN);
  return done.ok ? done.value : done.refusal;
};

describe("issuing under the owner's rules (G9)", () => {
  it("the amount is taken at the limit and refused one fen over it", () => {
    expect(plan({ amountMinor: 500_000 })).toMatchObject({ password: "generate" });
    expect(plan({ amountMinor: 500_001 })).toEqual({ code: "amount-over-policy", maxMinor: 500_000 });
  });

  it("«above» asks for a password one fen over the amount, not at it", () => {
    const policy = { passwordRule: "above", passwordAboveMinor: 10_000 } as const;
    expect(plan({ amountMinor: 10_000, password: { mode: "none" } }, policy)).toMatchObject({
      password: null,
    });
    expect(plan({ amountMinor: 10_001, password: { mode: "none" } }, policy)).toEqual({
      code: "password-required",
    });
    expect(plan({ amountMinor: 1, password: { mode: "generate" } }, policy)).toMatchObject({
      password: "generate",
    });
  });

  it("«always» refuses none, «never» refuses any", () => {
    expect(plan({ password: { mode: "none" } })).toEqual({ code: "password-required" });
    expect(plan({ password: { mode: "generate" } }, { passwordRule: "never" })).toEqual({
      code: "password-not-allowed",
    });
    expect(plan({ password: { mode: "none" } }, { passwordRule: "never" })).toMatchObject({ password: null });
  });

  it("validity counts from the beginning, in whole seconds, and ends where the rules end", () => {
    const second = Math.floor(NOW / 1000) * 1000;
    expect(plan({})).toMatchObject({ validFromMs: second, expiresAtMs: second + 30 * DAY });
    expect(plan({ validDays: 2, fromMs: NOW + DAY })).toMatchObject({ expiresAtMs: second + 3 * DAY });
    expect(plan({}, { latestExpiryMs: NOW + 5 * DAY })).toMatchObject({ expiresAtMs: second + 5 * DAY });
    expect(plan({ fromMs: NOW - 9 * DAY })).toMatchObject({ validFromMs: second });
    expect(plan({ validDays: 400, fromMs: NOW + 100 * DAY })).toMatchObject({
      expiresAtMs: second + 400 * DAY,
    });
  });

  it("a code that would end before it begins is refused", () => {
    expect(plan({}, { latestExpiryMs: NOW - 1 })).toEqual({ code: "validity-past" });
    expect(plan({ fromMs: NOW + 6 * DAY }, { latestExpiryMs: NOW + 5 * DAY })).toEqual({
      code: "validity-past",
    });
    expect(plan({ fromMs: NOW + 401 * DAY })).toEqual({ code: "validity-past" });
  });
});

describe("a typed password is judged by the guide's rules, each by name (G21)", () => {
  const why = (text: string, kind: "digits" | "letters" = "digits"): string => {
    const judged = judgeCodePassword(text, kind, KNOWN);
    return judged.ok ? "fine" : judged.refusal.rules.join(" ");
  };
  it.each([
    ["12345", "length"],
    ["123456", "sequence"],
    ["111111", "repeat"],
    ["520131", "common"],
    ["12a456", "can-type"],
    ["\uD800123456", "can-type"],
    ["９３８４７１", "fine"],
    ["938471", "fine"],
  ])("digits %s: %s", (text, expected) => {
    expect(why(text)).toContain(expected);
  });
  it.each([
    ["kx7mq2wd", "special"],
    ["kx-mqrwd", "digit"],
    ["7-482936", "letter"],
    ["lins-shop-74", "shop-name"],
    ["kx7-mq2w", "fine"],
    ["柜台收银机密码好", "can-type"],
  ])("letters %s: %s", (text, expected) => {
    expect(why(text, "letters")).toContain(expected);
  });
  it("longer than 128 bytes is no password the pad can enter", () => {
    expect(why("9384710265".repeat(13))).toBe("can-type");
  });

  it("generated ones are never weak, the same for the same request and another for another", async () => {
    const secret = new Uint8Array(32).fill(7);
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.constantFrom("digits", "letters"),
        async (id, kind) => {
          const password = await generateCodePassword(secret, id, kind);
          expect(judgeCodePassword(password, kind, KNOWN).ok).toBe(true);
          expect(password).toMatch(kind === "digits" ? /^[0-9]{6}$/u : /^[a-z]+-[a-z]+-[2-9]{4}$/u);
          expect(await generateCodePassword(secret, id, kind)).toBe(password);
          expect(
            await generateCodePassword(
              secret,
              id.toReversed().map((byte) => byte ^ 1),
              kind,
            ),
          ).not.toBe(password);
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a code's state is worked out when it is asked for", () => {
  const base = { spent: false, revoked: false, validFromMs: 1000, expiresAtMs: 2000, nowMs: 1500 };
  it.each([
    ["issued", {}],
    ["not-yet-valid", { nowMs: 999 }],
    ["issued", { nowMs: 1999 }],
    ["expired", { nowMs: 2000 }],
    ["revoked", { revoked: true, nowMs: 3000 }],
    ["spent", { spent: true, revoked: true, nowMs: 3000 }],
  ] as const)("%s for %j", (expected, change) => {
    expect(codeState({ ...base, ...change })).toBe(expected);
  });
});

describe("PROTOCOL §8: the time the server dares to sign", () => {
  it("nothing from before it was built; nothing more than a minute under what it signed before", () => {
    expect(plausibleTime(BUILT_MS - 1, 0)).toBeNull();
    expect(plausibleTime(BUILT_MS, 0)).toBe(BUILT_MS);
    expect(plausibleTime(NOW - 60_000, NOW)).toBe(NOW - 60_000);
    expect(plausibleTime(NOW - 60_001, NOW)).toBeNull();
  });
});
