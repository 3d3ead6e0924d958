import { beforeAll, describe, expect, it } from "vitest";
import type { LinkView } from "#protocol/engine-calls.ts";
import { switchLanguage } from "#ui/language.ts";
import { healthEn } from "#ui/texts/health-en.ts";
import { loadHealthTexts } from "#ui/texts/health-texts.ts";
import { healthZhCn } from "#ui/texts/health-zh-cn.ts";
import { standingOf, unsentSales } from "../../src/till/at-stake.ts";
import { stripState, stripTold } from "../../src/till/parts/strip.tsx";
import { screenFor } from "../../src/till/place.ts";
import "../../src/till/texts.ts";
import { dayView } from "./fake-engine.ts";

const day = dayView();
const waiting: LinkView = { ...day.link, unsentCount: 3, unsentMinor: 11_400, oldestUnsentMs: 7_200_000 };
const counter = { at: "counter" } as const;

/** Every text of a set, functions written out with sums and moments as they come. */
function leaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function")
    return [String((value as (...args: unknown[]) => string)("3笔¥1.00", "2"))];
  return Object.values(value as Record<string, unknown>).flatMap(leaves);
}

describe("how delivery stands", () => {
  beforeAll(async () => {
    await switchLanguage("zh-CN", { lang: "" } as HTMLElement);
    await loadHealthTexts();
  });

  it("I6: no progress is the alarm, and it is the strip's first word after a stop", () => {
    const link = { ...waiting, state: "syncing", stuckSinceMs: 1 } as const;
    const low = { ...day.storage, low: true };
    expect(stripState(dayView({ link, storage: low }))).toBe("stuck");
    expect(stripTold(dayView({ link })).fact).toBe("账传不上去，请告诉店主");
    expect(stripState(dayView({ link, stop: "fork" }))).toBe("stopped");
  });

  it("I6: being offline is no alarm, however long, and explains why nothing moves", () => {
    const link = { ...waiting, state: "offline", stuckSinceMs: 1, oldestUnsentMs: 259_200_000 } as const;
    expect(stripState(dayView({ link }))).toBe("offline");
    expect(standingOf(link)).toBe("offline");
  });

  it("a server that answers and takes nothing is stuck, not silent", () => {
    expect(standingOf({ ...waiting, state: "silent", stuckSinceMs: 1 })).toBe("stuck");
    expect(standingOf({ ...waiting, state: "silent" })).toBe("silent");
    expect(standingOf(waiting)).toBe("sending");
    expect(standingOf(day.link)).toBe("onServer");
  });

  it("I12: what is at stake is said as count and sum, and not at all when nothing is", () => {
    expect(unsentSales(dayView({ link: waiting }))).toBe("3笔¥114.00");
    expect(unsentSales(day)).toBeNull();
  });
});

describe("nothing can wipe money", () => {
  const full = { ...day.storage, low: true, full: true };

  it("I1: with a full disk no next sale begins, and the sale in hand goes on", () => {
    const sale = { id: "s", dueMinor: 1, coveredMinor: 0, state: "due", code: null, paid: null } as const;
    expect(screenFor(dayView({ storage: full }), counter)).toBe("storage-full");
    expect(screenFor(dayView({ storage: full, sale }), counter)).toBe("tender");
    expect(screenFor(dayView({ storage: full }), { at: "sales", open: null })).toBe("sales");
    expect(screenFor(dayView({ storage: { ...full, full: false } }), counter)).toBe("sell");
  });

  it("an empty database says what is lost before it takes a new activation code", () => {
    const lost = dayView({ phase: "unenrolled", operator: null, stop: "empty-database" });
    expect(screenFor(lost, counter)).toBe("renew");
    expect(screenFor(lost, { at: "activate" })).toBe("activate");
    expect(screenFor(dayView({ phase: "unenrolled" }), counter)).toBe("activate");
  });

  it("a stopped till can be activated anew from the lock; a healthy one only from within", () => {
    const locked = { phase: "locked", operator: null } as const;
    expect(screenFor(dayView({ ...locked, stop: "vault-lost" }), { at: "renew" })).toBe("renew");
    expect(screenFor(dayView({ ...locked, stop: "damaged" }), { at: "activate" })).toBe("activate");
    expect(screenFor(dayView(locked), { at: "renew" })).toBe("lock");
    expect(screenFor(day, { at: "renew" })).toBe("renew");
  });

  it("no activation comes up while the customer types a password", () => {
    const sale = {
      id: "s",
      dueMinor: 1,
      coveredMinor: 0,
      state: "password",
      code: null,
      paid: null,
    } as const;
    expect(screenFor(dayView({ sale, stop: "revoked" }), { at: "renew" })).toBe("password");
  });

  it("UX §8: nothing shouts, fails or is half-width where Chinese is said", () => {
    for (const text of leaves(healthZhCn)) expect(text).not.toMatch(/[!！]|失败|[一-鿿] \d|[,;?]/u);
    for (const text of leaves(healthEn)) expect(text).not.toMatch(/!|failed/iu);
  });
});
