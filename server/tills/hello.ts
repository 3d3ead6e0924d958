// A till says where it stands and is told where we stand (PROTOCOL §5, §6). What it may and may not do any
// more is said here too; whether it may deliver is never in question.
import { sql } from "kysely";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import type { AnswerDetail, AnswerResult, ReceivedHello } from "#protocol/push.ts";
import type { Books } from "../books.ts";
import { signedEntry, type Verdict } from "../journal/ingest.ts";
import { followLoss } from "../journal/losses.ts";
import { noteClaim } from "./delivery-words.ts";
import { newToken } from "./tokens.ts";

export interface HelloOutcome {
  readonly verdict: Verdict;
  readonly token: string;
}

/** Answers a hello whose challenge is good; null when no till of ours signed it. */
export async function answerHello(books: Books, hello: ReceivedHello): Promise<HelloOutcome | null> {
  const place = await books.db
    .selectFrom("control.till_directory")
    .select("merchant_id")
    .where("till_id", "=", hello.till)
    .executeTakeFirst();
  if (place === undefined) return null;
  const merchant = new Uint8Array(place.merchant_id);
  const row = await books.db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.device_key", "e.head_seq", "e.head_hash", "e.state", "e.closed_reason", "t.revoked_at_ms"])
    .where("e.merchant_id", "=", merchant)
    .where("e.till_id", "=", hello.till)
    .where("e.epoch", "=", hello.epoch)
    .executeTakeFirst();
  if (row === undefined || !(await hello.signedBy(row.device_key))) return null;
  const nowMs = books.nowMs();
  const known = sameBytes(hello.lineage, books.instance.lineage);
  const key = { merchant, till: hello.till, epoch: hello.epoch };
  await books.db.transaction().execute(async (tx) => {
    await tx
      .updateTable("books.till_epochs")
      .set({
        last_seen_ms: nowMs,
        // What was signed for once is claimed for good: a tablet set back says less, and has still sold it.
        claimed_seq: sql<number>`greatest(claimed_seq, ${hello.seq})`,
        claimed_at_ms: nowMs,
        ...(known ? { feed_version: sql<number>`greatest(feed_version, ${hello.feedVersion})` } : {}),
      })
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", hello.till)
      .where("epoch", "=", hello.epoch)
      .execute();
    await noteClaim(tx, key, hello.seq, nowMs);
    // An ended epoch's tablet says how far it went: that may be all that its loss still waited for.
    await followLoss(tx, key);
  });
  if (!known) await noteStrangeLineage(books, merchant, hello);
  const parted = await partedAt(books, merchant, hello, row.head_seq);
  const revoked = row.revoked_at_ms !== null;
  // Stopped by the office before «same» was said: that is what its cashier must hear, not that it was
  // replaced.
  const stopped = revoked && row.closed_reason === "rejected";
  const { result, detail } = standing(stopped ? "pending" : row.state, revoked, parted);
  const { till, epoch } = hello;
  const headHash = new Uint8Array(row.head_hash);
  return {
    verdict: { merchant, till, epoch, seq: row.head_seq, headHash, result, detail },
    token: await newToken(books.tokenKey, { merchant, till, epoch }, nowMs),
  };
}

/**
 * A till follows lineages in order and never back. One that this server never heard of means that the till
 * has followed another server with our keys: a copy that still runs, or one restored since from a newer
 * backup. Nothing is refused for it; the owner is told, once an epoch.
 */
async function noteStrangeLineage(books: Books, merchant: Bytes, hello: ReceivedHello): Promise<void> {
  const past = await books.db
    .selectFrom("control.past_lineages")
    .select("lineage")
    .where("lineage", "=", hello.lineage)
    .executeTakeFirst();
  if (past !== undefined) return;
  const { till, epoch } = hello;
  const found = { merchant_id: merchant, kind: "strange-lineage", till_id: till, epoch, seq: 0 };
  await books.db
    .insertInto("books.findings")
    .values({ ...found, at_ms: books.nowMs() })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

function standing(
  state: string,
  revoked: boolean,
  parted: AnswerDetail | null,
): { readonly result: AnswerResult; readonly detail: AnswerDetail } {
  if (state === "closed") return { result: "closed", detail: { kind: "none" } };
  if (parted !== null) return { result: "fork", detail: parted };
  if (state === "frozen") return { result: "quarantined", detail: { kind: "none" } };
  if (state === "damaged") return { result: "damaged", detail: { kind: "none" } };
  // Revoked before the owner said «same»: nobody will say it any more.
  if (state === "pending" && !revoked) return { result: "ok", detail: { kind: "pending" } };
  return { result: "ok", detail: { kind: revoked ? "revoked" : "none" } };
}

/** Our entry at the till's head, when it is another than the till's own. */
async function partedAt(
  books: Books,
  merchant: Uint8Array,
  hello: ReceivedHello,
  headSeq: number,
): Promise<AnswerDetail | null> {
  if (hello.seq > headSeq) return null;
  const ours = await books.db
    .selectFrom("books.entries")
    .select(["hash", "bytes", "signature"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", hello.till)
    .where("epoch", "=", hello.epoch)
    .where("seq", "=", hello.seq)
    .executeTakeFirst();
  if (ours === undefined || sameBytes(ours.hash, hello.headHash)) return null;
  return { kind: "entry", seq: hello.seq, entry: signedEntry(ours) };
}
