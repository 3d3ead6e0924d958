// Where a secret could have been left: files, tables, storage of the page, its memory and its workers'. Each
// place is answered as text, and searched outside of the browser, so that the search itself leaves nothing.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Client } from "pg";
import type { CDPSession, Page } from "playwright-core";

/** One place and all that stands in it. */
export interface Place {
  readonly name: string;
  readonly text: string;
}

const digit = "[0-9a-f]";

/**
 * Where these characters stand as text, in one byte a character, in two, or written as hex. Part of a longer
 * number is no find: times and hashes hold every six digits sooner or later.
 */
export function placesWith(secret: string, places: readonly Place[]): readonly string[] {
  const hex = Buffer.from(secret).toString("hex");
  const wide = [...secret].map((char) => `${char}\\x00`).join("");
  const forms = [
    new RegExp(`(?<!${digit})${secret}(?!${digit})`, "iu"),
    new RegExp(`(?<!${digit}\\x00)${wide}(?!${digit}\\x00)`, "iu"),
    new RegExp(hex, "iu"),
  ];
  return places.filter(({ text }) => forms.some((form) => form.test(text))).map(({ name }) => name);
}

/** Every file under a folder, however deep: profiles, databases, logs. */
export function filesUnder(folder: string): readonly Place[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).flatMap((name): Place[] => {
    const path = join(folder, name);
    try {
      return statSync(path).isFile() ? [{ name, text: readFileSync(path).toString("latin1") }] : [];
    } catch (cause) {
      // Programs are running on these folders: a file that is gone holds nothing.
      if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return [];
      throw cause;
    }
  });
}

/** Every row of every table of the shop's database. */
export async function tablesOf(databaseUrl: string): Promise<readonly Place[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const places: Place[] = [];
    for (const { name } of tables.rows) {
      const rows = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      places.push({ name: `table ${name}`, text: rows.rows.map(({ row }) => row).join("\n") });
    }
    return places;
  } finally {
    await client.end();
  }
}

/** IndexedDB, local and session storage of the page, decoded as the page itself would see them. */
export async function storageOf(page: Page): Promise<readonly Place[]> {
  return await page.evaluate(async () => {
    const settled = <T>(asked: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error ?? new Error("indexedDB"));
      });
    const said = (_key: string, value: unknown): unknown =>
      value instanceof Uint8Array ? [...value].map((byte) => String.fromCharCode(byte)).join("") : value;
    const places = [
      { name: "localStorage", text: JSON.stringify(Object.entries(localStorage)) },
      { name: "sessionStorage", text: JSON.stringify(Object.entries(sessionStorage)) },
    ];
    const db = await settled(indexedDB.open("guitai"));
    for (const name of db.objectStoreNames) {
      const rows = await settled(db.transaction(name).objectStore(name).getAll());
      places.push({
        name: `IndexedDB ${name}`,
        text: rows.map((row) => JSON.stringify(row, said)).join("\n"),
      });
    }
    db.close();
    return places;
  });
}

/** Every string in the memory of the page and of each of its workers. */
export async function memoryOf(page: Page): Promise<readonly Place[]> {
  const own = await page.context().newCDPSession(page);
  const places: Place[] = [{ name: "memory of the page", text: await snapshot(own, sendingTo(own)) }];
  const workers: { readonly name: string; readonly joint: string }[] = [];
  own.on("Target.attachedToTarget", (attached) => {
    const { type, title, url } = attached.targetInfo;
    workers.push({ name: `memory of ${type} ${title} ${url}`, joint: attached.sessionId });
  });
  await own.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  for (const { name, joint } of workers)
    places.push({ name, text: await snapshot(own, sendingThrough(own, joint), joint) });
  await own.detach();
  return places;
}

/** A message of a worker, packed into one of its page. */
interface FromWorker {
  readonly sessionId: string;
  readonly message: string;
}
type Send = (method: string) => Promise<void>;

function sendingTo(own: CDPSession): Send {
  return async (method) => {
    await own.send(method as "HeapProfiler.enable");
  };
}

/** A worker is spoken to through its page: each message packed into one of the page's. */
function sendingThrough(own: CDPSession, joint: string): Send {
  let last = 0;
  return async (method) => {
    const id = (last += 1);
    const answered = new Promise<void>((done) => {
      const hear = (event: FromWorker): void => {
        if (event.sessionId !== joint || (JSON.parse(event.message) as { id?: number }).id !== id) return;
        own.off("Target.receivedMessageFromTarget", hear);
        done();
      };
      own.on("Target.receivedMessageFromTarget", hear);
    });
    await own.send("Target.sendMessageToTarget", {
      sessionId: joint,
      message: JSON.stringify({ id, method }),
    });
    await answered;
  };
}

async function snapshot(own: CDPSession, send: Send, joint: string | null = null): Promise<string> {
  const chunks: string[] = [];
  const direct = ({ chunk }: { chunk: string }): void => void (joint === null && chunks.push(chunk));
  const packed = (event: FromWorker): void => {
    if (event.sessionId !== joint) return;
    const said = JSON.parse(event.message) as { method?: string; params?: { chunk: string } };
    if (said.method === "HeapProfiler.addHeapSnapshotChunk") chunks.push(said.params?.chunk ?? "");
  };
  own.on("HeapProfiler.addHeapSnapshotChunk", direct);
  own.on("Target.receivedMessageFromTarget", packed);
  await send("HeapProfiler.enable");
  await send("HeapProfiler.collectGarbage");
  await send("HeapProfiler.takeHeapSnapshot");
  own.off("HeapProfiler.addHeapSnapshotChunk", direct);
  own.off("Target.receivedMessageFromTarget", packed);
  const { strings } = JSON.parse(chunks.join("")) as { readonly strings: readonly string[] };
  return strings.join("\n");
}

/** What the browser tells of itself while `work` is done: input, scripts, storage, network. */
export async function tracedWhile(page: Page, work: () => Promise<void>): Promise<Place> {
  const browser = page.context().browser();
  if (!browser) throw new Error("no browser");
  const whole = await browser.newBrowserCDPSession();
  const told: string[] = [];
  whole.on("Tracing.dataCollected", ({ value }) => told.push(JSON.stringify(value)));
  const ended = new Promise<void>((done) => whole.once("Tracing.tracingComplete", () => done()));
  const timeline = "disabled-by-default-devtools.timeline";
  const includedCategories = [
    "devtools.timeline",
    timeline,
    `${timeline}.stack`,
    "v8",
    "v8.execute",
    "blink",
  ];
  includedCategories.push("input", "latencyInfo", "loading", "IndexedDB", "ServiceWorker", "netlog");
  await whole.send("Tracing.start", { traceConfig: { includedCategories }, transferMode: "ReportEvents" });
  await work();
  await whole.send("Tracing.end");
  await ended;
  return { name: "trace of the browser", text: told.join("\n") };
}
