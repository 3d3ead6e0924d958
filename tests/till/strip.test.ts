import { beforeAll, describe, expect, it } from "vitest";
import { switchLanguage } from "#ui/language.ts";
import { stripTold } from "../../src/till/parts/strip.tsx";
import "../../src/till/texts.ts";
import { dayView } from "./fake-engine.ts";

const offline = { ...dayView().link, state: "offline" } as const;
const day = dayView();

describe("the strip promises nothing that does not hold (UX §5)", () => {
  beforeAll(() => switchLanguage("en", { lang: "" } as HTMLElement));

  it("G6: without a network it says what works", () => {
    expect(stripTold(dayView({ link: offline })).extra).toContain("cash and this till's payment codes work");
  });

  it("B7: it does not say that codes work where the owner wants each one asked for, or limited", () => {
    const extraOf = (codeWay: "online-only" | "floor-limited"): readonly string[] =>
      stripTold(dayView({ link: offline, settings: { ...day.settings, codeWay } })).extra;
    expect(extraOf("online-only")).toContain("cash works, payment codes need the network");
    expect(extraOf("floor-limited")).toContain("cash works, payment codes up to a limit");
  });

  it("G27: without a network and with a clock nobody can trust, it does not say that codes work", () => {
    for (const state of ["offline", "silent"] as const) {
      const told = stripTold(dayView({ link: { ...offline, state }, clock: "leap" }));
      expect(told.extra).toContain("Clock not trusted, cash only");
      expect(told.extra.join(" ")).not.toContain("payment codes");
    }
  });

  it("I1: a second copy that cannot be written is said, and is no reason to stop", () => {
    const view = dayView({ storage: { ...day.storage, copyFailed: true } });
    expect(stripTold(view).fact).toBe("Second copy can't be written, sales are saved");
  });

  it("a full disk is said before a missing copy", () => {
    const view = dayView({ storage: { ...day.storage, copyFailed: true, low: true } });
    expect(stripTold(view).fact).toBe("Storage nearly full, unsent sales stay");
  });
});
