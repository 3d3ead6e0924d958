import { accepted, refused, type Result } from "#domain/result.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { CodeState } from "#protocol/office-api.ts";
import { audit } from "../audit.ts";
import { wake, type Books } from "../books.ts";
import { everyTill, TOLD_AFTER_EXPIRY_MS, writeChange } from "../feed/changes.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { appendServerEntries } from "../journal/server-journal.ts";
import type { IssueFor } from "./issue-code.ts";

export type RevokeRefusal =
  | { readonly code: "not-found" }
  | { readonly code: "code-not-open"; readonly state: CodeState };

type Stopped = RevokeRefusal | { readonly code: "revoked-already" };

/**
 * Takes a code back: its value is free again, and every till that could take it is told. Doing it twice is
 * doing it once. A spent or expired code has nothing to take back (`code-not-open`).
 */
export async function revokeCode(
  books: Books,
  by: IssueFor,
  cti: Bytes,
): Promise<Result<null, RevokeRefusal>> {
  const { merchant, userId } = by;
  const code = await books.db
    .selectFrom("books.codes")
    .select("amount_minor")
    .where("merchant_id", "=", merchant)
    .where("cti", "=", cti)
    .executeTakeFirst();
  if (code === undefined) return refused({ code: "not-found" });
  const said = { kind: "code-revoked", cti, amountMinor: code.amount_minor } as const;
  const done = await appendServerEntries<null, Stopped>(books, merchant, [said], async (tx) => {
    // The lock that a push takes before it claims: a code is spent or revoked, and everybody agrees which was
    // first.
    const row = await tx
      .selectFrom("books.codes")
      .select(["revoked_at_ms", "expires_at_ms", "only_till"])
      .where("merchant_id", "=", merchant)
      .where("cti", "=", cti)
      .forUpdate()
      .executeTakeFirstOrThrow();
    const nowMs = books.nowMs();
    const claim = await tx
      .selectFrom("books.code_claims")
      .select("seq")
      .where("merchant_id", "=", merchant)
      .where("cti", "=", cti)
      .executeTakeFirst();
    if (claim !== undefined) return refused({ code: "code-not-open", state: "spent" });
    if (row.revoked_at_ms !== null) return refused({ code: "revoked-already" });
    if (nowMs >= row.expires_at_ms) return refused({ code: "code-not-open", state: "expired" });
    await tx
      .updateTable("books.codes")
      .set({ revoked_at_ms: nowMs })
      .where("merchant_id", "=", merchant)
      .where("cti", "=", cti)
      .execute();
    const audience = row.only_till === null ? everyTill : { till: row.only_till };
    const untilMs = row.expires_at_ms + TOLD_AFTER_EXPIRY_MS;
    await writeChange(tx, merchant, audience, { type: "revoked", cti, untilMs }, nowMs);
    const detail = { code: shortId(cti), amountMinor: code.amount_minor };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "code-revoked", detail });
    return accepted(null);
  });
  if (!done.ok) {
    return done.refusal.code === "revoked-already" ? accepted(null) : refused(done.refusal);
  }
  await publishChanges(books, merchant);
  await wake(books, merchant, "code");
  return accepted(null);
}
