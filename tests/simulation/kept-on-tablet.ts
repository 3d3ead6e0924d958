import { Mirror, type MirrorFile } from "#engine/mirror.ts";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry, hashEntry } from "#protocol/entry.ts";
import { decodeAnswer } from "#protocol/push.ts";
import type { CarriedReceiptRow, CarriedRow, IdentityRow, JournalRow, ReceiptRow } from "#storage/schema.ts";
import { rowsOf } from "./memory-disk.ts";
import type { Office } from "./office.ts";

// What lies on a tablet, read from beneath: entries of all its lives, and what the server has signed for.

/** An entry as it lies on a tablet, of whichever till and epoch. */
export interface KeptRow {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
  readonly seq: number;
  readonly kind: string;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly hash: Bytes;
}

/** A till and its epoch, as one name. */
export function lifeOf(of: { readonly till: string; readonly epoch: number }): string {
  return `${of.till}:${of.epoch}`;
}

/** An entry's place, whoever has it. */
export function keyOf(of: Pick<KeptRow, "till" | "epoch" | "seq">): string {
  return `${lifeOf(of)}:${of.seq}`;
}

/** Whose till a tablet is, by its disk; null: nobody's. */
export function identityOn(databaseName: string): IdentityRow | null {
  const rows = rowsOf<{ readonly key: string }>(databaseName, "identity");
  return (rows.find(({ key }) => key === "till") as IdentityRow | undefined) ?? null;
}

/** All entries in the tables, the journal's own and the carried ones. */
export function entriesOn(databaseName: string): readonly KeptRow[] {
  const identity = identityOn(databaseName);
  const till = identity && toHex(identity.till);
  const own = rowsOf<JournalRow>(databaseName, "journal").map((row) => ({ ...row, till: till ?? "" }));
  return [...own, ...rowsOf<CarriedRow>(databaseName, "carried")];
}

/** All entries in the second copy, in the order written. */
export async function entriesInCopy(bytes: Uint8Array): Promise<readonly KeptRow[]> {
  const { entries } = await new Mirror(readOnly(bytes)).read();
  return Promise.all(
    entries.flatMap(({ bytes: signed, signature }) => {
      const entry = decodeEntry(signed);
      if (!entry || entry.till === "server") return [];
      const { epoch, seq, kind } = entry;
      const row = { till: toHex(entry.till), epoch, seq, kind, bytes: signed, signature };
      return [hashEntry(signed).then((hash) => ({ ...row, hash }))];
    }),
  );
}

function readOnly(bytes: Uint8Array): MirrorFile {
  const never = (): Promise<never> => Promise.reject(new Error("simulation: whoever looks writes nothing"));
  return { append: never, truncate: never, readAll: async () => bytes.slice() };
}

/** The server's words about a tablet's entries, as they came to lie on its disk. */
export class ReceiptsSeen {
  /** The highest seq that the present server has signed for, by till and epoch. */
  readonly highest = new Map<string, number>();
  /** A receipt was there before the server had the entry. */
  early: string | null = null;
  /** All of them, of past lineages too, with the server's time. */
  readonly #signed = new Map<string, { readonly seq: number; readonly serverMs: number }[]>();

  /** Looks whether the server has what they say, at this very moment. `own`: the till it is now. */
  async note(databaseName: string, own: string, office: Office): Promise<void> {
    const receipts = rowsOf<ReceiptRow>(databaseName, "receipts").map((row) => ({ ...row, till: own }));
    const carried = rowsOf<CarriedReceiptRow>(databaseName, "carriedReceipts");
    for (const row of [...receipts, ...carried]) {
      const { seq, answer } = row;
      const life = lifeOf(row);
      if (seq <= (this.highest.get(life) ?? -1)) continue;
      // What a server signed before it was restored speaks of a past that it has forgotten.
      const said = decodeAnswer(answer);
      if (said === null || toHex(said.lineage) !== office.lineage) continue;
      this.highest.set(life, seq);
      const signed = this.#signed.get(life) ?? [];
      this.#signed.set(life, [...signed, { seq, serverMs: said.serverMs ?? Infinity }]);
      if (seq > (await office.headSeq(row.till, row.epoch))) this.early ??= keyOf(row);
    }
  }

  /** Has the present server signed for this entry? */
  covers(entry: Pick<KeptRow, "till" | "epoch" | "seq">): boolean {
    return entry.seq <= (this.highest.get(lifeOf(entry)) ?? -1);
  }

  /** Had it signed for this entry by that time, in whichever lineage? */
  signedBy(entry: Pick<KeptRow, "till" | "epoch" | "seq">, byMs: number): boolean {
    const signed = this.#signed.get(lifeOf(entry)) ?? [];
    return signed.some(({ seq, serverMs }) => seq >= entry.seq && serverMs <= byMs);
  }

  /** The server went back to a backup: nothing counts until it has signed for it again. */
  forget(): void {
    this.highest.clear();
  }
}
