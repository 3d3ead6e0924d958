import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";
import type { ParcelRefusal, ParcelView } from "#protocol/engine-calls.ts";
import { asStream } from "#protocol/export-bytes.ts";
import { MAX_EXPORT_BYTES, readExportHeader } from "#protocol/export-file.ts";
import {
  encodeParcelPiece,
  MAX_PIECE_BYTES,
  openParcelAnswer,
  type ParcelAnswer,
} from "#protocol/export-parcel.ts";
import { shortId } from "#protocol/ids.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { decodeSignedAnswer, hashRequest, NONCE_BYTES, type SignedAnswer } from "#protocol/push.ts";
import { CBOR_TYPE, REQUEST_TIMEOUT_MS, TILL_API } from "#protocol/till-api.ts";
import { ParcelDatabase, parcelDatabaseName, type ParcelRow } from "#storage/parcel-database.ts";
import { isQuotaError, type TillDatabase } from "#storage/till-database.ts";
import type { Surroundings } from "./surroundings.ts";

export interface ParcelParts {
  readonly db: TillDatabase;
  readonly surroundings: Pick<Surroundings, "fetch" | "clockMs" | "randomBytes">;
  readonly keyset: () => Keyset | null;
  /** One round of delivery now: what brings a token when there is none. */
  readonly askServer: () => Promise<void>;
}

/** A carried file is kept so long after the server has signed for it, as an entry of one's own is. */
const KEPT_MS = 30 * 86_400_000;
/** Files at once; more belong in the office. */
const MAX_PARCELS = 20;

/** Takes another till's file and carries it to the server, unopened. */
export class ParcelDesk {
  readonly #parts: ParcelParts;
  #opened: ParcelDatabase | null = null;
  #carrying: Promise<void> | null = null;

  constructor(parts: ParcelParts) {
    this.#parts = parts;
  }

  /** The files taken here, newest first. */
  async list(): Promise<readonly ParcelView[]> {
    const rows = await this.#db().parcels.toArray();
    return rows.toSorted((a, b) => b.takenAtMs - a.takenAtMs).map(viewOf);
  }

  /**
   * Keeps a file of this shop and begins to carry it. The same file twice is one. Refused by name when it is
   * none of ours; whether it opens only the server can say.
   */
  async take(bytes: Bytes): Promise<Result<ParcelView, ParcelRefusal>> {
    if (bytes.length > MAX_EXPORT_BYTES)
      return refused({ code: "export-too-large", maxBytes: MAX_EXPORT_BYTES });
    const identity = await this.#parts.db.enrolled();
    if (identity === null) return refused({ code: "not-enrolled" });
    const header = await readExportHeader(asStream(bytes));
    if (!header.ok) return header;
    const { merchant, till, epoch, first, last } = header.value;
    if (!sameBytes(merchant, identity.merchant)) return refused({ code: "export-other-merchant" });
    const db = this.#db();
    const hash = toHex(await sha256(bytes));
    const known = await db.parcels.get(hash);
    if (known !== undefined && known.state !== "refused") {
      this.#carryOn();
      return accepted(viewOf(known));
    }
    if (known === undefined && (await db.parcels.count()) >= MAX_PARCELS)
      return refused({ code: "too-many-parcels", max: MAX_PARCELS });
    const row: ParcelRow = {
      hash,
      size: bytes.length,
      till,
      epoch,
      first,
      last,
      takenAtMs: this.#parts.surroundings.clockMs(),
      received: 0,
      state: "carrying",
      refusal: "",
      stored: 0,
      alreadyThere: 0,
      setApart: 0,
      receipt: null,
    };
    try {
      await db.transaction("rw", db.parcels, db.pieces, async () => {
        for (let offset = 0; offset < bytes.length; offset += MAX_PIECE_BYTES)
          await db.pieces.put({ hash, offset, bytes: bytes.slice(offset, offset + MAX_PIECE_BYTES) });
        await db.parcels.put(row);
      });
    } catch (cause) {
      if (isQuotaError(cause)) return refused({ code: "storage-full" });
      throw cause;
    }
    this.#carryOn();
    return accepted(viewOf(row));
  }

  /** Goes on with what an earlier start left, and lets go of what was signed for 30 days ago. */
  async resume(nowMs: number): Promise<void> {
    const names = await indexedDB.databases();
    const name = parcelDatabaseName(this.#parts.db.name);
    if (!names.some((database) => database.name === name)) return;
    const db = this.#db();
    for (const row of await db.parcels.toArray()) {
      if (row.receipt === null || nowMs < row.receipt.atMs + KEPT_MS) continue;
      await db.transaction("rw", db.parcels, db.pieces, async () => {
        await db.pieces.where("[hash+offset]").between([row.hash, 0], [row.hash, Infinity]).delete();
        await db.parcels.delete(row.hash);
      });
    }
    await this.carry();
  }

  /** Carries what is not signed for yet; one round at a time. Settles when nothing moves any more. */
  carry(): Promise<void> {
    this.#carrying ??= this.#round().finally(() => {
      this.#carrying = null;
    });
    return this.#carrying;
  }

  #carryOn(): void {
    // Whoever took the file sees in the list how it goes; a database closed meanwhile is met by the next one.
    this.carry().catch(() => undefined);
  }

  async #round(): Promise<void> {
    const open = (await this.#db().parcels.toArray()).filter(
      (row) => row.state === "carrying" || row.state === "waiting",
    );
    for (const row of open) if (!(await this.#carryOne(row))) return;
  }

  /** Sends a file piece by piece from where the server stands; false when no signed answer came. */
  async #carryOne(start: ParcelRow): Promise<boolean> {
    const db = this.#db();
    let row = start;
    // Restored from a backup a server may go back; more requests than twice the file are no progress.
    for (let left = 2 * Math.ceil(row.size / MAX_PIECE_BYTES) + 2; left > 0; left--) {
      // A file that waits is asked about with its last piece.
      const from = Math.min(row.received - (row.received % MAX_PIECE_BYTES), lastOffset(row.size));
      const piece = await db.pieces.get([row.hash, from]);
      if (piece === undefined) return true;
      const told = await this.#send(row, from, piece.bytes);
      if (told === null) return false;
      const isPartial = told.answer.state === "partial";
      const hasMoved = told.answer.received !== row.received;
      row = this.#told(row, told.answer, told.signed);
      await db.parcels.put(row);
      if (!isPartial) return true;
      if (!hasMoved) return false;
    }
    return false;
  }

  #told(row: ParcelRow, answer: ParcelAnswer, signed: SignedAnswer): ParcelRow {
    const { state, received, refusal, stored, alreadyThere, setApart } = answer;
    const atMs = answer.serverMs ?? this.#parts.surroundings.clockMs();
    // Refused is no receipt: the file is still the only copy there is.
    const isSignedFor = state === "done" || state === "waiting";
    return {
      ...row,
      received,
      refusal,
      stored,
      alreadyThere,
      setApart,
      state: state === "partial" ? "carrying" : state,
      receipt: isSignedFor ? { answer: signed.bytes, signature: signed.signature, atMs } : null,
    };
  }

  async #send(
    row: ParcelRow,
    offset: number,
    bytes: Bytes,
  ): Promise<{ readonly answer: ParcelAnswer; readonly signed: SignedAnswer } | null> {
    const { surroundings } = this.#parts;
    const keyset = this.#parts.keyset();
    const nonce = surroundings.randomBytes(NONCE_BYTES);
    const body = encodeParcelPiece({ nonce, fileHash: fromHex(row.hash), size: row.size, offset, bytes });
    const response = (await this.#post(body)) ?? (await this.#postAnew(body));
    const signed = response && decodeSignedAnswer(response);
    if (!signed || !keyset) return null;
    const answer = await openParcelAnswer(keyset, signed, await hashRequest(body));
    return answer && toHex(answer.fileHash) === row.hash ? { answer, signed } : null;
  }

  /** Without a token that is taken, a round of delivery brings one. */
  async #postAnew(body: Bytes): Promise<Bytes | null> {
    await this.#parts.askServer();
    return await this.#post(body);
  }

  async #post(body: Bytes): Promise<Bytes | null> {
    const { surroundings, db } = this.#parts;
    const token = await db.delivery.get("token");
    if (token?.key !== "token" || token.untilMs <= surroundings.clockMs()) return null;
    try {
      const response = await surroundings.fetch(TILL_API.parcel, {
        method: "POST",
        body,
        headers: { "content-type": CBOR_TYPE, authorization: `Bearer ${token.token}` },
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        cache: "no-store",
      });
      return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
    } catch (cause) {
      // A broken line or a time-out: no answer. Anything else is our own bug.
      if (cause instanceof TypeError || cause instanceof DOMException) return null;
      throw cause;
    }
  }

  #db(): ParcelDatabase {
    this.#opened ??= new ParcelDatabase(this.#parts.db.name);
    return this.#opened;
  }
}

function lastOffset(size: number): number {
  return Math.floor((size - 1) / MAX_PIECE_BYTES) * MAX_PIECE_BYTES;
}

function viewOf(row: ParcelRow): ParcelView {
  const { hash, size, epoch, first, last, takenAtMs, received, state, refusal } = row;
  const { stored, alreadyThere, setApart } = row;
  const till = shortId(row.till);
  const counts = { stored, alreadyThere, setApart };
  return { hash, till, epoch, first, last, size, takenAtMs, received, state, refusal, ...counts };
}
