// A PIN made on a till reaches the others: opened here, stored as the operator's next version, sealed to each
// vault. The order of commits decides between two tills.
import { pinSetAad } from "#protocol/aads.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import { openSealed } from "#protocol/sealed.ts";
import { audit } from "../audit.ts";
import { keysOf, wake, type Books } from "../books.ts";
import type { PinsFromTillsTable } from "../db/secret-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { exportPairs } from "../keys/instance.ts";
import { addSecret } from "./secret-store.ts";

const A_BYTES = 32;
/** PINs a round: whoever floods its journal with them keeps nobody else waiting for long. */
const MOST_PINS = 100;

/**
 * Takes in what waits of this merchant, in its order; answers how many became secrets. What does not open, or
 * comes from a till that was stopped or replaced, or is of somebody who is retired, is dropped: the entry
 * that brought it stands in the journal.
 */
export async function takePinsFromTills(books: Books, merchant: Uint8Array): Promise<number> {
  const done = await books.db.transaction().execute(async (tx) => {
    // Two rounds at once would open the same ones; the second finds none.
    const rows = await tx
      .selectFrom("books.pins_from_tills as p")
      .innerJoin("books.tills as t", (join) =>
        join.onRef("t.merchant_id", "=", "p.merchant_id").onRef("t.till_id", "=", "p.till_id"),
      )
      .innerJoin("books.till_epochs as e", (join) =>
        join
          .onRef("e.merchant_id", "=", "p.merchant_id")
          .onRef("e.till_id", "=", "p.till_id")
          .onRef("e.epoch", "=", "p.epoch"),
      )
      .leftJoin("books.operators as o", (join) =>
        join.onRef("o.merchant_id", "=", "p.merchant_id").onRef("o.operator_id", "=", "p.operator_id"),
      )
      .selectAll("p")
      .select(["t.revoked_at_ms", "e.state", "o.active"])
      .where("p.merchant_id", "=", merchant)
      .orderBy("p.n")
      .limit(MOST_PINS)
      .forUpdate("p")
      .execute();
    let taken = 0;
    for (const row of rows) {
      const usable = row.revoked_at_ms === null && row.state === "open" && row.active === true;
      if (usable && (await takeOne(books, tx, row))) taken++;
    }
    // Those just read and no others: what a push has committed since was not looked at.
    const read = rows.map(({ n }) => n);
    if (read.length > 0)
      await tx
        .deleteFrom("books.pins_from_tills")
        .where("merchant_id", "=", merchant)
        .where("n", "in", read)
        .execute();
    return { taken, more: rows.length === MOST_PINS };
  });
  if (done.taken > 0) {
    await publishChanges(books, merchant);
    await wake(books, merchant, "policy");
  }
  return done.taken + (done.more ? await takePinsFromTills(books, merchant) : 0);
}

async function takeOne(
  books: Books,
  tx: DatabaseTransaction,
  row: Omit<PinsFromTillsTable, "merchant_id" | "till_id" | "operator_id" | "salt" | "sealed" | "n"> & {
    readonly merchant_id: Uint8Array;
    readonly till_id: Uint8Array;
    readonly operator_id: Uint8Array;
    readonly salt: Uint8Array;
    readonly sealed: Uint8Array;
  },
): Promise<boolean> {
  const { merchant_id: merchant, till_id: till, epoch, operator_id: operator, version } = row;
  const aad = pinSetAad(till, epoch, operator, version);
  const a = await openWithAny(books, tx, aad, new Uint8Array(row.sealed));
  if (a?.length !== A_BYTES) {
    books.log.warn("pin-from-till-not-opened", { till: shortId(till), epoch, seq: row.seq });
    return false;
  }
  const keys = await keysOf(books, tx, merchant);
  const nowMs = books.nowMs();
  const stored = await addSecret(tx, keys, {
    subjectClass: "operator",
    subject: operator,
    kind: null,
    hashed: { profile: row.profile, salt: new Uint8Array(row.salt), a },
    atLeast: version,
    overlapMs: 0,
    till,
    nowMs,
  });
  const detail = { operator: shortId(operator), till: shortId(till), version: stored };
  await audit(tx, { merchantId: merchant, atMs: nowMs, who: "server", what: "pin-set-at-till", detail });
  return true;
}

/** The keyset may have turned over while the entry was on its way: every export key that stands is tried. */
async function openWithAny(
  books: Books,
  tx: DatabaseTransaction,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  for (const pair of await exportPairs(tx, books.master)) {
    const plain = await openSealed(pair, aad, sealed);
    if (plain !== null) return plain;
  }
  return null;
}
