import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { TillView } from "#protocol/engine-calls.ts";
import { holdOpenSale } from "../../src/till/hold-sale.ts";

const withSale = (state: "due" | "password" | "paid" | null): TillView =>
  ({ sale: state === null ? null : { state }, link: { unsentCount: 3 } }) as unknown as TillView;

describe("leaving the till's page", () => {
  it("an unpaid sale is asked about; a paid one, none, unsent ones hold nobody", () => {
    const page = new EventTarget();
    const view = signal<TillView | null>(null);
    const stop = holdOpenSale(view, page);
    const isAsked = (): boolean => !page.dispatchEvent(new Event("beforeunload", { cancelable: true }));
    expect(isAsked()).toBe(false);
    for (const [state, asked] of [
      [null, false],
      ["due", true],
      ["password", true],
      ["paid", false],
      ["due", true],
      [null, false],
    ] as const) {
      view.value = withSale(state);
      expect([state, isAsked()]).toEqual([state, asked]);
    }
    view.value = withSale("due");
    stop();
    expect(isAsked()).toBe(false);
  });
});
