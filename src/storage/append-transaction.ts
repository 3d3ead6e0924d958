import type { HeadRow, JournalRow, SaleRecord, SettingsRow } from "./schema.ts";

/** All that one entry without questions puts on the disk. */
export interface EntryRows {
  readonly journal: JournalRow;
  readonly head: HeadRow;
  readonly mark: Extract<SettingsRow, { readonly key: "mark" }>;
  /** The sale's own row; null for an entry of another kind. */
  readonly sale: SaleRecord | null;
}

/** How an append ended that neither browser nor disk gave up. */
export type AppendEnd =
  | "complete"
  /** Another window wrote meanwhile: nothing of this is on disk. */
  | "head-moved"
  /** The connection is closed: nothing was asked of the disk. */
  | "closed";

/**
 * Puts an entry, and what follows from it, on disk in one strict transaction (PROTOCOL §4, I1, I3). The head
 * is read in the same transaction, before anything is put; where `stands` says no, all of it is taken back.
 * Straight on the connection, because here a customer waits: the requests go out together, and the library's
 * own work for each of them costs a third of the whole commit (`npm run bench -- journal`). Rejects with the
 * transaction's error when browser or disk gave it up.
 */
export function appendRows(
  connection: IDBDatabase,
  rows: EntryRows,
  stands: (present: HeadRow | null) => boolean,
): Promise<AppendEnd> {
  const begun = begin(connection);
  if (begun === null) return Promise.resolve("closed");
  return new Promise((resolve, reject) => {
    let moved = false;
    begun.oncomplete = () => resolve("complete");
    begun.onabort = () => {
      if (moved) resolve("head-moved");
      else reject(begun.error ?? new DOMException("given up", "AbortError"));
    };
    try {
      const head = begun.objectStore("head");
      const reading = head.get("head") as IDBRequest<HeadRow | undefined>;
      reading.onsuccess = () => {
        if (stands(reading.result ?? null)) {
          // Nothing more is asked: the disk need not wait until this thread has heard of every row.
          begun.commit();
          return;
        }
        moved = true;
        begun.abort();
      };
      // `add`, never `put`: an entry that is there is never written over, whatever went wrong before.
      begun.objectStore("journal").add(rows.journal);
      if (rows.sale) begun.objectStore("sales").add(rows.sale);
      head.put(rows.head);
      begun.objectStore("settings").put(rows.mark);
    } catch (cause) {
      // A row that cannot be stored is a bug; the rows before it must not be half a sale.
      begun.abort();
      reject(cause instanceof Error ? cause : new Error("append: not stored", { cause }));
    }
  });
}

const STORES: readonly string[] = ["head", "journal", "sales", "settings"];

function begin(connection: IDBDatabase): IDBTransaction | null {
  try {
    return connection.transaction(STORES, "readwrite", { durability: "strict" });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "InvalidStateError") return null;
    throw cause;
  }
}
