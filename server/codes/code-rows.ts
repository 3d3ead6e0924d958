// Codes as the office sees them. A code's state is worked out when it is asked for: nothing has to run at
// midnight for a code to be expired.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { CodeDetail, CodeRow, CodeState, Page } from "#protocol/office-api.ts";
import { codeText } from "#protocol/payment-code-bytes.ts";
import { keysOf, open, type Books } from "../books.ts";
import { digitsField } from "./issue-code.ts";

interface Row {
  readonly cti: Uint8Array;
  readonly number: number;
  readonly cose: Uint8Array;
  readonly digits: Uint8Array;
  readonly amount_minor: number;
  readonly kind: "exact" | "up-to";
  readonly rule: string;
  readonly issued_at_ms: number;
  readonly valid_from_ms: number;
  readonly expires_at_ms: number;
  readonly revoked_at_ms: number | null;
  readonly lease_till: Uint8Array | null;
  readonly only_till: Uint8Array | null;
  readonly lease_name: string | null;
  readonly lease_asked_at_ms: number | null;
  readonly lease_withheld: boolean;
  readonly holder_revoked: boolean;
  readonly wanted_name: string | null;
  readonly claim_name: string | null;
  readonly claim_since_ms: number | null;
  readonly spent_amount: number | null;
  readonly spent_at_ms: number | null;
  readonly spent_returned: number | null;
  readonly spent_till: string | null;
  readonly spent_sale: Uint8Array | null;
  readonly loss_minor: number;
}

/** Spent, revoked, expired, not yet valid, issued: the first that holds. */
export function codeState(row: {
  readonly spent: boolean;
  readonly revoked: boolean;
  readonly validFromMs: number;
  readonly expiresAtMs: number;
  readonly nowMs: number;
}): CodeState {
  if (row.spent) return "spent";
  if (row.revoked) return "revoked";
  if (row.nowMs >= row.expiresAtMs) return "expired";
  return row.nowMs < row.validFromMs ? "not-yet-valid" : "issued";
}

/** The newest codes first; `before` is the cursor of the page before. */
export async function listCodes(
  books: Books,
  merchant: Bytes,
  asked: { readonly state: CodeState | null; readonly before: number | null; readonly limit: number },
): Promise<Page<CodeRow>> {
  const nowMs = books.nowMs();
  const state = asked.state === null ? sql`` : sql`and ${stateCondition(asked.state, nowMs)}`;
  const before = asked.before === null ? sql`` : sql`and c.number < ${asked.before}`;
  const rows = await selectCodes(books, merchant, sql`${state} ${before}`, asked.limit + 1);
  const shown = rows.slice(0, asked.limit);
  const next = rows.length > asked.limit ? (shown.at(-1)?.number ?? null) : null;
  return { rows: shown.map((row) => codeRow(row, nowMs)), next };
}

/** One code with its QR text and number while it can be used; null when the shop has none of this id. */
export async function readCode(
  books: Books,
  merchant: Bytes,
  asked: { readonly cti: Uint8Array } | { readonly shortId: string },
): Promise<(CodeDetail & { readonly cti: Bytes }) | null> {
  const which = "cti" in asked ? sql`and c.cti = ${asked.cti}` : sql`and c.short_id = ${asked.shortId}`;
  const [row] = await selectCodes(books, merchant, which, 1);
  if (row === undefined) return null;
  const plain = codeRow(row, books.nowMs());
  const usable = plain.state === "issued" || plain.state === "not-yet-valid";
  const keys = await keysOf(books, books.db, merchant);
  const number = usable ? new TextDecoder().decode(await open(keys, digitsField(row.cti), row.digits)) : null;
  const qrText = usable ? codeText(row.cose) : null;
  const { lease, claim } = standing(row, plain);
  return { ...plain, qrText, number, lease, claim, cti: new Uint8Array(row.cti) };
}

/**
 * Who may take an open code: without asking, or because it has it in hand. Of a code that is over, nobody.
 */
function standing(row: Row, plain: CodeRow): Pick<CodeDetail, "lease" | "claim"> {
  if (plain.state !== "issued" && plain.state !== "not-yet-valid") return { lease: null, claim: null };
  const claim =
    row.claim_since_ms === null ? null : { tillName: row.claim_name ?? "", sinceMs: row.claim_since_ms };
  // A code that names its only till is that till's by its own word: nothing to move.
  if (row.lease_till === null || row.only_till !== null) return { lease: null, claim };
  const moving =
    row.lease_asked_at_ms === null ? null : { toName: row.wanted_name, sinceMs: row.lease_asked_at_ms };
  return {
    lease: {
      tillId: shortId(row.lease_till),
      tillName: row.lease_name ?? "",
      moving,
      holderGone: row.lease_withheld ? "stolen" : row.holder_revoked ? "revoked" : null,
    },
    claim,
  };
}

/** Codes issued and neither spent, revoked nor expired: what the shop still owes. */
export async function openCodes(
  books: Books,
  merchant: Bytes,
): Promise<{ readonly count: number; readonly sumMinor: number }> {
  const rows = await sql<{ count: number; sum_minor: number }>`
    select count(*) as count, coalesce(sum(c.amount_minor), 0)::bigint as sum_minor
    from books.codes c
    left join books.code_claims k on k.merchant_id = c.merchant_id and k.cti = c.cti
    where c.merchant_id = ${merchant} and k.cti is null and c.revoked_at_ms is null
      and c.expires_at_ms > ${books.nowMs()}`.execute(books.db);
  const [row] = rows.rows;
  return { count: row?.count ?? 0, sumMinor: row?.sum_minor ?? 0 };
}

function stateCondition(state: CodeState, nowMs: number): ReturnType<typeof sql> {
  const open = sql`k.cti is null and c.revoked_at_ms is null`;
  switch (state) {
    case "spent":
      return sql`k.cti is not null`;
    case "revoked":
      return sql`k.cti is null and c.revoked_at_ms is not null`;
    case "expired":
      return sql`${open} and c.expires_at_ms <= ${nowMs}`;
    case "not-yet-valid":
      return sql`${open} and c.expires_at_ms > ${nowMs} and c.valid_from_ms > ${nowMs}`;
    case "issued":
      return sql`${open} and c.expires_at_ms > ${nowMs} and c.valid_from_ms <= ${nowMs}`;
  }
}

async function selectCodes(
  books: Books,
  merchant: Bytes,
  condition: ReturnType<typeof sql>,
  limit: number,
): Promise<readonly Row[]> {
  const rows = await sql<Row>`
    select c.cti, c.number, c.cose, c.digits, c.amount_minor, c.kind, c.rule, c.issued_at_ms, c.valid_from_ms,
      c.expires_at_ms, c.revoked_at_ms, c.lease_till, c.only_till, l.name as lease_name, c.lease_asked_at_ms,
      c.lease_withheld, l.revoked_at_ms is not null as holder_revoked, w.name as wanted_name,
      ht.name as claim_name, h.decided_at_ms as claim_since_ms, k.amount_minor as spent_amount,
      k.at_ms as spent_at_ms, k.returned_minor as spent_returned, t.name as spent_till,
      s.sale_id as spent_sale,
      coalesce((select sum(o.loss_minor) from books.outcomes o
        where o.merchant_id = c.merchant_id and o.cti = c.cti), 0)::bigint as loss_minor
    from books.codes c
    left join books.tills l on l.merchant_id = c.merchant_id and l.till_id = c.lease_till
    left join books.tills w on w.merchant_id = c.merchant_id and w.till_id = c.lease_wanted_till
    left join books.claims h on h.merchant_id = c.merchant_id and h.cti = c.cti and h.state = 'held'
    left join books.tills ht on ht.merchant_id = h.merchant_id and ht.till_id = h.till_id
    left join books.code_claims k on k.merchant_id = c.merchant_id and k.cti = c.cti
    left join books.tills t on t.merchant_id = k.merchant_id and t.till_id = k.till_id
    left join books.sales s on s.merchant_id = k.merchant_id and s.till_id = k.till_id and s.epoch = k.epoch
      and s.seq = k.seq and s.branch = k.branch
    where c.merchant_id = ${merchant} ${condition}
    order by c.number desc limit ${limit}`.execute(books.db);
  return rows.rows;
}

function codeRow(row: Row, nowMs: number): CodeRow {
  const spent = row.spent_amount !== null;
  const revoked = row.revoked_at_ms !== null;
  const state = codeState({
    spent,
    revoked,
    validFromMs: row.valid_from_ms,
    expiresAtMs: row.expires_at_ms,
    nowMs,
  });
  // Value given back: all of what was revoked or ran out, the rest of what was spent (DESIGN §7).
  const returnedMinor =
    revoked || state === "expired" ? row.amount_minor : spent ? (row.spent_returned ?? 0) : 0;
  return {
    id: shortId(row.cti),
    amountMinor: row.amount_minor,
    kind: row.kind,
    state,
    hasPassword: row.rule !== "none",
    issuedAtMs: row.issued_at_ms,
    fromMs: row.valid_from_ms,
    expiresAtMs: row.expires_at_ms,
    tillName: row.lease_name,
    spent: spent
      ? {
          tillName: row.spent_till ?? "",
          atMs: row.spent_at_ms ?? 0,
          amountMinor: row.spent_amount ?? 0,
          saleId: row.spent_sale === null ? "" : shortId(row.spent_sale),
        }
      : null,
    lossMinor: row.loss_minor,
    returnedMinor,
  };
}
