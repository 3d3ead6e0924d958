// One page of a till's feed (PROTOCOL §7): what it may know, in the order of versions, signed whole.
import { sql } from "kysely";
import {
  decodeFeedChange,
  MAX_FEED_CHANGES,
  signFeedPage,
  type FeedChange,
  type SignedPage,
} from "#protocol/feed.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { Books } from "../books.ts";
import type { EpochState } from "../db/books-tables.ts";
import { ensureKeyset } from "./keyset-change.ts";
import { feedBounds, sequenceFeed } from "./sequencer.ts";
import { ensureSiteKeys } from "./site-keys.ts";
import { ensureVaultSecrets } from "./vault-secrets.ts";

export interface PageRequest {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  /** The version the till has applied, or everything anew. */
  readonly from: number | "full";
  readonly requestHash: Bytes;
  /** Changes a page holds at most. */
  readonly limit?: number;
}

interface Till {
  readonly store_id: Uint8Array;
  readonly vault_key: Uint8Array;
  readonly state: EpochState;
  readonly till_name: string;
  readonly shop_name: string;
  readonly currency: string;
  readonly revoked: boolean;
}

/** The page, or null when there is no such till. */
export async function readFeedPage(books: Books, request: PageRequest): Promise<SignedPage | null> {
  const till = await readTill(books, request);
  if (till === null) return null;
  const { merchant } = request;
  if (till.state === "pending" || till.state === "closed") {
    // Not ours to trust (yet, or any more): its names and its standing, and no version to go on from.
    const shop = {
      type: "shop",
      shopName: till.shop_name,
      tillName: till.till_name,
      currency: till.currency,
    } as const;
    // A pending till hears no «active»: to it that word means the owner compared the digits and said «same».
    const state = { type: "till-state", state: "revoked" } as const;
    const changes = till.state === "closed" || till.revoked ? [shop, state] : [shop];
    return await sign(books, request, { from: 0, to: 0, full: true, changes });
  }
  const secrets = !till.revoked && till.state === "open";
  await ensureKeyset(books, merchant);
  if (secrets) {
    const { till: id, epoch } = request;
    const holder = { merchant, store: till.store_id, till: id, epoch, vaultKey: till.vault_key };
    await ensureSiteKeys(books, holder);
    await ensureVaultSecrets(books, holder);
  }
  await sequenceFeed(books.db, merchant, books.nowMs());
  const { head, base } = await feedBounds(books.db, merchant);
  // A version under the base is of an older lineage: what stood under it may have been lost with the restore.
  const known = typeof request.from === "number" && request.from >= base && request.from <= head;
  const full = !known || request.from === 0;
  await noteApplied(books, request, known ? Number(request.from) : 0);
  const from = full ? 0 : Number(request.from);
  const limit = Math.min(request.limit ?? MAX_FEED_CHANGES, MAX_FEED_CHANGES);
  const rows = await readChanges(books, request, { from, head, full, secrets, limit: limit + 1 });
  const shown = rows.slice(0, limit);
  const to = rows.length > limit ? (shown.at(-1)?.version ?? head) : head;
  const changes = shown.map((row) => decodeFeedChange(row.body)).filter((change) => change !== null);
  return await sign(books, request, { from, to, full, changes });
}

async function sign(
  books: Books,
  request: PageRequest,
  page: { from: number; to: number; full: boolean; changes: readonly FeedChange[] },
): Promise<SignedPage> {
  const { merchant, till, requestHash } = request;
  const serverMs = await books.clock.signedMs();
  const { lineage, answer } = books.instance;
  return await signFeedPage(answer.privateKey, { lineage, merchant, till, ...page, serverMs, requestHash });
}

async function readTill(books: Books, request: PageRequest): Promise<Till | null> {
  const row = await books.db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .innerJoin("control.merchants as m", "m.merchant_id", "e.merchant_id")
    .select(["t.store_id", "e.vault_key", "e.state", "t.name as till_name", "m.name as shop_name"])
    .select(["m.currency", "t.revoked_at_ms"])
    .where("e.merchant_id", "=", request.merchant)
    .where("e.till_id", "=", request.till)
    .where("e.epoch", "=", request.epoch)
    .executeTakeFirst();
  return row === undefined ? null : { ...row, revoked: row.revoked_at_ms !== null };
}

interface Range {
  readonly from: number;
  readonly head: number;
  readonly full: boolean;
  readonly secrets: boolean;
  readonly limit: number;
}

async function readChanges(
  books: Books,
  request: PageRequest,
  range: Range,
): Promise<readonly { readonly version: number; readonly body: Uint8Array }[]> {
  const { merchant, till, epoch } = request;
  const { from, head, full, secrets, limit } = range;
  // A full page leaves out what a later change of the same subject has replaced, and what nobody needs any
  // more.
  const onlyLatest = full
    ? sql`and (f.until_ms is null or f.until_ms > ${books.nowMs()}) and not exists (
        select 1 from books.feed_changes g where g.merchant_id = f.merchant_id and g.subject = f.subject
          and g.version > f.version and g.version <= ${head})`
    : sql``;
  const withheld = secrets
    ? sql``
    : sql`and f.type not in ('code', 'lease', 'site-key', 'secret', 'unlock-key')`;
  const rows = await sql<{ version: number; body: Uint8Array }>`
    select f.version, f.body from books.feed_changes f
    where f.merchant_id = ${merchant} and f.version > ${from} and f.version <= ${head}
      and (f.till_id is null or f.till_id = ${till}) and (f.epoch is null or f.epoch = ${epoch})
      ${onlyLatest} ${withheld}
    order by f.version limit ${limit}`.execute(books.db);
  return rows.rows;
}

/** Who asks from a version has applied it: that is how «the till has it» is known soonest (G11). */
async function noteApplied(books: Books, request: PageRequest, applied: number): Promise<void> {
  await books.db
    .updateTable("books.till_epochs")
    .set({ last_seen_ms: books.nowMs(), feed_version: sql<number>`greatest(feed_version, ${applied})` })
    .where("merchant_id", "=", request.merchant)
    .where("till_id", "=", request.till)
    .where("epoch", "=", request.epoch)
    .execute();
}
