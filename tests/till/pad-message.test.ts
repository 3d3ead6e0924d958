import { beforeAll, describe, expect, it } from "vitest";
import { switchLanguage } from "#ui/language.ts";
import { loadRefusalTexts } from "#ui/texts/refusal-texts.ts";
import { padMessage } from "../../src/till/use-pad.ts";

describe("the wait after five wrong tries", () => {
  const wait = { code: "pin-wait", waitMs: 30_000, tries: 5 } as const;

  beforeAll(async () => {
    await switchLanguage("en", { lang: "" } as HTMLElement);
    await loadRefusalTexts();
  });

  it("G21: counts down for the eye, and a screen reader hears it once", () => {
    const first = padMessage(wait, "CNY", 0);
    const later = padMessage(wait, "CNY", 18_200);
    expect(first?.text).toContain("Wait 30 s");
    expect(later?.text).toContain("Wait 12 s");
    expect(later?.spoken).toBe(first?.spoken);
  });

  it("G21: is never said shorter than it is, and not said when it is over", () => {
    expect(padMessage(wait, "CNY", 29_001)?.text).toContain("Wait 1 s");
    expect(padMessage(wait, "CNY", 30_000)).toBeNull();
    expect(padMessage(wait, "CNY", null)).toBeNull();
  });

  it("a wrong PIN is said as it is", () => {
    expect(padMessage({ code: "pin-wrong", triesLeft: 4 }, "CNY", null)).toMatchObject({ tone: "refused" });
  });
});
