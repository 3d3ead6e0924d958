import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SyncPoke } from "#protocol/engine-calls.ts";
import { startDelivery } from "../../src/till/delivery.ts";
import { fakeEngine } from "./fake-engine.ts";

/** A browser's side of delivery: service worker, channel and page, each pushed on by hand. */
interface Browser {
  readonly page: EventTarget;
  readonly document: EventTarget & { visibilityState: "visible" | "hidden" };
  readonly container: EventTarget & { controller: object | null };
  readonly registration: EventTarget & { active: object | null; waiting: object | null };
  readonly posted: unknown[];
  readonly wished: string[];
  reloads: number;
  tell: (message: unknown) => void;
  activate: () => void;
}

function browser({ controlled = false, active = true } = {}): Browser {
  const posted: unknown[] = [];
  const wished: string[] = [];
  const worker = { postMessage: (message: unknown) => posted.push(message) };
  const ready = Promise.withResolvers<unknown>();
  const registration = Object.assign(new EventTarget(), {
    active: active ? (worker as object) : null,
    waiting: null,
    sync: { register: (tag: string) => Promise.resolve(wished.push(tag)) },
  });
  const container = Object.assign(new EventTarget(), {
    controller: controlled ? worker : null,
    register: () => Promise.resolve(registration),
    ready: ready.promise,
  });
  const page = new EventTarget();
  const pageDocument = Object.assign(new EventTarget(), { visibilityState: "visible" as const });
  const made: Browser = {
    page,
    document: pageDocument,
    container,
    registration,
    posted,
    wished,
    reloads: 0,
    tell: () => undefined,
    activate: () => {
      registration.active = worker;
      ready.resolve(registration);
    },
  };
  const channel = new EventTarget();
  made.tell = (data) => channel.dispatchEvent(new MessageEvent("message", { data }));
  if (active) ready.resolve(registration);
  vi.stubGlobal("navigator", { serviceWorker: container });
  vi.stubGlobal("document", pageDocument);
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("location", { origin: "https://shop.example", reload: () => (made.reloads += 1) });
  vi.stubGlobal("BroadcastChannel", function channelOf() {
    return channel;
  });
  return made;
}

interface Told {
  readonly carriers: string[];
  syncs: number;
}

function start(): Told {
  const told: Told = { carriers: [], syncs: 0 };
  const engine = fakeEngine({
    setCarrier: (carrier) => Promise.resolve(void told.carriers.push(carrier)),
    syncNow: () => Promise.resolve(void (told.syncs += 1)),
  });
  startDelivery(engine, (cause) => {
    throw cause;
  });
  return told;
}

const settled = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

describe("who carries the entries (DESIGN §8)", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("I6: a service worker that never gets ready leaves no sale without a carrier", async () => {
    browser({ active: false });
    const told = start();
    await settled();
    expect(told.carriers).toEqual(["engine"]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told.syncs).toBeGreaterThan(0);
  });

  it("I6: once the service worker is up, it alone is poked", async () => {
    const at = browser({ active: false });
    const told = start();
    await settled();
    at.activate();
    await settled();
    expect(told.carriers).toEqual(["engine", "service-worker"]);
    const before = told.syncs;
    at.tell({ type: "want-sync" });
    expect((at.posted as SyncPoke[]).map((poke) => poke.reason)).toEqual(["visible", "commit"]);
    expect(told.syncs).toBe(before);
  });

  it("I6: without service workers the timer, the network and the page wake the engine", async () => {
    const at = browser();
    vi.stubGlobal("navigator", {});
    const told = start();
    await settled();
    at.page.dispatchEvent(new Event("online"));
    at.tell({ type: "want-sync" });
    await vi.advanceTimersByTimeAsync(30_000);
    expect(told.syncs).toBe(3);
  });

  it("I6: before it is known who carries, nobody is asked: engine and page would ask each other for ever", async () => {
    const at = browser({ active: false });
    const told = start();
    at.tell({ type: "want-sync" });
    expect(told.syncs).toBe(0);
    expect(at.posted).toEqual([]);
    await settled();
  });

  it("I6: a page that is left asks for Background Sync, where there is one", async () => {
    const at = browser();
    start();
    await settled();
    at.document.visibilityState = "hidden";
    at.document.dispatchEvent(new Event("visibilitychange"));
    expect(at.wished).toEqual(["guitai-delivery"]);
  });

  it("G2: every window of the old build opens anew when the new one takes over", async () => {
    const at = browser({ controlled: true });
    start();
    await settled();
    at.container.dispatchEvent(new Event("controllerchange"));
    expect(at.reloads).toBe(1);
  });

  it("G2: the first installation of all interrupts nothing", async () => {
    const at = browser({ controlled: false });
    start();
    await settled();
    at.container.dispatchEvent(new Event("controllerchange"));
    expect(at.reloads).toBe(0);
  });
});
