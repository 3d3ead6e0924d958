// Sealed export files on their way in, kept piece by piece in the database: no process ever holds a whole
// file, and what a server that stops had of one is there when it starts again.
import { createHash } from "node:crypto";
import type { Database } from "../db/tables.ts";
import type { ParcelsTable } from "../db/parcel-tables.ts";

export interface ParcelKey {
  readonly merchant: Uint8Array;
  /** 16 bytes: the beginning of the file's hash, or chance when the hash is not known yet. */
  readonly id: Uint8Array;
}

/** How a parcel stands. */
export interface Parcel {
  readonly state: ParcelsTable["state"];
  readonly size: number;
  readonly received: number;
  readonly refusal: string | null;
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
}

/** Unfinished parcels of one shop: what a broken or hostile till may leave lying here. */
export const MAX_UNFINISHED = 20;
/** What was begun and not finished is let go after this long. */
const FORGOTTEN_MS = 7 * 86_400_000;

export async function readParcel(db: Database, key: ParcelKey): Promise<Parcel | null> {
  const row = await db
    .selectFrom("books.parcels")
    .selectAll()
    .where("merchant_id", "=", key.merchant)
    .where("parcel_id", "=", key.id)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { state, size, received, refusal, stored } = row;
  return { state, size, received, refusal, stored, alreadyThere: row.already_there, setApart: row.set_apart };
}

/**
 * Begins a parcel, or begins one again that was refused; `null` when the shop has too many unfinished ones.
 * `size` 0: not known before the end.
 */
export async function beginParcel(
  db: Database,
  key: ParcelKey,
  facts: {
    readonly size: number;
    readonly hash: Uint8Array | null;
    readonly by: string;
    readonly nowMs: number;
  },
): Promise<Parcel | null> {
  const { size, hash, by, nowMs } = facts;
  const done = await db.transaction().execute(async (tx) => {
    // One at a time for a shop: two beginnings at once must not both find the last free place.
    await tx
      .selectFrom("control.merchants")
      .select("merchant_id")
      .where("merchant_id", "=", key.merchant)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const forgotten = await tx
      .deleteFrom("books.parcels")
      .where("merchant_id", "=", key.merchant)
      .where("state", "=", "partial")
      .where("begun_at_ms", "<", nowMs - FORGOTTEN_MS)
      .returning("parcel_id")
      .execute();
    for (const row of forgotten)
      await dropPieces(tx, { merchant: key.merchant, id: new Uint8Array(row.parcel_id) });
    const { count } = await tx
      .selectFrom("books.parcels")
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .where("merchant_id", "=", key.merchant)
      .where("state", "not in", ["done", "refused"])
      .executeTakeFirstOrThrow();
    if (count >= MAX_UNFINISHED) return false;
    await tx
      .insertInto("books.parcels")
      .values({
        merchant_id: key.merchant,
        parcel_id: key.id,
        file_hash: hash,
        size,
        state: "partial",
        refusal: null,
        till_id: null,
        epoch: null,
        first_seq: null,
        last_seq: null,
        carried_by: by,
        begun_at_ms: nowMs,
        done_at_ms: null,
      })
      // Refused once, it may open now: keys come back with a restore.
      .onConflict((conflict) =>
        conflict
          .columns(["merchant_id", "parcel_id"])
          .doUpdateSet({ state: "partial", received: 0, refusal: null, begun_at_ms: nowMs })
          .where("books.parcels.state", "=", "refused"),
      )
      .execute();
    return true;
  });
  return done ? await readParcel(db, key) : null;
}

/** Adds the bytes that follow what is there; answers how much is there now. Anything else changes nothing. */
export async function addPiece(
  db: Database,
  key: ParcelKey,
  offset: number,
  bytes: Uint8Array,
): Promise<number> {
  return await db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom("books.parcels")
      .select(["received", "state"])
      .where("merchant_id", "=", key.merchant)
      .where("parcel_id", "=", key.id)
      .forUpdate()
      .executeTakeFirstOrThrow();
    if (row.received !== offset || row.state !== "partial") return row.received;
    await tx
      .insertInto("books.parcel_pieces")
      .values({ merchant_id: key.merchant, parcel_id: key.id, at: offset, bytes })
      .execute();
    await tx
      .updateTable("books.parcels")
      .set({ received: offset + bytes.length })
      .where("merchant_id", "=", key.merchant)
      .where("parcel_id", "=", key.id)
      .execute();
    return offset + bytes.length;
  });
}

/** The file's bytes in order, one piece in memory at a time. */
export async function* pieces(db: Database, key: ParcelKey): AsyncGenerator<Uint8Array> {
  for (let at = 0; ;) {
    const row = await db
      .selectFrom("books.parcel_pieces")
      .select("bytes")
      .where("merchant_id", "=", key.merchant)
      .where("parcel_id", "=", key.id)
      .where("at", "=", at)
      .executeTakeFirst();
    if (row === undefined) return;
    yield row.bytes;
    at += row.bytes.length;
  }
}

/** Lets the sealed bytes go: read and stored, or of no use to anybody here. */
export async function dropPieces(db: Database, key: ParcelKey): Promise<void> {
  await db
    .deleteFrom("books.parcel_pieces")
    .where("merchant_id", "=", key.merchant)
    .where("parcel_id", "=", key.id)
    .execute();
}

/** Takes it off the list altogether: its sender went away before the end. */
export async function dropParcel(db: Database, key: ParcelKey): Promise<void> {
  await dropPieces(db, key);
  await db
    .deleteFrom("books.parcels")
    .where("merchant_id", "=", key.merchant)
    .where("parcel_id", "=", key.id)
    .where("state", "=", "partial")
    .execute();
}

export type ParcelChange = Partial<{
  state: ParcelsTable["state"];
  size: number;
  file_hash: Uint8Array;
  refusal: string | null;
  till_id: Uint8Array;
  epoch: number;
  first_seq: number;
  last_seq: number;
  stored: number;
  already_there: number;
  set_apart: number;
  done_at_ms: number;
}>;

export async function changeParcel(db: Database, key: ParcelKey, change: ParcelChange): Promise<void> {
  await db
    .updateTable("books.parcels")
    .set(change)
    .where("merchant_id", "=", key.merchant)
    .where("parcel_id", "=", key.id)
    .execute();
}

/** Is what is there the file whose hash was promised? Reads it once. */
export async function hashOfPieces(db: Database, key: ParcelKey): Promise<Uint8Array> {
  const hash = createHash("sha256");
  for await (const piece of pieces(db, key)) hash.update(piece);
  return new Uint8Array(hash.digest());
}

/** A parcel's id from its file's hash. */
export function parcelIdOf(fileHash: Uint8Array): Uint8Array {
  return fileHash.slice(0, 16);
}
