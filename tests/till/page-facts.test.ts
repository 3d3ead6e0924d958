import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TillEngine } from "#protocol/engine-calls.ts";
import { startPageFacts } from "../../src/till/page-facts.ts";
import { fakeEngine } from "./fake-engine.ts";

type Facts = Parameters<TillEngine["pageFacts"]>[0];

function told(
  storage: object,
  hasBooks: () => boolean = () => true,
): { readonly facts: Facts[]; readonly faults: unknown[]; readonly askToKeep: () => Promise<boolean> } {
  vi.stubGlobal("navigator", { onLine: true, storage });
  vi.stubGlobal("addEventListener", () => undefined);
  const facts: Facts[] = [];
  const faults: unknown[] = [];
  const engine = fakeEngine({ pageFacts: (next) => Promise.resolve(void facts.push(next)) });
  const { askToKeep } = startPageFacts(engine, (cause) => faults.push(cause), hasBooks);
  return { facts, faults, askToKeep };
}

describe("what a page tells the engine of itself", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("G16: the browser is asked once to keep the books, and looked at from then on", async () => {
    const persist = vi.fn<() => Promise<boolean>>(() => Promise.resolve(false));
    const { facts } = told({
      persist,
      persisted: () => Promise.resolve(true),
      estimate: () => Promise.resolve({ quota: 1000, usage: 400 }),
    });
    await vi.advanceTimersByTimeAsync(180_000);
    expect(persist).toHaveBeenCalledTimes(1);
    expect(facts.map((fact) => fact.persisted)).toEqual([false, true, true, true]);
    expect(facts[0]?.freeBytes).toBe(600);
  });

  it("I12: before there are books nobody is asked to keep them, and then at once", async () => {
    const persist = vi.fn<() => Promise<boolean>>(() => Promise.resolve(true));
    let enrolled = false;
    told({ persist, persisted: () => Promise.resolve(false) }, () => enrolled);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(persist).not.toHaveBeenCalled();
    enrolled = true;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(persist).toHaveBeenCalledTimes(1);
  });

  it("I12: a person may ask the browser again, and the engine hears what it said", async () => {
    const answers = [false, true];
    const { facts, askToKeep } = told({
      persist: () => Promise.resolve(answers.shift() ?? false),
      persisted: () => Promise.resolve(answers.length === 0),
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(await askToKeep()).toBe(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(facts.map((fact) => fact.persisted)).toEqual([false, true]);
  });

  it("G16: a browser that will not say how much room there is stops no till", async () => {
    const no = (): Promise<never> => Promise.reject(new TypeError("estimate is not allowed here"));
    const { facts, faults } = told({ persist: no, persisted: no, estimate: no });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(faults).toEqual([]);
    expect(facts).toEqual([
      { onLine: true, persisted: false, freeBytes: null },
      { onLine: true, persisted: false, freeBytes: null },
    ]);
  });
});
