import type { Bytes } from "#protocol/bytes.ts";
import { Dexie, type Table } from "dexie";

/**
 * Files of other tills that this tablet carries to the server as they are (PROTOCOL §12). A database of its
 * own: 30 MB of somebody else's file must never stand between a sale and its commit, and the till's own books
 * are as safe without it.
 */
export class ParcelDatabase extends Dexie {
  declare parcels: Table<ParcelRow, string>;
  declare pieces: Table<PieceRow, [string, number]>;

  constructor(tillDatabaseName: string) {
    super(parcelDatabaseName(tillDatabaseName), {
      chromeTransactionDurability: "strict",
      cache: "disabled",
    });
    this.version(1).stores({ parcels: "hash", pieces: "[hash+offset]" });
  }
}

export function parcelDatabaseName(tillDatabaseName: string): string {
  return `${tillDatabaseName}-parcels`;
}

export interface ParcelRow {
  /** SHA-256 of the file, hex. */
  readonly hash: string;
  readonly size: number;
  /** Of the till whose entries are inside, and which they are: from the file's clear header. */
  readonly till: Bytes;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly takenAtMs: number;
  /** How much of it the server has, as it said last. */
  readonly received: number;
  /** `carrying` until the server has signed for the whole of it. */
  readonly state: "carrying" | "done" | "waiting" | "refused";
  readonly refusal: string;
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
  /** The server's signed answer to the whole, and when it came; null while it is carried. */
  readonly receipt: { readonly answer: Bytes; readonly signature: Bytes; readonly atMs: number } | null;
}

export interface PieceRow {
  readonly hash: string;
  readonly offset: number;
  readonly bytes: Bytes;
}
