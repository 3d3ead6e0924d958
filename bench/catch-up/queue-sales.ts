// Runs in a page of the tablet: lays sales down in its journal as its engine would, chained and signed with
// the till's own key, only faster than hands could.
import { concat, fromHex, randomBytes, toHex } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { encodeEntry, hashEntry, signEntry } from "#protocol/entry.ts";
import { encodeTillBody, type TillBody } from "#protocol/entry-bodies.ts";
import type {
  HeadRow,
  IdentityRow,
  JournalRow,
  OperatorRow,
  ReceiptRow,
  SaleRecord,
  SettingsRow,
} from "#storage/schema.ts";

const BATCH = 500;
const AMOUNT_MINOR = 1250;
const LOOK_EVERY_MS = 40;

export interface Queue {
  readonly sales: number;
  /** Time of the first and between two of them. */
  readonly fromMs: number;
  readonly everyMs: number;
}

/** Adds so many cash sales behind the till's head. No engine may be selling meanwhile. */
export async function queueSales({ sales, fromMs, everyMs }: Queue): Promise<void> {
  const db = await open();
  const identity = await get<IdentityRow>(db, "identity", "till");
  const feed = await get<Extract<SettingsRow, { key: "feed" }>>(db, "settings", "feed");
  const [operator] = await all<OperatorRow>(db, "operators");
  let head = await get<HeadRow>(db, "head", "head");
  for (let done = 0; done < sales; done += BATCH) {
    const rows: { readonly journal: JournalRow; readonly sale: SaleRecord }[] = [];
    for (let i = done; i < Math.min(done + BATCH, sales); i++) {
      const nowMs = fromMs + i * everyMs;
      const saleId = randomBytes(16);
      const runningCount = head.runningCount + 1;
      const runningMinor = head.runningMinor + AMOUNT_MINOR;
      const body: TillBody = {
        kind: "sale",
        sale: saleId,
        operator: fromHex(operator?.id ?? ""),
        feedVersion: feed.version,
        currency: "CNY",
        totalMinor: AMOUNT_MINOR,
        tenders: [{ method: "cash", amountMinor: AMOUNT_MINOR, receivedMinor: 2000 }],
        runningCount,
        runningMinor,
      };
      const bytes = encodeEntry({
        merchant: identity.merchant,
        till: identity.till,
        epoch: identity.epoch,
        seq: head.seq + 1,
        prev: head.hash,
        kind: body.kind,
        time: { clockMs: nowMs, nowMs, quality: "plausible" },
        versions: { feed: feed.version, keyset: 1, build: "measured" },
        body: encodeTillBody(body),
      });
      const hash = await hashEntry(bytes);
      const { signature } = await signEntry(identity.devicePrivate, bytes);
      head = { ...head, seq: head.seq + 1, hash, runningCount, runningMinor };
      const { epoch, seq } = head;
      rows.push({
        journal: { epoch, seq, kind: body.kind, bytes, signature, hash, nowMs },
        sale: {
          id: toHex(saleId),
          epoch,
          seq,
          atMs: nowMs,
          operatorId: operator?.id ?? "",
          amountMinor: AMOUNT_MINOR,
          method: "cash",
          headHex: toHex(hash).slice(0, 8),
          runningCount,
          runningMinor,
        },
      });
    }
    await copy(rows.map((row) => row.journal));
    const transaction = db.transaction(["journal", "sales", "head"], "readwrite");
    for (const { journal, sale } of rows) {
      transaction.objectStore("journal").add(journal);
      transaction.objectStore("sales").add(sale);
    }
    transaction.objectStore("head").put(head);
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
  }
  db.close();
}

/** The second copy, as `Mirror` writes it: length, then entry and signature. */
async function copy(rows: readonly JournalRow[]): Promise<void> {
  const directory = await navigator.storage.getDirectory();
  const handle = await directory.getFileHandle("journal.guitai", { create: true });
  const { size } = await handle.getFile();
  const records = rows.map(({ bytes, signature }) => {
    const record = encodeCbor([bytes, signature]);
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, record.length);
    return concat(length, record);
  });
  const file = await handle.createWritable({ keepExistingData: true });
  await file.write({ type: "write", position: size, data: concat(...records) });
  await file.close();
}

let askedMs: number | null = null;

/**
 * Remembers when the till first asks for delivery, by either of its two ways; to be called before the page's
 * own first line.
 */
export function listenForAsking(): void {
  // oxlint-disable-next-line typescript/unbound-method -- always applied to the worker it is called on
  const { postMessage } = ServiceWorker.prototype;
  ServiceWorker.prototype.postMessage = new Proxy(postMessage, {
    apply: (post, worker, given: readonly unknown[]): void => {
      const [message] = given as readonly [{ readonly type?: string }];
      if (message.type === "sync") askedMs ??= performance.now();
      Reflect.apply(post, worker, given);
    },
  });
  const channel = new BroadcastChannel("guitai");
  channel.addEventListener("message", (event: MessageEvent<{ readonly type: string }>) => {
    if (event.data.type === "want-sync") askedMs ??= performance.now();
  });
}

/**
 * Settles when the server has signed for the till's whole journal; milliseconds since the till asked for
 * delivery.
 */
export async function untilReceipted(): Promise<number> {
  const db = await open();
  const head = await get<HeadRow>(db, "head", "head");
  for (;;) {
    const receipt = await get<ReceiptRow | undefined>(db, "receipts", head.epoch);
    if (receipt && receipt.seq >= head.seq) break;
    // Seldom, so that the question itself costs nothing that could be measured.
    await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
  }
  db.close();
  if (askedMs === null) throw new Error("delivered, and nobody had asked for it");
  return performance.now() - askedMs;
}

/** Bytes of one stored sale's entry and signature: what the other contender's documents are made of. */
export async function entryBytes(): Promise<number> {
  const db = await open();
  const head = await get<HeadRow>(db, "head", "head");
  const row = await get<JournalRow>(db, "journal", [head.epoch, head.seq]);
  db.close();
  return row.bytes.length + row.signature.length;
}

function open(): Promise<IDBDatabase> {
  return settled(indexedDB.open("guitai"));
}

function get<T>(db: IDBDatabase, store: string, key: IDBValidKey): Promise<T> {
  return settled(db.transaction(store).objectStore(store).get(key) as IDBRequest<T>);
}

function all<T>(db: IDBDatabase, store: string): Promise<T[]> {
  return settled(db.transaction(store).objectStore(store).getAll() as IDBRequest<T[]>);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB"));
  });
}
