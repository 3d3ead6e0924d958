// Tries and what came of them, read past the engine: straight from IndexedDB, in the page's own origin.
import type { Page } from "playwright-core";
import { fromHex } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { readTill } from "./till-as-read.ts";
import type { Tries } from "./vault-judge.ts";

export interface VaultAsRead {
  readonly headSeq: number;
  /** Every row of the table of tries. */
  readonly tries: Readonly<Record<string, number>>;
  /** Ids of the shop's operators, hex. */
  readonly operators: readonly string[];
  /** Ctis of spent codes, hex. */
  readonly spent: readonly string[];
  /** Ctis of codes this till holds the lease of, hex. */
  readonly leases: readonly string[];
}

/** Tries of a subject and of the device for its kind. */
export function triesOf(read: VaultAsRead, subjectClass: "operator" | "code", subject: string): Tries {
  return {
    own: read.tries[`${subjectClass}:${subject}`] ?? 0,
    device: read.tries[`device:${subjectClass}`] ?? 0,
  };
}

/** Throws when there is no till in the database. */
export async function readVault(page: Page): Promise<VaultAsRead> {
  const till = await readTill(page, Number.MAX_SAFE_INTEGER - 1);
  if (!till) throw new Error("the till's database is empty");
  return { headSeq: till.headSeq, leases: till.leases, ...(await page.evaluate(readInPage)) };
}

/** What was entered after `seq`, in order. */
export async function bodiesAfter(page: Page, seq: number): Promise<readonly TillBody[]> {
  const till = await readTill(page, seq);
  return (till?.entries ?? []).map(({ kind, bytes }) => {
    const entry = decodeEntry(fromHex(bytes));
    const body = entry && decodeTillBody(entry.kind, entry.body);
    if (!body) throw new Error(`an entry (${kind}) does not read back`);
    return body;
  });
}

/** Handed to the page as text: names nothing outside itself. */
async function readInPage(): Promise<Omit<VaultAsRead, "headSeq" | "leases">> {
  const settled = <T>(asked: IDBRequest<T>): Promise<T> =>
    new Promise((done, failed) => {
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error ?? new Error("indexedDB"));
    });
  const db = await settled(indexedDB.open("guitai"));
  db.onversionchange = () => db.close();
  const transaction = db.transaction(["attempts", "operators", "spent"]);
  const rows = <T>(name: string): Promise<T[]> =>
    settled(transaction.objectStore(name).getAll() as IDBRequest<T[]>);
  const [tries, operators, spent] = await Promise.all([
    rows<{ key: string; count: number }>("attempts"),
    rows<{ id: string }>("operators"),
    rows<{ cti: string }>("spent"),
  ]);
  db.close();
  return {
    tries: Object.fromEntries(tries.map(({ key, count }) => [key, count])),
    operators: operators.map(({ id }) => id),
    spent: spent.map(({ cti }) => cti),
  };
}
