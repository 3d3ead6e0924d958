// What the owner adds to the record of a loss: paper receipts of sales that never came.
import { accepted, refused, type Result } from "#domain/result.ts";
import type { ReceiptEvidenceRequest } from "#protocol/office-losses-api.ts";
import { audit } from "../audit.ts";
import type { Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import { appendServerEntries } from "../journal/server-journal.ts";
import type { EpochName } from "./loss-rows.ts";
import { findTill } from "./till-commands.ts";

/**
 * Enters a receipt into the server's journal, beside the loss it is evidence for. It books nothing: the money
 * is in the drawer or it is not, and only the entry itself is a sale. Entered twice is entered once. Refusal:
 * `not-found` where no loss is recorded for this till and epoch.
 */
export async function enterReceipt(
  books: Books,
  by: IssueFor,
  name: EpochName,
  receipt: ReceiptEvidenceRequest,
): Promise<Result<void, { readonly code: "not-found" }>> {
  const { merchant, userId } = by;
  const till = await findTill(books.db, merchant, name.tillShortId);
  if (till === null) return refused({ code: "not-found" });
  const { epoch } = name;
  const { seq, headHex, amountMinor } = receipt;
  const loss = await books.db
    .selectFrom("books.losses")
    .select("epoch")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till.till_id)
    .where("epoch", "=", epoch)
    .executeTakeFirst();
  if (loss === undefined) return refused({ code: "not-found" });
  const known = await books.db
    .selectFrom("books.loss_receipts")
    .select("seq")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till.till_id)
    .where("epoch", "=", epoch)
    .where("seq", "=", seq)
    .where("head_hex", "=", headHex)
    .executeTakeFirst();
  if (known !== undefined) return accepted(undefined);
  const nowMs = books.nowMs();
  const till_id = new Uint8Array(till.till_id);
  const body = { kind: "loss-receipt", till: till_id, epoch, seq, headHex, amountMinor } as const;
  return await appendServerEntries(books, merchant, [body], async (tx) => {
    await tx
      .insertInto("books.loss_receipts")
      .values({
        merchant_id: merchant,
        till_id,
        epoch,
        seq,
        head_hex: headHex,
        amount_minor: amountMinor,
        entered_at_ms: nowMs,
        entered_by: userId,
      })
      // Two windows of the office at once: the evidence is the same.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const detail = { till: name.tillShortId, epoch, seq, amountMinor };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "loss-receipt-entered", detail });
    return accepted(undefined);
  });
}
