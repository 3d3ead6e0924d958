import type { SaleMethod, PaidView, SaleView } from "#protocol/engine-calls.ts";
import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex, toHex, type Bytes } from "#protocol/bytes.ts";
import { spendKey, type SaleBody, type TenderBody } from "#protocol/entry-bodies.ts";
import type { OperatorRow, SaleRecord } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { PresentableCode } from "./code-desk.ts";
import type { Committed, Ledger } from "./ledger.ts";

/** Largest sum of one sale: 999,999.99. */
export const MAX_SALE_MINOR = 99_999_999;
/** Parts of one sale; a customer with more codes than this starts a second sale. */
const MAX_CODES_PER_SALE = 10;

interface SaleInHand {
  readonly id: Bytes;
  readonly feedVersion: number;
  readonly currency: string;
  readonly tillName: string;
  readonly totalMinor: number;
  /** Codes accepted for a part. Nothing of them is spent before the sale is complete. */
  readonly covered: readonly TenderBody[];
  readonly code: PresentableCode | null;
  readonly paid: PaidView | null;
}

export type TenderOutcome =
  | { readonly kind: "paid"; readonly paid: PaidView }
  | { readonly kind: "part-paid"; readonly dueMinor: number; readonly coveredMinor: number };

/** The one sale on the counter, from the amount to the entry in the journal (I1, I8). */
export class SaleDesk {
  readonly #db: TillDatabase;
  readonly #ledger: Ledger;
  readonly #newId: () => Bytes;
  #sale: SaleInHand | null = null;

  constructor(db: TillDatabase, ledger: Ledger, newId: () => Bytes) {
    this.#db = db;
    this.#ledger = ledger;
    this.#newId = newId;
  }

  get saleId(): Bytes | null {
    return this.#sale?.id ?? null;
  }

  get code(): PresentableCode | null {
    return this.#sale?.code ?? null;
  }

  get isPaid(): boolean {
    return this.#sale?.paid !== null && this.#sale !== null;
  }

  /** What remains to be paid; null without an unpaid sale. */
  get dueMinor(): number | null {
    if (!this.#sale || this.#sale.paid) return null;
    return this.#sale.totalMinor - sumOf(this.#sale.covered);
  }

  view(): SaleView | null {
    const sale = this.#sale;
    if (!sale) return null;
    const coveredMinor = sumOf(sale.covered);
    const payload = sale.code?.payload;
    return {
      id: toHex(sale.id),
      dueMinor: sale.paid ? 0 : sale.totalMinor - coveredMinor,
      coveredMinor,
      state: sale.paid ? "paid" : sale.code ? "password" : "due",
      code: payload ? { amountMinor: payload.amountMinor, kind: payload.kind } : null,
      paid: sale.paid,
    };
  }

  /** Opens a sale in place of the one before; codes that an unpaid one had covered stay unspent. */
  async open(totalMinor: number): Promise<Result<SaleView, TillRefusal>> {
    if (!Number.isSafeInteger(totalMinor) || totalMinor < 1 || totalMinor > MAX_SALE_MINOR) {
      return refused({ code: "amount-out-of-range", maxMinor: MAX_SALE_MINOR });
    }
    if (this.#ledger.full && !(await this.#ledger.layReserve())) return refused({ code: "storage-full" });
    // Read here, where nobody waits for a commit: a sale ends under the settings it began with.
    const [feed, shop] = await Promise.all([this.#db.setting("feed"), this.#db.setting("shop")]);
    this.#sale = {
      id: this.#newId(),
      feedVersion: feed?.version ?? 0,
      currency: shop?.currency ?? "CNY",
      tillName: shop?.tillName ?? "",
      totalMinor,
      covered: [],
      code: null,
      paid: null,
    };
    const view = this.view();
    return view ? accepted(view) : refused({ code: "no-sale" });
  }

  /** Lays a code on the counter until its password is checked. */
  layCode(code: PresentableCode): void {
    if (this.#sale) this.#sale = { ...this.#sale, code };
  }

  takeCodeBack(): void {
    if (this.#sale) this.#sale = { ...this.#sale, code: null };
  }

  /** Drops an unpaid sale; its codes stay unspent. */
  drop(): void {
    this.#sale = null;
  }

  /** The refusal of a code that covers a part of this very sale already; null when it does not. */
  secondTime(cti: Bytes): CodeRefusal | null {
    const before = this.#sale?.covered.find(
      (one) => one.method === "payment-code" && spendKey(one.cti) === spendKey(cti),
    );
    if (!before) return null;
    return { code: "already-in-sale", coveredMinor: before.amountMinor, dueMinor: this.dueMinor ?? 0 };
  }

  /** Takes an accepted code: completes the sale, or covers a part of it. */
  async takeCode(
    code: PresentableCode,
    operator: OperatorRow,
    inside: () => Promise<void>,
  ): Promise<Result<TenderOutcome, CodeRefusal | TillRefusal>> {
    const sale = this.#sale;
    if (!sale || sale.paid) return refused({ code: "no-sale" });
    const cti = fromHex(code.payload.cti);
    const twice = this.secondTime(cti);
    if (twice) return refused(twice);
    if (sale.covered.length >= MAX_CODES_PER_SALE)
      return refused({ code: "limit-reached", limit: "codes-per-sale" });
    const tender: TenderBody = {
      method: "payment-code",
      amountMinor: code.cover.amountMinor,
      returnedMinor: code.cover.returnedMinor,
      cti,
      via: code.via,
      cose: code.cose,
    };
    const covered = [...sale.covered, tender];
    const dueMinor = sale.totalMinor - sumOf(covered);
    if (dueMinor > 0) {
      this.#sale = { ...sale, covered, code: null };
      return accepted({ kind: "part-paid", dueMinor, coveredMinor: sumOf(covered) });
    }
    return this.#complete(sale, covered, operator, inside);
  }

  /** Takes cash for what remains. */
  async takeCash(
    receivedMinor: number,
    operator: OperatorRow,
  ): Promise<Result<PaidView, CodeRefusal | TillRefusal>> {
    const sale = this.#sale;
    const dueMinor = this.dueMinor;
    if (!sale || dueMinor === null) return refused({ code: sale ? "sale-already-paid" : "no-sale" });
    if (!Number.isSafeInteger(receivedMinor) || receivedMinor > MAX_SALE_MINOR * 10) {
      return refused({ code: "amount-out-of-range", maxMinor: MAX_SALE_MINOR });
    }
    if (receivedMinor < dueMinor) return refused({ code: "cash-short", dueMinor });
    const tender: TenderBody = { method: "cash", amountMinor: dueMinor, receivedMinor };
    const done = await this.#complete(sale, [...sale.covered, tender], operator, async () => undefined);
    return done.ok ? accepted(done.value.paid) : done;
  }

  async #complete(
    sale: SaleInHand,
    tenders: readonly TenderBody[],
    operator: OperatorRow,
    inside: () => Promise<void>,
  ): Promise<Result<{ readonly kind: "paid"; readonly paid: PaidView }, CodeRefusal | TillRefusal>> {
    let body: SaleBody | null = null;
    const committed = await this.#ledger.append<CodeRefusal>({
      body: (running) => {
        body = {
          sale: sale.id,
          operator: fromHex(operator.id),
          feedVersion: sale.feedVersion,
          currency: sale.currency,
          totalMinor: sale.totalMinor,
          tenders,
          runningCount: running.count + 1,
          runningMinor: running.sumMinor + sale.totalMinor,
        };
        return { kind: "sale", ...body };
      },
      inside: async (entry) => {
        await inside();
        return body ? recordSale(this.#db, body, entry, sale.tillName) : null;
      },
    });
    if (!committed.ok) {
      // A covered code was spent or revoked meanwhile: kept here, it would refuse every other means of
      // payment too.
      const isOurs = committed.refusal.code === "spent" || committed.refusal.code === "revoked";
      if (isOurs) this.#sale = { ...sale, covered: [], code: null };
      return committed;
    }
    const paid = paidView(sale, tenders, committed.value);
    // Only here, after `complete`: what stands in this field is shown, spoken and printed as paid (I1).
    this.#sale = { ...sale, covered: tenders, code: null, paid };
    return accepted({ kind: "paid", paid });
  }
}

/**
 * What follows from a sale's entry, inside its transaction: the sale's row and its codes spent. A code that
 * was spent or revoked since it was judged aborts everything (I8).
 */
export async function recordSale(
  db: TillDatabase,
  body: SaleBody,
  entry: Pick<Committed, "epoch" | "seq" | "nowMs" | "headHex">,
  tillName: string,
): Promise<CodeRefusal | null> {
  for (const tender of body.tenders) {
    if (tender.method !== "payment-code") continue;
    const cti = spendKey(tender.cti);
    const spent = await db.spent.get(cti);
    if (spent) return { code: "spent", ...spent };
    if (await db.revoked.get(cti)) return { code: "revoked" };
    // Spent at once, so that a sale that names one code twice finds it spent the second time.
    await spend(db, tender, entry.nowMs, tillName);
  }
  await writeSale(db, body, entry, tillName);
  return null;
}

/** The sale's row and its codes spent, whatever is known of them: for a sale that has happened. */
export async function writeSale(
  db: TillDatabase,
  body: SaleBody,
  entry: Pick<Committed, "epoch" | "seq" | "nowMs" | "headHex">,
  tillName: string,
): Promise<void> {
  for (const tender of body.tenders) {
    if (tender.method === "payment-code") await spend(db, tender, entry.nowMs, tillName);
  }
  const row: SaleRecord = {
    id: toHex(body.sale),
    epoch: entry.epoch,
    seq: entry.seq,
    atMs: entry.nowMs,
    operatorId: toHex(body.operator),
    amountMinor: body.totalMinor,
    method: methodOf(body.tenders),
    headHex: entry.headHex,
    runningCount: body.runningCount,
    runningMinor: body.runningMinor,
  };
  await db.sales.add(row);
}

async function spend(
  db: TillDatabase,
  tender: Extract<TenderBody, { method: "payment-code" }>,
  atMs: number,
  tillName: string,
): Promise<void> {
  const { amountMinor } = tender;
  await db.spent.put({ cti: spendKey(tender.cti), tillName, atMs, amountMinor, here: true });
}

function paidView(sale: SaleInHand, tenders: readonly TenderBody[], entry: Committed): PaidView {
  const cash = tenders.find((tender) => tender.method === "cash");
  const returnedMinor = tenders.reduce(
    (sum, tender) => sum + (tender.method === "payment-code" ? tender.returnedMinor : 0),
    0,
  );
  return {
    saleId: toHex(sale.id),
    amountMinor: sale.totalMinor,
    method: methodOf(tenders),
    receivedMinor: cash?.method === "cash" ? cash.receivedMinor : sale.totalMinor,
    changeMinor: cash?.method === "cash" ? cash.receivedMinor - cash.amountMinor : 0,
    returnedMinor,
    atMs: entry.nowMs,
    epoch: entry.epoch,
    seq: entry.seq,
    headHex: entry.headHex,
  };
}

function methodOf(tenders: readonly TenderBody[]): SaleMethod {
  const methods = new Set(tenders.map((tender) => tender.method));
  if (methods.size > 1) return "mixed";
  return methods.has("cash") ? "cash" : "payment-code";
}

function sumOf(tenders: readonly TenderBody[]): number {
  return tenders.reduce((sum, tender) => sum + tender.amountMinor, 0);
}
