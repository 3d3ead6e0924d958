import { describe, expect, it } from "vitest";
import type { SaleView } from "#protocol/engine-calls.ts";
import { hasRail, type Place, screenFor } from "../../src/till/place.ts";
import { dayView } from "./fake-engine.ts";

const counter: Place = { at: "counter" };
const sale: SaleView = { id: "s", dueMinor: 3800, coveredMinor: 0, state: "due", code: null, paid: null };

describe("which screen stands", () => {
  it("nothing but a quiet page before the books are open", () => {
    expect(screenFor(null, counter)).toBe("booting");
    expect(screenFor(dayView({ phase: "booting" }), counter)).toBe("booting");
  });

  it("the engine's phase comes before any place the operator went to", () => {
    const more: Place = { at: "more" };
    expect(screenFor(dayView({ phase: "unenrolled" }), more)).toBe("activate");
    expect(screenFor(dayView({ phase: "comparing" }), more)).toBe("compare");
    expect(screenFor(dayView({ phase: "needs-pin" }), more)).toBe("first-pin");
    expect(screenFor(dayView({ phase: "locked", sale }), more)).toBe("lock");
    expect(screenFor(dayView({ phase: "elsewhere" }), more)).toBe("elsewhere");
  });

  it("during the customer's turn neither rail nor another screen can be reached", () => {
    const view = dayView({ sale: { ...sale, state: "password" } });
    for (const place of [counter, { at: "sales", open: null }, { at: "more" }, { at: "cash" }] as const) {
      expect(screenFor(view, place)).toBe("password");
    }
    expect(hasRail("password")).toBe(false);
    expect(hasRail("lock")).toBe(false);
  });

  it("an open sale shows its methods, and waits while the operator looks at the list", () => {
    expect(screenFor(dayView({ sale }), counter)).toBe("tender");
    expect(screenFor(dayView({ sale }), { at: "cash" })).toBe("cash");
    expect(screenFor(dayView({ sale }), { at: "sales", open: null })).toBe("sales");
    expect(screenFor(dayView(), { at: "cash" })).toBe("sell");
  });
});
