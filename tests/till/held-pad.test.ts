import { afterEach, describe, expect, it, vi } from "vitest";
import { accepted, refused } from "#domain/result.ts";
import type { PadOutcome, TillEngine } from "#protocol/engine-calls.ts";
import { type PadHooks, type HeldPad, startPad } from "../../src/till/held-pad.ts";
import { type FakeAnswers, fakeEngine, fakePad } from "./fake-engine.ts";

interface Run {
  readonly held: HeldPad;
  readonly outcomes: PadOutcome[];
  readonly faults: unknown[];
  readonly cleared: () => number;
}

function run(answers: FakeAnswers, idleMs = 60_000): Run {
  const outcomes: PadOutcome[] = [];
  const faults: unknown[] = [];
  let cleared = 0;
  const hooks: PadHooks = {
    idleMs,
    onOutcome: (outcome) => outcomes.push(outcome),
    onIdleCleared: () => (cleared += 1),
    onFault: (cause) => faults.push(cause),
  };
  const held = startPad(fakeEngine(answers), { purpose: "code" }, hooks);
  return { held, outcomes, faults, cleared: () => cleared };
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitFor(() => expect(holds()).toBe(true), { interval: 1 });
}

afterEach(() => vi.useRealTimers());

describe("a secret pad", () => {
  it("C4: characters go one by one to the worker, and the page only learns how many", async () => {
    const { pad, typed } = fakePad({ fixedLength: null });
    const { held } = run({ openPad: () => Promise.resolve(accepted(pad)) });
    await until(() => held.view.value.state === "ready");
    for (const char of "907") held.send({ type: "char", char });
    held.send({ type: "back" });
    await until(() => held.view.value.count === 2 && typed() === "90");
    expect(JSON.stringify(held.view.value)).not.toContain("90");
    held.close();
  });

  it("C4: keys hit before the worker is up are not lost, and confirm waits for the last of them", async () => {
    const opening = Promise.withResolvers<void>();
    const { pad, typed } = fakePad({ fixedLength: null });
    const confirmPad = vi.fn<TillEngine["confirmPad"]>(() => Promise.resolve({ kind: "again" }));
    const { held } = run({ openPad: () => opening.promise.then(() => accepted(pad)), confirmPad });
    for (const char of "9073") held.send({ type: "char", char });
    expect(JSON.stringify(held)).not.toContain("9073");
    opening.resolve();
    await until(() => held.view.value.count === 4);
    held.send({ type: "char", char: "1" });
    held.confirm();
    // The last key is still on its way: a check now would count a try that nobody made.
    expect(confirmPad).not.toHaveBeenCalled();
    await until(() => confirmPad.mock.calls.length === 1);
    expect(typed()).toBe("90731");
    held.close();
  });

  it("a PIN of fixed length submits itself, once", async () => {
    const { pad } = fakePad({ fixedLength: 3 });
    let confirmed = 0;
    const { held } = run({
      openPad: () => Promise.resolve(accepted(pad)),
      confirmPad: () => {
        confirmed += 1;
        return Promise.resolve<PadOutcome>({ kind: "again" });
      },
    });
    await until(() => held.view.value.state === "ready");
    for (const char of "123") held.send({ type: "char", char });
    await until(() => confirmed === 1);
    expect(held.view.value).toMatchObject({ state: "ready", count: 0 });
    held.close();
  });

  it("a password without fixed length waits for 确认", async () => {
    const { pad, typed } = fakePad({ fixedLength: null });
    const confirmPad = vi.fn<TillEngine["confirmPad"]>(() => Promise.resolve<PadOutcome>({ kind: "again" }));
    const { held } = run({ openPad: () => Promise.resolve(accepted(pad)), confirmPad });
    await until(() => held.view.value.state === "ready");
    for (const char of "123456789") held.send({ type: "char", char });
    await until(() => typed().length === 9 && held.view.value.count === 9);
    expect(confirmPad).not.toHaveBeenCalled();
    held.confirm();
    held.confirm();
    expect(confirmPad).toHaveBeenCalledTimes(1);
    held.close();
  });

  it("after a wrong try a new pad is open at once, for the old one is thrown away", async () => {
    let opened = 0;
    const { held, outcomes } = run({
      openPad: () => {
        opened += 1;
        return Promise.resolve(accepted(fakePad({ padId: `pad${opened}` }).pad));
      },
      confirmPad: () =>
        Promise.resolve<PadOutcome>({ kind: "refused", refusal: { code: "password-wrong", triesLeft: 4 } }),
    });
    await until(() => held.view.value.state === "ready");
    held.confirm();
    await until(() => opened === 2 && held.view.value.state === "ready");
    expect(outcomes).toEqual([{ kind: "refused", refusal: { code: "password-wrong", triesLeft: 4 } }]);
    held.close();
  });

  it("a back-off is waited out to its end before a pad opens again", async () => {
    vi.useFakeTimers();
    let opened = 0;
    const { held } = run({
      openPad: () => {
        opened += 1;
        return Promise.resolve(
          opened === 1
            ? refused({ code: "password-wait" as const, waitMs: 30_000, tries: 5 })
            : accepted(fakePad().pad),
        );
      },
    });
    await vi.advanceTimersByTimeAsync(29_999);
    expect(held.view.value.state).toBe("waiting");
    expect(opened).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(opened).toBe(2);
    held.close();
  });

  it("a locked subject is not asked for again and again", async () => {
    const openPad = vi.fn<TillEngine["openPad"]>(() =>
      Promise.resolve(refused({ code: "password-locked" as const })),
    );
    const { held, outcomes } = run({ openPad });
    await until(() => held.view.value.state === "shut");
    expect(openPad).toHaveBeenCalledTimes(1);
    expect(outcomes).toEqual([{ kind: "refused", refusal: { code: "password-locked" } }]);
  });

  it("what was left on the pad for 60 s is cleared, and that is said", async () => {
    const { pad, typed } = fakePad({ fixedLength: null });
    const { held, cleared } = run({ openPad: () => Promise.resolve(accepted(pad)) }, 20);
    await until(() => held.view.value.state === "ready");
    held.send({ type: "char", char: "9" });
    await until(() => cleared() === 1 && held.view.value.count === 0);
    expect(typed()).toBe("");
    held.close();
  });

  it("C4: a new PIN typed once and left for 60 s goes with its worker, and is asked for from the start", async () => {
    const closed: string[] = [];
    let opened = 0;
    const { held, cleared } = run(
      {
        openPad: () => {
          opened += 1;
          return Promise.resolve(accepted(fakePad({ padId: `pad${opened}`, fixedLength: 2 }).pad));
        },
        confirmPad: () => Promise.resolve<PadOutcome>({ kind: "again" }),
        closePad: (padId) => {
          closed.push(padId);
          return Promise.resolve();
        },
      },
      60,
    );
    await until(() => held.view.value.state === "ready");
    for (const char of "90") held.send({ type: "char", char });
    await until(() => held.view.value.half);
    // Nothing stands on the pad; what was read stands in the worker all the same.
    expect(held.view.value.count).toBe(0);
    await until(() => opened === 2 && cleared() === 1);
    expect(closed).toEqual(["pad1"]);
    expect(held.view.value.half).toBe(false);
    held.close();
  });

  it("UX §11.1: which keys to show is not guessed before the policy is known", async () => {
    const { pad } = fakePad({ kind: "letters", fixedLength: null });
    const { held } = run({ openPad: () => Promise.resolve(accepted(pad)) });
    expect(held.view.value.kind).toBeNull();
    await until(() => held.view.value.kind === "letters");
    held.close();
  });

  it("a pad that opens after its screen has gone is closed at once", async () => {
    const closed: string[] = [];
    const opening = Promise.withResolvers<void>();
    const { held } = run({
      openPad: () => opening.promise.then(() => accepted(fakePad({ padId: "late" }).pad)),
      closePad: (padId) => {
        closed.push(padId);
        return Promise.resolve();
      },
    });
    held.close();
    opening.resolve();
    await until(() => closed.length === 1);
    expect(closed).toEqual(["late"]);
  });

  it("I1: what came of a check is told although the engine's view took the screen away first", async () => {
    const { pad } = fakePad({ fixedLength: null });
    const checked = Promise.withResolvers<PadOutcome>();
    const { held, outcomes } = run({
      openPad: () => Promise.resolve(accepted(pad)),
      confirmPad: () => checked.promise,
    });
    await until(() => held.view.value.state === "ready");
    held.send({ type: "char", char: "9" });
    await until(() => held.view.value.count === 1);
    held.confirm();
    // The paid sale is shown before the answer to the call comes; without it nobody would say «received».
    held.close();
    const outcome: PadOutcome = { kind: "refused", refusal: { code: "password-locked" } };
    checked.resolve(outcome);
    await until(() => outcomes.length === 1);
    expect(outcomes).toEqual([outcome]);
  });
});
