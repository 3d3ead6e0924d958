// What the office does to tills: each an audited change that the tills learn through their feed.
import { accepted, refused, type Result } from "#domain/result.ts";
import type { Bytes } from "#protocol/bytes.ts";
import {
  MAX_TILLS,
  type ActivationAnswer,
  type CompareRequest,
  type OpenActivation,
} from "#protocol/office-api.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import { audit } from "../audit.ts";
import { keysOf, wake, type Books } from "../books.ts";
import { leasesAfterRevoke } from "../codes/leases.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { arrivalsSoFar } from "../journal/server-journal.ts";
import { createActivation, killActivations, openActivationOf } from "../tills/activations.ts";
import { createTill } from "../tills/create-till.ts";
import { closeEpochs, confirmEpoch } from "../tills/epochs.ts";

interface TillFacts {
  readonly till_id: Uint8Array;
  readonly short_id: string;
  readonly name: string;
  readonly revoked_at_ms: number | null;
}

/** A till of this shop by its short id; another shop's is simply not there. */
export async function findTill(
  db: Database,
  merchant: Uint8Array,
  shortId: string,
  lock = false,
): Promise<TillFacts | null> {
  const query = db
    .selectFrom("books.tills")
    .select(["till_id", "short_id", "name", "revoked_at_ms"])
    .where("merchant_id", "=", merchant)
    .where("short_id", "=", shortId);
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null;
}

/** Adds a till that no tablet is yet. */
export async function addTill(
  books: Books,
  by: IssueFor,
  name: string,
): Promise<Result<Bytes, { readonly code: "too-many-tills"; readonly max: number }>> {
  const { merchant, userId } = by;
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    // Locked, so that two requests at once do not both find room for one more.
    const store = await tx
      .selectFrom("books.stores")
      .select("store_id")
      .where("merchant_id", "=", merchant)
      .orderBy("store_id")
      .forUpdate()
      .executeTakeFirstOrThrow();
    const tills = await tx
      .selectFrom("books.tills")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("merchant_id", "=", merchant)
      .where("revoked_at_ms", "is", null)
      .executeTakeFirstOrThrow();
    if (tills.count >= MAX_TILLS) return refused({ code: "too-many-tills", max: MAX_TILLS });
    const till = await createTill(tx, { merchant, store: store.store_id, name, nowMs });
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "till-added", detail: { name } });
    return accepted(till);
  });
}

/** The till's code that waits for a tablet; null when none does. */
export async function readActivation(
  books: Books,
  merchant: Bytes,
  shortId: string,
): Promise<Result<OpenActivation | null, { readonly code: "not-found" }>> {
  const till = await findTill(books.db, merchant, shortId);
  if (till === null) return refused({ code: "not-found" });
  const keys = await keysOf(books, books.db, merchant);
  const shopName = await shopNameOf(books.db, merchant);
  const wanted = { till: till.till_id, tillName: till.name, shopName };
  return accepted(await openActivationOf(books, books.db, keys, wanted, books.nowMs()));
}

async function shopNameOf(db: Database, merchant: Bytes): Promise<string> {
  const { name } = await db
    .selectFrom("control.merchants")
    .select("name")
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  return name;
}

/**
 * A fresh activation code; older ones of the till are dead with it. `reason`: what becomes of the till's
 * present epoch when the code is used (PROTOCOL §6).
 */
export async function activateTill(
  books: Books,
  by: IssueFor,
  shortId: string,
  reason: RenewalReason | null,
): Promise<Result<ActivationAnswer, { readonly code: "not-found" | "till-revoked" }>> {
  const { merchant, userId } = by;
  const keys = await keysOf(books, books.db, merchant);
  return await books.db.transaction().execute(async (tx) => {
    const till = await findTill(tx, merchant, shortId, true);
    if (till === null) return refused({ code: "not-found" });
    if (till.revoked_at_ms !== null) return refused({ code: "till-revoked" });
    const nowMs = books.nowMs();
    const shopName = await shopNameOf(tx, merchant);
    const wanted = { till: till.till_id, tillName: till.name, shopName, reason };
    const activation = await createActivation(books, tx, keys, wanted, nowMs);
    const detail = { till: shortId, ...(reason !== null && { reason }) };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "activation-created", detail });
    return accepted(activation);
  });
}

/**
 * The owner has compared the six digits. «Not same»: the tablet is somebody else's, and what it sends is set
 * apart.
 */
export async function compareTill(
  books: Books,
  by: IssueFor,
  shortId: string,
  { same, epoch }: CompareRequest,
): Promise<Result<Bytes, { readonly code: "not-found" | "till-revoked" }>> {
  const { merchant, userId } = by;
  const done = await books.db.transaction().execute(async (tx) => {
    const till = await findTill(tx, merchant, shortId, true);
    if (till === null) return refused({ code: "not-found" } as const);
    if (till.revoked_at_ms !== null) return refused({ code: "till-revoked" } as const);
    const nowMs = books.nowMs();
    const pending = await tx
      .selectFrom("books.till_epochs")
      .select("epoch")
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till.till_id)
      .where("state", "=", "pending")
      .executeTakeFirst();
    // Said twice, nothing to compare, or of a tablet whose place another has taken: the row that is answered
    // says how it stands.
    if (pending === undefined || (epoch !== undefined && epoch !== pending.epoch))
      return accepted(new Uint8Array(till.till_id));
    if (same) await confirmEpoch(tx, merchant, till.till_id, pending.epoch, nowMs);
    else await closeEpochs(tx, merchant, till.till_id, ["pending"], "rejected", nowMs);
    const what = same ? "till-confirmed" : "till-rejected";
    const detail = { till: shortId, epoch: pending.epoch };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what, detail });
    return accepted(new Uint8Array(till.till_id));
  });
  await tell(books, merchant);
  return done;
}

/**
 * Codes and secrets of the till end; cash and delivery go on (PROTOCOL §10). Doing it twice is doing it once.
 */
export async function revokeTill(
  books: Books,
  by: IssueFor,
  shortId: string,
): Promise<Result<Bytes, { readonly code: "not-found" }>> {
  const { merchant, userId } = by;
  const done = await books.db.transaction().execute(async (tx) => {
    const till = await findTill(tx, merchant, shortId, true);
    if (till === null) return refused({ code: "not-found" } as const);
    if (till.revoked_at_ms === null) await revoke(books, tx, merchant, userId, till);
    return accepted(new Uint8Array(till.till_id));
  });
  await tell(books, merchant);
  return done;
}

async function revoke(
  books: Books,
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  userId: string,
  till: TillFacts,
): Promise<void> {
  const nowMs = books.nowMs();
  await leasesAfterRevoke(tx, merchant, till.till_id, nowMs);
  // Nobody will say «same» any more: what the tablet sold is the owner's to decide about.
  await closeEpochs(tx, merchant, till.till_id, ["pending"], "rejected", nowMs);
  const revoked_arrival = await arrivalsSoFar(tx, merchant);
  await tx
    .updateTable("books.tills")
    .set({ revoked_at_ms: nowMs, revoked_arrival })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till.till_id)
    .execute();
  await killActivations(tx, merchant, till.till_id);
  const change = { type: "till-state", state: "revoked" } as const;
  await writeChange(tx, merchant, { till: till.till_id }, change, nowMs);
  const detail = { till: till.short_id };
  await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "till-revoked", detail });
}

async function tell(books: Books, merchant: Uint8Array): Promise<void> {
  await publishChanges(books, merchant);
  await wake(books, merchant, "till", "sale");
}
