// Two sets of books in one browser: the till's own, written by its engine, and raw IndexedDB with the same
// rows in the same stores. They take turns, sale by sale.
import { expose } from "comlink";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import type { HeadRow, JournalRow, SaleRecord, SettingsRow } from "#storage/schema.ts";
import { TillDatabase } from "#storage/till-database.ts";
import { MeasuredTill } from "./measured-till.ts";
import { countSales, getRow, openRaw, putOne, putPast, putSale, type SaleRows } from "./raw-books.ts";

const OURS = "guitai";
const THEIRS = "raw";
const AMOUNT_MINOR = 1250;
/** Rows laid down in one transaction: more of them at once only fill the memory. */
const PAST_SALES = 2000;
/** An epoch no till is in: single rows find their place beside the others. */
const OTHER_EPOCH = 2;

/** Milliseconds of each round, by what was waited for. */
export interface RoundTimes {
  /** From the command to the transaction's `complete`. */
  readonly commit: number[];
  /** From the command to the view that says «paid». */
  readonly shown: number[];
  /** From the command to its answer: second copy and view included. */
  readonly command: number[];
  readonly raw: number[];
  readonly rawPut: number[];
}

let till: MeasuredTill | null = null;
let theirs: IDBDatabase | null = null;
let completedAt = 0;
let shownAt = 0;
let singles = 0;
let lastRaw: SaleRows | null = null;

// When a commit is on disk only the transaction itself knows: it is heard here, whatever wrote it.
// oxlint-disable-next-line typescript/unbound-method -- always applied to the database it is called on
const { transaction } = IDBDatabase.prototype;
IDBDatabase.prototype.transaction = function heard(...given: Parameters<typeof transaction>): IDBTransaction {
  const begun = transaction.apply(this, given);
  if (this.name === OURS && given[1] === "readwrite") {
    begun.addEventListener("complete", () => (completedAt = performance.now()));
  }
  return begun;
};

function open(): { readonly till: MeasuredTill; readonly theirs: IDBDatabase } {
  if (!till || !theirs) throw new Error("the books are not open");
  return { till, theirs };
}

/** The rows of the sale before, made over into those of the next one. */
function nextRows(before: SaleRows): SaleRows {
  const seq = before.head.seq + 1;
  // Random where an entry is: hashes and ids do not compress either. One draw for all, or laying down the
  // past would take longer than what is measured.
  const random = randomBytes(212);
  const bytes = before.journal.bytes.slice();
  bytes.set(random.subarray(0, Math.min(100, bytes.length)));
  const hash = random.slice(100, 132);
  const runningCount = before.head.runningCount + 1;
  const runningMinor = before.head.runningMinor + AMOUNT_MINOR;
  return {
    journal: { ...before.journal, seq, bytes, signature: random.slice(132, 196), hash },
    sale: {
      ...before.sale,
      id: toHex(random.subarray(196)),
      seq,
      headHex: toHex(hash).slice(0, 8),
      runningCount,
      runningMinor,
    },
    head: { ...before.head, seq, hash, runningCount, runningMinor },
    mark: before.mark,
  };
}

async function newestRows(db: IDBDatabase): Promise<SaleRows> {
  const head = await getRow<HeadRow>(db, "head", "head");
  const key = [head.epoch, head.seq];
  const journal = await getRow<JournalRow>(db, "journal", key);
  const sale = await new Promise<SaleRecord>((resolve, reject) => {
    const request = db.transaction("sales").objectStore("sales").index("[epoch+seq]").get(key);
    request.onsuccess = () => resolve(request.result as SaleRecord);
    request.onerror = () => reject(request.error ?? new Error("indexedDB request"));
  });
  return { journal, sale, head, mark: await getRow<SettingsRow>(db, "settings", "mark") };
}

async function growTo(db: IDBDatabase, sales: number, newest: SaleRows): Promise<SaleRows> {
  let last = newest;
  for (let missing = sales - (await countSales(db)); missing > 0; missing -= PAST_SALES) {
    const past: SaleRows[] = [];
    for (let i = 0; i < Math.min(missing, PAST_SALES); i++) past.push((last = nextRows(last)));
    await putPast(db, past);
  }
  return last;
}

async function sell(engine: MeasuredTill["engine"]): Promise<{ answeredAt: number; startedAt: number }> {
  await engine.charge(AMOUNT_MINOR);
  const startedAt = performance.now();
  const taken = await engine.takeCash(AMOUNT_MINOR);
  const answeredAt = performance.now();
  if (!taken.ok) throw new Error(`not sold: ${taken.refusal.code}`);
  return { startedAt, answeredAt };
}

/** Everything in flight has come to rest, and nobody's turn pays for the one before it. */
const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 2));

async function median(rounds: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await work();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

const books = {
  /** Enrols the till, sells once, and gives the other books the same rows. */
  async open(): Promise<void> {
    till = await MeasuredTill.ready(OURS);
    await sell(till.engine);
    const schema = new TillDatabase(THEIRS);
    await schema.open();
    schema.close();
    theirs = await openRaw(THEIRS);
    const ours = await openRaw(OURS);
    lastRaw = await newestRows(ours);
    ours.close();
    await putSale(theirs, lastRaw);
  },

  /** Lays down sales until both hold so many; the till is started anew on what it then has. */
  async growTo(sales: number): Promise<void> {
    const now = open();
    now.till.kill();
    const ours = await openRaw(OURS);
    await growTo(ours, sales, await newestRows(ours));
    ours.close();
    if (lastRaw) lastRaw = await growTo(now.theirs, sales, lastRaw);
    await now.till.start();
    await now.till.signIn();
    await now.till.engine.watch((view) => {
      if (view.sale?.paid) shownAt = performance.now();
    });
  },

  /** So many sales of each, in turn. */
  async race(rounds: number): Promise<RoundTimes> {
    const now = open();
    const times: RoundTimes = { commit: [], shown: [], command: [], raw: [], rawPut: [] };
    const ours = async (): Promise<void> => {
      const { startedAt, answeredAt } = await sell(now.till.engine);
      times.commit.push(completedAt - startedAt);
      times.shown.push(shownAt - startedAt);
      times.command.push(answeredAt - startedAt);
      await now.till.engine.nextSale();
    };
    const raw = async (): Promise<void> => {
      if (!lastRaw) throw new Error("the books are not open");
      lastRaw = nextRows(lastRaw);
      const startedAt = performance.now();
      await putSale(now.theirs, lastRaw);
      times.raw.push(performance.now() - startedAt);
    };
    const single = async (): Promise<void> => {
      if (!lastRaw) throw new Error("the books are not open");
      const row = { ...lastRaw.journal, epoch: OTHER_EPOCH, seq: ++singles };
      const startedAt = performance.now();
      await putOne(now.theirs, row);
      times.rawPut.push(performance.now() - startedAt);
    };
    const turns = [ours, raw, single];
    for (let round = 0; round < rounds; round++) {
      // Each comes first, second and third equally often: what one leaves to be done falls on all.
      for (const offset of turns.keys()) {
        await turns[(round + offset) % turns.length]?.();
        await pause();
      }
    }
    return times;
  },

  /** Milliseconds, in the middle of so many tries, that the till's lists take. */
  async lists(rounds: number): Promise<{ readonly newest50: number; readonly view: number }> {
    const { engine } = open().till;
    return {
      newest50: await median(rounds, () => engine.sales({ before: null, limit: 50 })),
      view: await median(rounds, () => engine.pageFacts({ onLine: true, persisted: true, freeBytes: null })),
    };
  },
};

export type MeasuredBooks = typeof books;

expose(books);
