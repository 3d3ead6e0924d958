// A shop with many enrolled tills, and what they have sold while the network was away: batches signed ahead,
// so that the clock of the benchmark sees the server alone.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "#protocol/bytes.ts";
import { newId, shortId } from "#protocol/ids.ts";
import { encodePush, MAX_PUSH_ENTRIES } from "#protocol/push.ts";
import { openSetUp, setUp } from "../../server/accounts/set-up.ts";
import { openBooks } from "../../server/books.ts";
import type { Config } from "../../server/config.ts";
import { HeadlessTill, type JournalRow } from "../../server/demo/headless-till.ts";
import { createApp } from "../../server/http/app.ts";
import { openPages } from "../../server/http/pages.ts";
import type { Log } from "../../server/log.ts";
import { activateTill, addTill } from "../../server/office/till-commands.ts";
import { openServices } from "../../server/open-services.ts";

const ORIGIN = "http://localhost:8080";
/** Entries of a push: the most the protocol allows, which is what a till sends that has been away. */
const BATCH = MAX_PUSH_ENTRIES;
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** One till's pushes, in order. */
export interface TillQueue {
  readonly token: string;
  readonly bodies: Uint8Array<ArrayBuffer>[];
}

export interface BenchShop {
  readonly merchant: Uint8Array;
  /** Signs what every till sells next: `perTill` sales each. */
  sell(perTill: number): Promise<readonly TillQueue[]>;
  close(): Promise<void>;
}

/** Opens a shop with `count` tills in the database at `databaseUrl`, which a server may open afterwards. */
export async function openBenchShop(databaseUrl: string, keyFile: string, count: number): Promise<BenchShop> {
  const folder = await mkdtemp(join(tmpdir(), "guitai-ingest-"));
  const config: Config = {
    port: 8080,
    host: "127.0.0.1",
    dataDir: folder,
    databaseUrl,
    publicUrl: null,
    tls: null,
    keyFile,
    trustedProxies: [],
    demo: false,
  };
  const stopping = new AbortController();
  const opened = await openServices({
    config,
    log: silent,
    nowMs: () => Date.now(),
    databaseUrl,
    stopping: stopping.signal,
  });
  if (!opened.ok) throw new Error(`ingest: the shop does not open: ${opened.refusal.code}`);
  const { services } = opened.value;
  const app = createApp(services, openPages(folder));
  const token = (await openSetUp(services.db)) ?? "";
  const owner = { email: "bench@example.com", password: "correct-horse-73-battery" };
  const done = await setUp(services, { ...owner, token, shopName: "林记杂货", language: "zh-CN" });
  if (!done.ok) throw new Error(`ingest: no owner: ${done.refusal.code}`);
  const books = await openBooks(services);
  const { merchant_id } = await services.db
    .selectFrom("control.merchants")
    .select("merchant_id")
    .executeTakeFirstOrThrow();
  const merchant = new Uint8Array(merchant_id);
  const by = { merchant, userId: done.value.userId };
  const tills: HeadlessTill[] = [];
  for (let n = 0; n < count; n += 1) {
    const added = await addTill(books, by, `${n + 2}号机`);
    if (!added.ok) throw new Error(`ingest: no till: ${added.refusal.code}`);
    const activation = await activateTill(books, by, shortId(added.value), null);
    if (!activation.ok) throw new Error(`ingest: no activation: ${activation.refusal.code}`);
    const wire = async (path: string, init: RequestInit): Promise<Response> =>
      await app.request(`${ORIGIN}${path}`, init);
    const till = await HeadlessTill.enrol(wire, activation.value.qrText, () => Date.now());
    if (!till.ok) throw new Error(`ingest: not enrolled: ${till.refusal.code}`);
    await till.value.hello();
    await till.value.deliver();
    tills.push(till.value);
  }
  return {
    merchant,
    async sell(perTill) {
      const queues: TillQueue[] = [];
      for (const till of tills) queues.push(await queueOf(till, perTill));
      return queues;
    },
    async close() {
      stopping.abort();
      await opened.value.close();
    },
  };
}

async function queueOf(till: HeadlessTill, sales: number): Promise<TillQueue> {
  const before = till.journal.findLast((row) => row.body?.kind === "sale")?.body;
  let running = before?.kind === "sale" ? before.runningMinor : 0;
  let soFar = before?.kind === "sale" ? before.runningCount : 0;
  const rows: JournalRow[] = [];
  for (let n = 0; n < sales; n += 1) {
    const amountMinor = 100 + ((n * 7919) % 20_000);
    running += amountMinor;
    soFar += 1;
    rows.push(
      await till.write({
        kind: "sale",
        sale: newId(),
        operator: till.operator,
        feedVersion: till.feedVersion,
        currency: "CNY",
        totalMinor: amountMinor,
        tenders: [{ method: "cash", amountMinor, receivedMinor: amountMinor }],
        runningCount: soFar,
        runningMinor: running,
      }),
    );
  }
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const { lineage } = till.certificate;
  for (let from = 0; from < rows.length; from += BATCH) {
    const entries = rows.slice(from, from + BATCH).map((row) => row.signed);
    bodies.push(encodePush({ nonce: randomBytes(16), lineage, entries }));
  }
  return { token: till.token ?? "", bodies };
}
