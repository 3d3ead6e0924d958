import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { Hono } from "hono";
import { newId } from "#protocol/ids.ts";
import type { AppEnv } from "../../server/http/env.ts";
import { eventStream, StreamSeats } from "../../server/http/event-stream.ts";
import { createWakeUps } from "../../server/http/wake-up.ts";
import type { WakeUps } from "../../server/http/wake-up.ts";
import { freshDatabase, silentLog } from "./database.ts";

let database: Awaited<ReturnType<typeof freshDatabase>>;
let here: WakeUps;
let there: WakeUps;
beforeAll(async () => {
  database = await freshDatabase();
  here = createWakeUps(database.url, silentLog, 2);
  there = createWakeUps(database.url, silentLog, 2);
  await Promise.all([here.start(), there.start()]);
});
afterAll(async () => {
  await Promise.all([here.stop(), there.stop()]);
  await database.close();
});

/** The next wake-up of a merchant. */
function next(wakeUps: WakeUps, merchantId: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const unlisten = wakeUps.listen(merchantId, ({ topic }) => {
      unlisten?.();
      resolve(topic);
    });
  });
}

describe("wake-ups", () => {
  it("told on one server are heard on every server of the database, by that merchant alone", async () => {
    const [mine, yours] = [newId(), newId()];
    const heardByYou: string[] = [];
    const unlisten = there.listen(yours, ({ topic }) => heardByYou.push(topic));
    const both = Promise.all([next(here, mine), next(there, mine)]);
    await here.notify(database.db, ["sale"], mine);
    expect(await both).toEqual(["sale", "sale"]);
    expect(heardByYou).toEqual([]);
    unlisten?.();
  });

  it("told many times at once are told once more and not each time, and none of them is forgotten", async () => {
    const merchant = newId();
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      there.listen(merchant, ({ topic }) => {
        heard.push(topic);
        if (new Set(heard).size === 3) resolve();
      });
    });
    for (let pushes = 0; pushes < 50; pushes += 1)
      await here.notify(database.db, pushes === 20 ? ["till", "code"] : ["till"], merchant);
    await here.notify(database.db, ["sale"], merchant);
    await all;
    expect(heard.toSorted()).toEqual(["code", "sale", "till", "till"]);
  });

  it("after the connection broke, everybody is told to look", async () => {
    const merchant = newId();
    const told = next(here, merchant);
    const admin = new Client({ connectionString: inject("adminUrl") });
    await admin.connect();
    const name = new URL(database.url).pathname.slice(1);
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and query like 'listen %'",
      [name],
    );
    await admin.end();
    expect(await told).toBe("feed");
  });
});

describe("event streams", () => {
  const merchant = newId();
  const stop = new AbortController();
  const app = new Hono<AppEnv>();
  const seats = new StreamSeats(4);
  app.get("/", (c) => {
    const around = { wakeUps: here, stopping: stop.signal };
    return eventStream(c, around, merchant, ["sale", "till"], seats, "reader");
  });

  it("carry the asked topics, are limited per merchant, and end when the server stops", async () => {
    const [first, second, third] = [await app.request("/"), await app.request("/"), await app.request("/")];
    expect([first.status, second.status, third.status]).toEqual([200, 200, 429]);
    await second.body?.cancel();
    const again = await app.request("/");
    expect(again.status).toBe(200);
    await again.body?.cancel();
    const reader = (first.body ?? new ReadableStream<Uint8Array>()).getReader();
    const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
    expect(await read()).toBe("retry: 3000\n\n");
    await here.notify(database.db, ["code"], merchant);
    await here.notify(database.db, ["sale"], merchant);
    expect(await read()).toBe('data: {"type":"sale"}\n\n');
    stop.abort();
    expect((await reader.read()).done).toBe(true);
  });

  it("a stream does not outlive the sign-in that opened it", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      let isSignedIn = true;
      const guests = new Hono<AppEnv>().get("/", (c) => {
        const around = { wakeUps: here, stopping: new AbortController().signal };
        return eventStream(c, around, newId(), ["sale"], seats, "guest", async () => isSignedIn);
      });
      const reader = ((await guests.request("/")).body ?? new ReadableStream<Uint8Array>()).getReader();
      const read = async (): Promise<string> => new TextDecoder().decode((await reader.read()).value);
      expect(await read()).toBe("retry: 3000\n\n");
      vi.advanceTimersByTime(15_000);
      expect(await read()).toBe(": here\n\n");
      isSignedIn = false;
      vi.advanceTimersByTime(15_000);
      expect(await read()).toBe(": here\n\n");
      expect((await reader.read()).done).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});
