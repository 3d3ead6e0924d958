import type { PaidView, SaleView } from "#protocol/engine-calls.ts";
import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import { accepted, assert, refused, type Result } from "#domain/result.ts";
import { fromHex, toHex, type Bytes } from "#protocol/bytes.ts";
import { spendKey, type SaleBody, type TenderBody } from "#protocol/entry-bodies.ts";
import type { IdentityRow, OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { PresentableCode } from "./code-desk.ts";
import type { Committed, Ledger } from "./ledger.ts";
import { methodOf, saleRow, type Leave } from "./sale-record.ts";

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
  /** By whose leave each covered code is taken, by its spend key. */
  readonly leaves: ReadonlyMap<string, Leave>;
  /** Codes claimed at the server for this sale, granted or not answered yet, by spend key. */
  readonly claimed: ReadonlySet<string>;
  readonly code: PresentableCode | null;
  readonly paid: PaidView | null;
}

const NO_CODES: Pick<SaleInHand, "covered" | "leaves" | "claimed" | "code"> = {
  covered: [],
  leaves: new Map(),
  claimed: new Set(),
  code: null,
};

export type TenderOutcome =
  | { readonly kind: "paid"; readonly paid: PaidView }
  | { readonly kind: "part-paid"; readonly dueMinor: number; readonly coveredMinor: number };

/** The one sale on the counter, from the amount to the entry in the journal (I1, I8). */
export class SaleDesk {
  readonly #db: TillDatabase;
  readonly #ledger: Ledger;
  readonly #identity: IdentityRow;
  readonly #newId: () => Bytes;
  /** The clock was set back: how old the rules are is not known. */
  readonly #clockBack: () => boolean;
  #sale: SaleInHand | null = null;

  constructor(
    db: TillDatabase,
    identity: IdentityRow,
    ledger: Ledger,
    newId: () => Bytes,
    clockBack: () => boolean,
  ) {
    this.#db = db;
    this.#identity = identity;
    this.#clockBack = clockBack;
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

  /** What codes cover of the unpaid sale so far. */
  get coveredMinor(): number {
    return this.#sale && !this.#sale.paid ? sumOf(this.#sale.covered) : 0;
  }

  view(): SaleView | null {
    const sale = this.#sale;
    if (!sale) return null;
    const coveredMinor = sumOf(sale.covered);
    const { code } = sale;
    return {
      id: toHex(sale.id),
      dueMinor: sale.paid ? 0 : sale.totalMinor - coveredMinor,
      coveredMinor,
      state: sale.paid ? "paid" : sale.code ? "password" : "due",
      code: code && {
        amountMinor: code.payload.amountMinor,
        kind: code.payload.kind,
        password: code.siteKey ? "own" : "method",
      },
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
      ...NO_CODES,
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
    const code = this.code;
    if (!this.#sale || !code) return;
    this.#sale = { ...this.#sale, code: null };
    this.letGo(code.payload.cti);
  }

  /** The server is asked for this code on this sale's account: its claim lives while the sale does. */
  keepClaim(cti: string): void {
    if (this.#sale) this.#sale = { ...this.#sale, claimed: new Set([...this.#sale.claimed, cti]) };
  }

  /** The code will not be taken by this sale, unless it is asked for anew. */
  letGo(cti: string): void {
    if (!this.#sale || this.#sale.leaves.has(cti)) return;
    this.#sale = { ...this.#sale, claimed: new Set([...this.#sale.claimed].filter((one) => one !== cti)) };
  }

  /** Does the unpaid sale still want the claim on this code? */
  keeps(cti: string): boolean {
    return this.#sale !== null && this.#sale.paid === null && this.#sale.claimed.has(cti);
  }

  /** Does the code lie on the counter, or cover a part of the unpaid sale? */
  holds(cti: string): boolean {
    const sale = this.#sale;
    return sale !== null && sale.paid === null && (sale.leaves.has(cti) || sale.code?.payload.cti === cti);
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
    const leave = code.way;
    // Nobody has said yes: a bug would sell what may be sold elsewhere at this moment.
    if (leave === "ask") return refused({ code: "needs-server" });
    const covered = [...sale.covered, tender];
    const leaves = new Map([...sale.leaves, [spendKey(cti), leave] as const]);
    const dueMinor = sale.totalMinor - sumOf(covered);
    if (dueMinor > 0) {
      this.#sale = { ...sale, covered, leaves, code: null };
      return accepted({ kind: "part-paid", dueMinor, coveredMinor: sumOf(covered) });
    }
    return this.#complete({ ...sale, leaves }, covered, operator, inside);
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
    const done = await this.#complete(sale, [...sale.covered, tender], operator, null);
    return done.ok ? accepted(done.value.paid) : done;
  }

  async #complete(
    sale: SaleInHand,
    tenders: readonly TenderBody[],
    operator: OperatorRow,
    inside: (() => Promise<void>) | null,
  ): Promise<Result<{ readonly kind: "paid"; readonly paid: PaidView }, CodeRefusal | TillRefusal>> {
    let body: SaleBody | null = null;
    // Cash alone asks the disk nothing: no code can have been spent meanwhile.
    const asks = inside !== null || tenders.some((tender) => tender.method === "payment-code");
    const record = asks ? await this.#recordOf(sale) : null;
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
      ...(record
        ? {
            inside: async (entry: Committed) => {
              await inside?.();
              return body ? record(body, entry) : null;
            },
          }
        : {
            sale: (entry: Committed) => {
              assert(body !== null, "a sale is committed with its body");
              return saleRow(body, entry);
            },
          }),
    });
    if (!committed.ok) {
      // A covered code may not be taken any more: kept here, it would refuse every other means of payment
      // too.
      const { code } = committed.refusal;
      if (code !== "storage-full" && code !== "not-committed") this.#sale = { ...sale, ...NO_CODES };
      return committed;
    }
    const paid = paidView(sale, tenders, committed.value);
    // Only here, after `complete`: what stands in this field is shown, spoken and printed as paid (I1).
    this.#sale = { ...sale, covered: tenders, code: null, paid };
    return accepted({ kind: "paid", paid });
  }

  /** Loaded with the first code: cash does not wait for what judges codes, and a transaction may not. */
  async #recordOf(
    sale: SaleInHand,
  ): Promise<(body: SaleBody, entry: Committed) => Promise<CodeRefusal | null>> {
    const { leavesOf, recordSale } = await import("./code-leaves.ts");
    const leaves = await leavesOf(this.#db, this.#identity, sale.leaves, this.#clockBack());
    return (body, entry) => recordSale(this.#db, body, entry, sale.tillName, leaves);
  }
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

function sumOf(tenders: readonly TenderBody[]): number {
  return tenders.reduce((sum, tender) => sum + tender.amountMinor, 0);
}
