import { accepted } from "#domain/result.ts";
import type { Pad, PadCount, PadMessage, PadOutcome, TillEngine, TillView } from "#protocol/engine-calls.ts";

/** A till in the middle of a day: open, online, nothing unsent. */
export function dayView(part: Partial<TillView> = {}): TillView {
  return {
    phase: "open",
    shopName: "和平路早餐店",
    tillName: "1号机",
    compareDigits: null,
    operators: [{ id: "op1", name: "王芳", role: "owner", hasPin: true }],
    operator: { id: "op1", name: "王芳", role: "owner", hasPin: true },
    link: {
      state: "online",
      sinceMs: null,
      unsentCount: 0,
      unsentMinor: 0,
      withOwner: null,
      oldestUnsentMs: null,
      stuckSinceMs: null,
      lastAnswerMs: null,
      progress: null,
    },
    stop: null,
    sale: null,
    settings: {
      feedVersion: 12,
      appliedAtMs: null,
      currency: "CNY",
      maxSaleMinor: 5_000_000,
      passwordRule: "always",
      passwordAboveMinor: 0,
      codeWay: "leased",
    },
    clock: "anchored",
    storage: { persisted: true, freeBytes: 8_000_000_000, low: false, full: false, copyFailed: false },
    vault: { level: "basic", open: true, wanted: null, lease: null },
    build: "0.1.0+test",
    ...part,
  };
}

/** What a test wants to differ from a till that accepts everything and does nothing. */
export type FakeAnswers = Partial<TillEngine>;

/**
 * An engine without a worker: it takes every call, and a test says what it answers. Never part of a build.
 */
export function fakeEngine(answers: FakeAnswers = {}): TillEngine {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    watch: nothing,
    setCarrier: nothing,
    serviceWorkerWrote: nothing,
    pageFacts: nothing,
    previewActivation: () => Promise.resolve(accepted({ source: "typed", shopName: null, tillName: null })),
    enrol: () => Promise.resolve(accepted({ compareDigits: null })),
    openPad: () => Promise.resolve(accepted(fakePad().pad)),
    confirmPad: () => Promise.resolve<PadOutcome>({ kind: "again" }),
    closePad: nothing,
    lock: nothing,
    unlockChallenge: () => Promise.resolve({ ok: false, refusal: { code: "unlock-unready" } }),
    answerUnlock: () => Promise.resolve({ ok: false, refusal: { code: "unlock-over" } }),
    enterUnchecked: () => Promise.resolve({ ok: false, refusal: { code: "no-operator" } }),
    openVault: () => Promise.resolve(true),
    charge: (amountMinor) =>
      Promise.resolve(
        accepted({
          id: "sale1",
          dueMinor: amountMinor,
          coveredMinor: 0,
          state: "due" as const,
          code: null,
          paid: null,
        }),
      ),
    presentScan: () => Promise.resolve({ kind: "refused", refusal: { code: "not-a-code" } }),
    presentNumber: () => Promise.resolve({ kind: "refused", refusal: { code: "unknown-number" } }),
    takeCash: () => Promise.resolve({ ok: false, refusal: { code: "no-sale" } }),
    withdrawCode: nothing,
    cancelSale: () => Promise.resolve(accepted(undefined)),
    nextSale: nothing,
    sales: () => Promise.resolve([]),
    refusals: () => Promise.resolve([]),
    syncNow: nothing,
    exportOverview: () => Promise.resolve({ ok: false, refusal: { code: "nothing-unsent" } }),
    exportFile: () => Promise.resolve({ ok: false, refusal: { code: "nothing-unsent" } }),
    takeParcel: () => Promise.resolve({ ok: false, refusal: { code: "not-an-export" } }),
    parcels: () => Promise.resolve([]),
    lookForRoom: () => Promise.resolve(false),
    mayUpdate: () => Promise.resolve({ saleOpen: false, unsentCount: 0, unsentMinor: 0 }),
    ...answers,
  };
}

/** A pad whose worker end stays in the test's hand: it keeps the characters as the pin worker would. */
export function fakePad(facts: Partial<Pick<Pad, "padId" | "kind" | "fixedLength">> = {}): {
  readonly pad: Pad;
  readonly typed: () => string;
} {
  const { port1, port2 } = new MessageChannel();
  let typed = "";
  let seen = 0;
  port2.addEventListener("message", (event: MessageEvent<PadMessage>) => {
    const message = event.data;
    if (message.type === "char") typed += message.char;
    else typed = message.type === "back" ? typed.slice(0, -1) : "";
    seen++;
    port2.postMessage({ count: typed.length, seen } satisfies PadCount);
  });
  port2.start();
  return {
    pad: { padId: "pad1", kind: "digits", fixedLength: 6, port: port1, ...facts },
    typed: () => typed,
  };
}
