import { describe, expect, it } from "vitest";
import { createLive, type EventStream, type Live, RECONNECT_WAITS_MS } from "../../src/office/live.ts";

class FakeStream implements EventStream {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  readyState = 0;
  readonly listeners = new Map<string, ((event: MessageEvent) => void)[]>();
  addEventListener(type: string, listener: (event: MessageEvent) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }
  close(): void {
    this.readyState = 2;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  fail(forGood: boolean): void {
    this.readyState = forGood ? 2 : 0;
    this.onerror?.(new Event("error"));
  }
  send(data: string): void {
    for (const listener of this.listeners.get("message") ?? [])
      listener(new MessageEvent("message", { data }));
  }
}

interface Wire {
  readonly live: Live;
  readonly streams: FakeStream[];
  readonly waits: { readonly waitMs: number; readonly run: () => void }[];
}

function wire(hungUp: (live: Live) => void = () => undefined): Wire {
  const streams: FakeStream[] = [];
  const waits: Wire["waits"] = [];
  const live: Live = createLive({
    open: () => {
      const stream = new FakeStream();
      streams.push(stream);
      return stream;
    },
    after: (waitMs, run) => {
      waits.push({ waitMs, run });
      return () => undefined;
    },
    onHungUp: () => hungUp(live),
  });
  return { live, streams, waits };
}

describe("following the shop live", () => {
  it("asks again on the events a page waits for, and on no other", () => {
    const { live, streams } = wire();
    live.start();
    streams[0]?.open();
    let asked = 0;
    live.on(["till"], () => (asked += 1));
    streams[0]?.send(`{"type":"sale"}`);
    expect(asked).toBe(0);
    streams[0]?.send(`{ "type": "till" }`);
    expect(asked).toBe(1);
    streams[0]?.send("noise");
    expect(asked).toBe(1);
  });

  it("asks again when the connection comes back, for what happened meanwhile", () => {
    const { live, streams } = wire();
    let asked = 0;
    live.on(["sale", "code"], () => (asked += 1));
    live.start();
    streams[0]?.open();
    expect(asked).toBe(1);
    streams[0]?.fail(false);
    expect(live.isLive.value).toBe(false);
    streams[0]?.open();
    expect(live.isLive.value).toBe(true);
    expect(asked).toBe(2);
  });

  it("comes back by itself after the server hung up for good, ever more slowly, without end", () => {
    const { live, streams, waits } = wire();
    live.start();
    for (let round = 0; round < RECONNECT_WAITS_MS.length + 3; round += 1) {
      streams.at(-1)?.fail(true);
      waits.at(-1)?.run();
    }
    const last = RECONNECT_WAITS_MS.at(-1);
    expect(waits.map((wait) => wait.waitMs)).toEqual([...RECONNECT_WAITS_MS, last, last, last]);
    expect(streams.length).toBe(waits.length + 1);
  });

  it("asks who is here when the server refuses for good, and comes back no more once the sign-in has ended", () => {
    let asked = 0;
    const { live, streams, waits } = wire((followed) => {
      asked += 1;
      if (asked === 2) followed.stop();
    });
    live.start();
    streams[0]?.fail(false);
    expect(asked).toBe(0);
    streams[0]?.fail(true);
    expect(asked).toBe(1);
    waits[0]?.run();
    streams[1]?.fail(true);
    expect([asked, waits.length, streams.length]).toEqual([2, 1, 2]);
  });

  it("is not live before the first connection and after it was stopped", () => {
    const { live, streams } = wire();
    expect(live.isLive.value).toBe(false);
    live.start();
    streams[0]?.open();
    expect(live.isLive.value).toBe(true);
    live.stop();
    expect(live.isLive.value).toBe(false);
    expect(streams[0]?.readyState).toBe(2);
  });
});
