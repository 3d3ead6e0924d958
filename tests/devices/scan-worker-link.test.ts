import { expose } from "comlink";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createScanWorkerLink, frameLimitMs } from "#devices/scan-worker-link.ts";
import type { ScanWorkerCalls } from "#devices/scan-worker-calls.ts";

/** A thread that is none: its calls run here, behind a real message channel. */
class FakeWorker extends EventTarget {
  static readonly started: FakeWorker[] = [];
  readonly #channel = new MessageChannel();
  terminated = false;

  constructor(calls: ScanWorkerCalls) {
    super();
    FakeWorker.started.push(this);
    expose(calls, this.#channel.port1);
    this.#channel.port2.start();
    this.#channel.port2.addEventListener("message", (event) => {
      this.dispatchEvent(new MessageEvent("message", { data: event.data as unknown }));
    });
  }

  postMessage(message: unknown): void {
    this.#channel.port2.postMessage(message);
  }

  terminate(): void {
    this.terminated = true;
    this.#channel.port1.close();
    this.#channel.port2.close();
  }
}

const answer = { ok: true, value: { scans: [], outlines: [], engine: "zxing-wasm" } } as const;
const frame = (): ImageData => ({ data: new Uint8ClampedArray(4), width: 1, height: 1, colorSpace: "srgb" });

function calls(changes: Partial<ScanWorkerCalls> = {}): ScanWorkerCalls {
  return {
    prepare: () => Promise.resolve({ ok: true, value: "zxing-wasm" }),
    read: () => Promise.resolve(answer),
    forget: () => Promise.resolve(),
    ...changes,
  };
}

function linkTo(...lives: readonly ScanWorkerCalls[]): ReturnType<typeof createScanWorkerLink> {
  const waiting = [...lives];
  return createScanWorkerLink(() => new FakeWorker(waiting.shift() ?? calls()) as unknown as Worker);
}

describe("the decode thread", () => {
  beforeEach(() => {
    FakeWorker.started.length = 0;
  });
  afterEach(() => {
    for (const worker of FakeWorker.started) worker.terminate();
    vi.useRealTimers();
  });

  it("is not started before it is needed, and once for many frames", async () => {
    const link = linkTo();
    expect(FakeWorker.started).toHaveLength(0);
    expect(await link.prepare()).toEqual({ ok: true, value: "zxing-wasm" });
    expect(await link.read(frame(), 1)).toEqual(answer);
    expect(await link.read(frame(), 2)).toEqual(answer);
    expect(FakeWorker.started).toHaveLength(1);
  });

  it("is replaced when its engine breaks, and reads on", async () => {
    const fault = {
      ok: false,
      refusal: { code: "decoder-failed", detail: "RuntimeError: unreachable" },
    } as const;
    const link = linkTo(calls({ read: () => Promise.resolve(fault) }));
    expect(await link.read(frame(), 1)).toEqual(fault);
    expect(FakeWorker.started[0]?.terminated).toBe(true);
    expect(await link.read(frame(), 2)).toEqual(answer);
    expect(FakeWorker.started).toHaveLength(2);
  });

  it("is replaced when it dies with a frame in hand", async () => {
    const link = linkTo(calls({ read: () => new Promise(() => undefined) }));
    const pending = link.read(frame(), 1);
    FakeWorker.started[0]?.dispatchEvent(new Event("error"));
    expect(await pending).toEqual({ ok: false, refusal: { code: "decoder-failed", detail: "error" } });
    expect(await link.read(frame(), 2)).toEqual(answer);
  });

  it("is replaced when a frame is not answered within 2 s", async () => {
    vi.useFakeTimers();
    const link = linkTo(calls({ read: () => new Promise(() => undefined) }));
    const pending = link.read(frame(), 1);
    await vi.advanceTimersByTimeAsync(frameLimitMs - 1);
    expect(FakeWorker.started[0]?.terminated).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await pending).toMatchObject({ ok: false, refusal: { detail: "no answer in 2000 ms" } });
    expect(FakeWorker.started[0]?.terminated).toBe(true);
  });

  it("a worker that the page may not start is a refusal, not a crash", async () => {
    const link = createScanWorkerLink(() => {
      throw new TypeError("This document requires 'TrustedScriptURL' assignment.");
    });
    expect(await link.prepare()).toMatchObject({ ok: false, refusal: { code: "decoder-failed" } });
  });
});
