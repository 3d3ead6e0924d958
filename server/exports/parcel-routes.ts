// The two doors of export files: a till carries one piece by piece, the office sends one whole (PROTOCOL
// §12).
import { createHash } from "node:crypto";
import type { Context, Hono } from "hono";
import { sameBytes, toHex } from "#protocol/bytes.ts";
import { MAX_EXPORT_BYTES } from "#protocol/export-file.ts";
import {
  decodeParcelPiece,
  MAX_PIECE_BYTES,
  signParcelAnswer,
  type ParcelAnswer,
  type ParcelPiece,
} from "#protocol/export-parcel.ts";
import { newId, shortId } from "#protocol/ids.ts";
import type { ImportAnswer, ImportProblem, WaitingParcel } from "#protocol/export-office.ts";
import { encodeSignedAnswer, hashRequest } from "#protocol/push.ts";
import { CBOR_TYPE, TILL_API } from "#protocol/till-api.ts";
import { requireMember } from "../accounts/require-member.ts";
import type { Books } from "../books.ts";
import { tillName } from "../codes/claims.ts";
import type { AppEnv } from "../http/env.ts";
import { OFFICE_IMPORT_PATH } from "../http/large-bodies.ts";
import { refuse } from "../http/refusal.ts";
import { bearer } from "../tills/till-routes.ts";
import type { Services } from "../services.ts";
import { importParcel, type ImportOutcome } from "./import-parcel.ts";
import { retryWaiting, tell } from "./waiting-parcels.ts";
import {
  addPiece,
  beginParcel,
  changeParcel,
  dropParcel,
  hashOfPieces,
  parcelIdOf,
  readParcel,
  type Parcel,
  type ParcelKey,
} from "./parcel-store.ts";

/** Files of one shop that are being sent at once: each is a piece of memory. */
const MAX_AT_ONCE = 4;

export function parcelRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const inCharge = requireMember(services, "owner", "manager");
  let underWay = 0;

  app.post(TILL_API.parcel, async (c) => {
    const open = await books();
    const who = await bearer(c, open);
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const piece = decodeParcelPiece(bytes);
    if (piece === null) return refuse(c, 400, { code: "not-a-parcel" });
    const parcel = await takePiece(open, who.merchant, toHex(who.till), piece);
    if (parcel === null) return refuse(c, 429, { code: "too-many-parcels" });
    const answer: ParcelAnswer = {
      lineage: open.instance.lineage,
      merchant: who.merchant,
      fileHash: piece.fileHash,
      received: parcel.received,
      state: parcel.state,
      refusal: parcel.refusal ?? "",
      stored: parcel.stored,
      alreadyThere: parcel.alreadyThere,
      setApart: parcel.setApart,
      serverMs: await open.clock.signedMs(),
      requestHash: await hashRequest(bytes),
    };
    const signed = await signParcelAnswer(open.instance.answer.privateKey, answer);
    return c.body(encodeSignedAnswer(signed), 200, {
      "content-type": CBOR_TYPE,
      "cache-control": "no-store",
    });
  });

  app.post(OFFICE_IMPORT_PATH, inCharge, async (c) => {
    if (underWay >= MAX_AT_ONCE) return refuse(c, 429, { code: "too-many-tries", waitMs: 5000 });
    underWay++;
    try {
      return await takeFile(c, await books());
    } finally {
      underWay--;
    }
  });

  app.get(OFFICE_IMPORT_PATH, inCharge, async (c) => {
    const open = await books();
    const { merchantId } = c.get("member");
    await retryWaiting(open, merchantId);
    return c.json({ rows: await waitingParcels(open, merchantId) });
  });
}

async function takePiece(
  books: Books,
  merchant: Uint8Array,
  by: string,
  piece: ParcelPiece,
): Promise<Parcel | null> {
  const key: ParcelKey = { merchant, id: parcelIdOf(piece.fileHash) };
  const { db } = books;
  const known = await readParcel(db, key);
  const isNew = known === null || (known.state === "refused" && piece.offset === 0);
  const facts = { size: piece.size, hash: piece.fileHash, by, nowMs: books.nowMs() };
  const parcel = isNew ? await beginParcel(db, key, facts) : known;
  if (parcel === null) return null;
  if (parcel.state === "waiting") await importParcel(books, key);
  if (parcel.state !== "partial" || piece.size !== parcel.size) return await readParcel(db, key);
  const received = await addPiece(db, key, piece.offset, piece.bytes);
  if (received === piece.size) await finish(books, key, piece.fileHash, by);
  // Gone when the bytes were not those of the hash: sent again, it begins anew.
  return (await readParcel(db, key)) ?? { ...parcel, received: 0 };
}

async function finish(books: Books, key: ParcelKey, fileHash: Uint8Array, by: string): Promise<void> {
  if (!sameBytes(await hashOfPieces(books.db, key), fileHash)) {
    // Other bytes than were promised: begun again from the first piece.
    await dropParcel(books.db, key);
    return;
  }
  await tell(books, key.merchant, by, await importParcel(books, key));
}

/** The office's file, cut into pieces as it comes: what is in memory is one piece. */
async function takeFile(c: Context<AppEnv>, books: Books): Promise<Response> {
  const { merchantId, userId } = c.get("member");
  const key: ParcelKey = { merchant: merchantId, id: newId() };
  const tooLarge: ImportProblem = { code: "export-too-large", maxBytes: MAX_EXPORT_BYTES };
  if (Number(c.req.header("content-length") ?? "0") > MAX_EXPORT_BYTES) return refuse(c, 413, tooLarge);
  const body = c.req.raw.body;
  const nowMs = books.nowMs();
  const parcel = await beginParcel(books.db, key, { size: 0, hash: null, by: userId, nowMs });
  if (parcel === null) return refuse(c, 429, { code: "too-many-tries", waitMs: 60_000 });
  let isKept = false;
  try {
    const hash = createHash("sha256");
    let size = 0;
    for await (const piece of inPieces(body ?? new ReadableStream<Uint8Array>())) {
      if (size + piece.length > MAX_EXPORT_BYTES) return refuse(c, 413, tooLarge);
      hash.update(piece);
      await addPiece(books.db, key, size, piece);
      size += piece.length;
    }
    await changeParcel(books.db, key, { size, file_hash: new Uint8Array(hash.digest()) });
    isKept = true;
  } finally {
    // Sent half and gone: nothing of it is of use to anybody.
    if (!isKept) await dropParcel(books.db, key);
  }
  const done = await importParcel(books, key);
  await tell(books, merchantId, userId, done);
  return done.ok ? c.json(await answerOf(books, merchantId, done.value)) : refuse(c, 422, done.refusal);
}

async function* inPieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(MAX_PIECE_BYTES);
  let filled = 0;
  for await (const part of body) {
    for (let at = 0; at < part.length;) {
      const some = part.subarray(at, at + piece.length - filled);
      piece.set(some, filled);
      filled += some.length;
      at += some.length;
      if (filled === piece.length) {
        yield piece.slice();
        filled = 0;
      }
    }
  }
  if (filled > 0) yield piece.slice(0, filled);
}

async function answerOf(books: Books, merchant: Uint8Array, done: ImportOutcome): Promise<ImportAnswer> {
  const { header, counts } = done;
  return {
    till: shortId(header.till),
    tillName: await tillName(books.db, merchant, header.till),
    epoch: header.epoch,
    first: header.first,
    last: header.last,
    ...counts,
    waiting: done.kind === "waiting" ? { why: done.why, needSeq: done.needSeq } : null,
  };
}

async function waitingParcels(books: Books, merchant: Uint8Array): Promise<readonly WaitingParcel[]> {
  const rows = await books.db
    .selectFrom("books.parcels as p")
    .leftJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "p.merchant_id").onRef("t.till_id", "=", "p.till_id"),
    )
    .select(["p.till_id", "t.name", "p.epoch", "p.first_seq", "p.last_seq", "p.refusal", "p.begun_at_ms"])
    .where("p.merchant_id", "=", merchant)
    .where("p.state", "=", "waiting")
    .orderBy("p.begun_at_ms")
    .limit(50)
    .execute();
  return rows.map((row) => ({
    till: row.till_id ? shortId(row.till_id) : "",
    tillName: row.name,
    epoch: row.epoch ?? 0,
    first: row.first_seq ?? 0,
    last: row.last_seq ?? 0,
    why: row.refusal ?? "",
    sinceMs: row.begun_at_ms,
  }));
}
