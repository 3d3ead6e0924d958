import { describe, expect, it } from "vitest";
import { type CodePolicy, SAFE_CODE_POLICY } from "#protocol/office-api.ts";
import { countChanges, formOf, outageOf, policyOf } from "../../src/office/pages/policy-form.ts";

const saved = formOf(SAFE_CODE_POLICY, "CNY");

describe("G9: the policy form", () => {
  it("gives back the policy it shows, whatever the policy", () => {
    const policies: readonly CodePolicy[] = [
      SAFE_CODE_POLICY,
      { ...SAFE_CODE_POLICY, passwordRule: "never", passwordKind: "letters", maxCodeMinor: 99_999_999 },
      {
        ...SAFE_CODE_POLICY,
        passwordRule: "above",
        passwordAboveMinor: 5_050,
        latestExpiryMs: new Date("2026-12-31T23:59:59.999").getTime(),
      },
    ];
    for (const policy of policies) {
      expect(policyOf(formOf(policy, "CNY"), "CNY")).toEqual({ ok: true, value: policy });
    }
  });

  it("B7: the floor's limits are asked for where the floor is chosen, and kept where it is not", () => {
    const floor = { ...saved, codeWay: "floor-limited" } as const;
    expect(policyOf({ ...floor, floorPerCode: "" }, "CNY")).toEqual({
      ok: false,
      refusal: { field: "floorPerCode", code: "amount" },
    });
    expect(policyOf({ ...floor, exposure: "0" }, "CNY")).toEqual({
      ok: false,
      refusal: { field: "exposure", code: "amount" },
    });
    for (const staleHours of ["", "0", "721", "1.5"]) {
      expect(policyOf({ ...floor, staleHours }, "CNY")).toEqual({
        ok: false,
        refusal: { field: "staleHours", code: "hours" },
      });
    }
    expect(policyOf({ ...floor, staleHours: "720", exposure: "500" }, "CNY")).toMatchObject({
      value: { codeWay: "floor-limited", staleHours: 720, exposureMinor: 50_000 },
    });
    // Hidden, a limit that cannot stand holds nobody up.
    expect(policyOf({ ...saved, staleHours: "" }, "CNY")).toMatchObject({ ok: true });
    expect(countChanges(floor, saved)).toBe(1);
    expect(countChanges({ ...floor, exposure: "700.00" }, saved)).toBe(2);
    expect(countChanges({ ...saved, exposure: "700.00" }, saved)).toBe(0);
  });

  it("B7: a floor that cannot stand has no worst loss to show, whatever is saved", () => {
    const floor = { ...saved, codeWay: "floor-limited" } as const;
    expect(outageOf({ ...floor, exposure: "99999999999999999" }, "CNY").ok).toBe(false);
    const other = outageOf({ ...floor, exposure: "700", validDays: "none" }, "CNY");
    expect(other).toMatchObject({ value: { codeWay: "floor-limited", exposureMinor: 70_000 } });
  });

  it("lets codes work on the latest day itself", () => {
    const policy = policyOf({ ...saved, latestExpiry: "2026-12-31" }, "CNY");
    const lastNoon = new Date("2026-12-31T12:00:00").getTime();
    expect(policy.ok && (policy.value.latestExpiryMs ?? 0) > lastNoon).toBe(true);
  });

  it("refuses what is no number of days or no sum, by field", () => {
    const field = (change: Partial<typeof saved>): string | null => {
      const policy = policyOf({ ...saved, ...change }, "CNY");
      return policy.ok ? null : policy.refusal.field;
    };
    expect(field({ validDays: "0" })).toBe("validDays");
    expect(field({ validDays: "400" })).toBe(null);
    expect(field({ validDays: "401" })).toBe("validDays");
    expect(field({ validDays: "" })).toBe("validDays");
    expect(field({ passwordRule: "above", passwordAbove: "" })).toBe("passwordAbove");
    expect(field({ passwordRule: "always", passwordAbove: "" })).toBe(null);
    expect(field({ maxCode: "0" })).toBe("maxCode");
    expect(field({ maxCode: "1,000,000.00" })).toBe("maxCode");
  });

  it("counts what differs from what is saved, and nothing that is out of sight", () => {
    expect(countChanges(saved, saved)).toBe(0);
    expect(countChanges({ ...saved, validDays: "7", passwordKind: "letters" }, saved)).toBe(2);
    expect(countChanges({ ...saved, passwordAbove: "50" }, saved)).toBe(0);
    expect(countChanges({ ...saved, passwordRule: "above", passwordAbove: "50" }, saved)).toBe(2);
  });
});
