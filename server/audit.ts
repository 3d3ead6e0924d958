// The record of who did what in the office and on the server: only ever added to.
import type { Database } from "./db/tables.ts";

export interface AuditEvent {
  /** Null for events of the whole installation. */
  readonly merchantId: Uint8Array | null;
  readonly atMs: number;
  /** User id, or `server`. */
  readonly who: string;
  /** Kebab-case, past tense: `code-issued`, `sign-in-refused`. Texts for people are kept by it. */
  readonly what: string;
  /** Ids, counts and states. Never a secret, a whole code or a password. */
  readonly detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Writes one event. Pass the transaction that does the deed, so that neither stands without the other. */
export async function audit(db: Database, event: AuditEvent): Promise<void> {
  await db
    .insertInto("control.audit_log")
    .values({
      merchant_id: event.merchantId,
      at_ms: event.atMs,
      who: event.who,
      what: event.what,
      detail: JSON.stringify(event.detail ?? {}),
    })
    .execute();
}
