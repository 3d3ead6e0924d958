import { Ledger } from "#engine/ledger.ts";
import { TillTime } from "#engine/till-time.ts";
import { AttemptBook } from "#engine/vault/attempt-book.ts";
import { randomBytes } from "#protocol/bytes.ts";
import { TillDatabase } from "#storage/till-database.ts";
import type { BenchTill } from "../engine/bench-till.ts";

/**
 * The book of tries as one more window of this till would open it, with a journal and a connection of its
 * own; `monotonicMs` is that window's.
 */
export async function bookOfAnotherWindow(till: BenchTill, monotonicMs: () => number): Promise<AttemptBook> {
  const db = new TillDatabase(till.databaseName);
  const identity = await db.enrolled();
  if (!identity) throw new Error("not enrolled");
  const surroundings = {
    clockMs: () => Math.floor(till.world.ms),
    monotonicMs,
    randomBytes,
    fetch: () => Promise.reject(new TypeError("no network here")),
    build: "0.1.0+attack",
  };
  const ledger = new Ledger(db, identity, await TillTime.open(db, surroundings), null, surroundings);
  return new AttemptBook(db, ledger, monotonicMs);
}
