import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { accepted, refused } from "#domain/result.ts";
import type { PaidView, SaleView, TillView } from "#protocol/engine-calls.ts";
import { createFlow, type Flow } from "../../src/till/flow.ts";
import { dayView, type FakeAnswers, fakeEngine } from "./fake-engine.ts";

const paid: PaidView = {
  saleId: "sale1",
  amountMinor: 3800,
  method: "payment-code",
  receivedMinor: 0,
  changeMinor: 0,
  returnedMinor: 0,
  atMs: 1,
  epoch: 1,
  seq: 7,
  headHex: "a3f09c1e",
};
const due: SaleView = { id: "sale1", dueMinor: 3800, coveredMinor: 0, state: "due", code: null, paid: null };

interface Counter {
  readonly flow: Flow;
  readonly heard: string[];
  readonly show: (part: Partial<TillView>) => void;
}

function counter(answers: FakeAnswers = {}, part: Partial<TillView> = {}): Counter {
  const view = signal<TillView | null>(dayView(part));
  const heard: string[] = [];
  const flow = createFlow(fakeEngine(answers), view, {
    paid: (what) => heard.push(`paid ${what.amountMinor}`),
    refused: () => heard.push("refused"),
  });
  return { flow, heard, show: (next) => (view.value = dayView({ ...part, ...next })) };
}

/** Until every command that was pressed has been answered. */
async function settled(flow: Flow): Promise<void> {
  while (flow.busy.value) await Promise.resolve();
}

describe("the counter", () => {
  it("a double tap charges once: the second press finds the first still with the engine", async () => {
    let charged = 0;
    const { flow } = counter({
      charge: (amountMinor) => {
        charged += 1;
        return Promise.resolve(accepted({ ...due, dueMinor: amountMinor }));
      },
    });
    flow.charge(3800);
    flow.charge(3800);
    await settled(flow);
    expect(charged).toBe(1);
  });

  it("a sum the engine refuses stays on the keypad and is said in the message line", async () => {
    const { flow, heard } = counter({
      charge: () => Promise.resolve(refused({ code: "amount-out-of-range", maxMinor: 100 })),
    });
    flow.charge(3800);
    await settled(flow);
    expect(flow.screen()).toBe("sell");
    expect(flow.notice.value).toEqual({ code: "amount-out-of-range", maxMinor: 100 });
    expect(heard).toEqual([]);
  });

  it("I1: the voice speaks after the engine has answered paid, never before", async () => {
    const commit = Promise.withResolvers<void>();
    const { flow, heard } = counter(
      { presentScan: () => commit.promise.then(() => ({ kind: "paid", paid })) },
      { sale: due },
    );
    flow.scanned("GT1ABC");
    await Promise.resolve();
    expect(heard).toEqual([]);
    commit.resolve();
    await settled(flow);
    expect(heard).toEqual(["paid 3800"]);
  });

  it("a refused code leads to its own screen, with one low note and the camera off", async () => {
    const { flow, heard } = counter(
      { presentScan: () => Promise.resolve({ kind: "refused", refusal: { code: "revoked" } }) },
      { sale: due },
    );
    flow.cameraOn.value = true;
    flow.scanned("GT1ABC");
    await settled(flow);
    expect(flow.screen()).toBe("refused");
    expect(flow.cameraOn.value).toBe(false);
    expect(heard).toEqual(["refused"]);
  });

  it("a code taken back does not turn the camera on again; the next sale begins anew", async () => {
    const { flow } = counter(
      {
        charge: () => Promise.resolve(accepted(due)),
        presentScan: () => Promise.resolve({ kind: "password", dueMinor: 3800, passwordKind: "digits" }),
      },
      { sale: due },
    );
    flow.scanned("GT1ABC");
    await settled(flow);
    flow.withdrawCode();
    await settled(flow);
    expect([flow.cameraOn.value, flow.codeSeen.value]).toEqual([false, true]);
    flow.charge(3800);
    await settled(flow);
    expect(flow.codeSeen.value).toBe(false);
  });

  it("a code is not taken over a password, a list or a paid sale", async () => {
    const presented: string[] = [];
    const { flow, show } = counter({
      presentScan: (text) => {
        presented.push(text);
        return Promise.resolve({
          kind: "refused",
          refusal: { code: "spent", tillName: "2", atMs: 1, amountMinor: 1, here: false },
        });
      },
    });
    show({ sale: { ...due, state: "password" } });
    flow.scanned("GT1A");
    show({ sale: { ...due, state: "paid", paid } });
    flow.scanned("GT1B");
    show({ sale: null });
    flow.go({ at: "sales", open: null });
    flow.scanned("GT1C");
    await settled(flow);
    expect(presented).toEqual([]);
  });

  it("a wrong password leaves the customer at the pad; a locked code leads to the ways out", () => {
    const { flow } = counter({}, { sale: { ...due, state: "password" } });
    flow.padAnswered({ kind: "refused", refusal: { code: "password-wrong", triesLeft: 4 } });
    expect(flow.screen()).toBe("password");
    flow.padAnswered({ kind: "refused", refusal: { code: "password-locked" } });
    expect(flow.screen()).toBe("refused");
  });

  it("a paid sale stays on screen, whatever was refused before, until the next one is called", () => {
    const { flow, show } = counter({}, { sale: due });
    flow.go({ at: "refused", refusal: { code: "expired", atMs: 1 } });
    show({ sale: { ...due, state: "paid", paid } });
    expect(flow.screen()).toBe("paid");
  });

  it("an engine that is gone is said, and not taken for a refusal", async () => {
    const reported = vi.fn<(cause: unknown) => void>();
    vi.stubGlobal("reportError", reported);
    const { flow, heard } = counter(
      { takeCash: () => Promise.reject(new Error("worker gone")) },
      { sale: due },
    );
    flow.takeCash(3800);
    await settled(flow);
    expect(flow.broken.value).toBe(true);
    expect(reported).toHaveBeenCalledTimes(1);
    expect(heard).toEqual([]);
  });
});
