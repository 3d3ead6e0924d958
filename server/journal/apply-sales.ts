// What sales do to the books: the projection, the claims on codes, the losses. Nothing here can refuse an
// entry: what does not fit becomes a named outcome beside it (PROTOCOL §5, §11).
import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import type { EntryRef, TillBody } from "#protocol/entry-bodies.ts";
import { shortId } from "#protocol/ids.ts";
import type { SaleOutcome } from "#protocol/office-api.ts";
import { sellClaim, tillName } from "../codes/claims.ts";
import { applyCodeStep, codeSteps, inLockOrder, type CodeStep } from "../codes/code-entries.ts";
import { lockCodes, type LockedCode as Code } from "../codes/locked-code.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { hearVaultWords, vaultWord, type VaultWord } from "../secrets/vault-words.ts";
import { everyTill, TOLD_AFTER_EXPIRY_MS, writeChange, type Audience } from "../feed/changes.ts";
import type { BatchEntry } from "./batch.ts";
import { decodeBody, type BodyDecoders } from "./body-decoders.ts";
import { IN_CHAIN, saleColumns } from "./place.ts";
import { oweServerEntry } from "./server-journal.ts";
import type { RowFacts, SaleLine } from "./written-rows.ts";

/** The epoch whose entries are applied. */
export interface Source {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly tillName: string;
  readonly nowMs: number;
  /** Came after the epoch was closed: booked, and shown to the owner. */
  readonly late: boolean;
  /** Booked out of quarantine: their numbers are other entries', so each stands under its own hash. */
  readonly apart?: boolean;
  /** What reads their bodies: this build's readers, unless said otherwise. */
  readonly decoders?: BodyDecoders;
}

export type OutcomeKind = Exclude<SaleOutcome, SaleFlag>;
/** Why the owner should look at a sale that is booked. */
export type SaleFlag = "late" | "booked" | "till-revoked";

interface Outcome {
  readonly ref: EntryRef;
  readonly kind: OutcomeKind;
  readonly cti: Uint8Array;
  readonly lossMinor: number;
}

interface Sale {
  readonly item: BatchEntry;
  readonly body: Extract<TillBody, { kind: "sale" }>;
}

interface Use {
  readonly seq: number;
  readonly cti: Bytes;
  readonly ref: EntryRef;
  readonly atMs: number;
  readonly amountMinor: number;
}

/** What the entries did, for those who look on. `rows` are to be written once arrivals are known. */
export interface Effects {
  readonly understood: ReadonlySet<number>;
  /** Sales this version cannot read, by seq: stored, not booked, and the owner is told. */
  readonly unreadSales: readonly number[];
  /** Codes were sold, asked for, let go or given back. */
  readonly soldCodes: boolean;
  /** The server's own journal has something to say of it. */
  readonly owesJournal: boolean;
  /** A PIN made at the till waits to be opened, after the commit. */
  readonly pinWaits: boolean;
  readonly sales: readonly Sale[];
  readonly outcomes: readonly Outcome[];
}

/** What entries do that are stored and not applied yet. */
export const NO_EFFECTS: Effects = {
  understood: new Set(),
  unreadSales: [],
  soldCodes: false,
  owesJournal: false,
  pinWaits: false,
  sales: [],
  outcomes: [],
};

/**
 * Claims the codes of these entries and decides losers, under locks on the codes in the order of their ids,
 * so that two pushes never wait for each other in a circle. Sales rows follow.
 */
export async function claimCodes(
  tx: DatabaseTransaction,
  source: Source,
  entries: readonly BatchEntry[],
): Promise<Effects> {
  const understood = new Set<number>();
  const unreadSales: number[] = [];
  const sales: Sale[] = [];
  const uses: Use[] = [];
  const steps: CodeStep[] = [];
  const words: VaultWord[] = [];
  const outcomes: Outcome[] = [];
  for (const item of entries) {
    const body = decodeBody(item.entry, source.decoders);
    if (body === null) {
      if (item.entry.kind === "sale") unreadSales.push(item.entry.seq);
      continue;
    }
    understood.add(item.entry.seq);
    // What a journal set apart says of codes binds nobody: only its sales are booked.
    if (source.apart !== true) steps.push(...codeSteps(body, item.entry.seq, item.hash));
    // Nor of PINs and vaults; and who was replaced speaks for no till any more.
    const word = vaultWord(body, item.entry.seq, item.entry.time.nowMs);
    if (word !== null && source.apart !== true && !source.late) words.push(word);
    if (body.kind !== "sale") continue;
    sales.push({ item, body });
    const ref = refOf(source, item);
    if (!addsUp(body)) outcomes.push({ ref, kind: "does-not-add-up", cti: NO_CODE, lossMinor: 0 });
    for (const tender of body.tenders) {
      if (tender.method !== "payment-code") continue;
      const { cti, amountMinor } = tender;
      uses.push({ cti, amountMinor, ref, seq: ref.seq, atMs: item.entry.time.nowMs });
    }
  }
  const all = inLockOrder<Use | CodeStep>([...uses, ...steps]);
  const ctis = all.map((one) => one.cti);
  const codes = await lockCodes(tx, source.merchant, ctis);
  for (const one of all) {
    const code = codes.get(toHex(one.cti));
    if ("body" in one) await applyCodeStep(tx, source, one, code);
    else outcomes.push(...(await claim(tx, source, one, code)));
  }
  const owesJournal = outcomes.length > 0 || steps.length > 0;
  const pinWaits = await hearVaultWords(tx, source, words);
  return { understood, unreadSales, soldCodes: all.length > 0, owesJournal, pinWaits, sales, outcomes };
}

/** Where the entry stands in the books. */
function refOf(source: Source, item: BatchEntry): EntryRef {
  const ref = { till: source.till, epoch: source.epoch, seq: item.entry.seq };
  return source.apart === true ? { ...ref, branch: item.hash } : ref;
}

/** Of an outcome that is about no code. */
const NO_CODE = new Uint8Array();

/** A sale says what it was and what was paid. Where the two differ it is booked as it says, and named. */
function addsUp(body: Sale["body"]): boolean {
  return body.tenders.reduce((sum, tender) => sum + tender.amountMinor, 0) === body.totalMinor;
}

async function claim(
  tx: DatabaseTransaction,
  source: Source,
  use: Use,
  code: Code | undefined,
): Promise<readonly Outcome[]> {
  const { ref } = use;
  const basis = await basisOf(tx, source, use, code);
  const won = await tx
    .insertInto("books.code_claims")
    .values({ merchant_id: source.merchant, cti: use.cti, basis, ...claimColumns(ref, use, code) })
    .onConflict((conflict) => conflict.doNothing())
    .returning("cti")
    .executeTakeFirst();
  if (won === undefined) return await decide(tx, source, use, code, basis);
  await tellSpent(tx, source, ref, use, source.tillName, code);
  return judgeUse(use, code);
}

/** What the shop loses of the use that stands, by itself. */
function judgeUse({ ref, cti, amountMinor }: Use, code: Code | undefined): readonly Outcome[] {
  if (code === undefined) return [{ ref, kind: "unknown-code", cti, lossMinor: amountMinor }];
  if (code.revoked) return [{ ref, kind: "after-revocation", cti, lossMinor: amountMinor }];
  const over = amountMinor - code.amountMinor;
  return over > 0 ? [{ ref, kind: "over-amount", cti, lossMinor: over }] : [];
}

/** By what right a till takes a code: it holds the lease, the server gave it into its hand, or neither. */
type Basis = "lease" | "claim" | "order";
const RANK: Readonly<Record<Basis, number>> = { lease: 2, claim: 1, order: 0 };

async function basisOf(
  tx: DatabaseTransaction,
  source: Source,
  use: Use,
  code: Code | undefined,
): Promise<Basis> {
  const { merchant, till, epoch, nowMs } = source;
  // A journal set apart is booked by a person's word; its till's rights are the other journal's.
  if (source.apart === true) return "order";
  const inHand = await sellClaim(tx, { merchant, till, epoch, cti: use.cti }, nowMs);
  const lease = code?.leaseTill ?? null;
  if (lease !== null && code?.leaseWithheld === false && sameBytes(lease, till)) return "lease";
  return inHand ? "claim" : "order";
}

/**
 * A second use. The lease holder wins, then whoever the server gave the code to (that was committed first),
 * then who was here first; once decided it stays so (PROTOCOL §11).
 */
async function decide(
  tx: DatabaseTransaction,
  source: Source,
  use: Use,
  code: Code | undefined,
  basis: Basis,
): Promise<readonly Outcome[]> {
  const { merchant, nowMs } = source;
  const { ref } = use;
  const held = await tx
    .selectFrom("books.code_claims")
    .selectAll()
    .where("merchant_id", "=", merchant)
    .where("cti", "=", use.cti)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const first: EntryRef = {
    till: new Uint8Array(held.till_id),
    epoch: held.epoch,
    seq: held.seq,
    ...(held.branch.length > 0 && { branch: new Uint8Array(held.branch) }),
  };
  const overturned = !held.decided && RANK[basis] > RANK[held.basis] && !sameBytes(ref.till, first.till);
  const winner = overturned ? ref : first;
  const loser = overturned ? first : ref;
  const lossMinor = overturned
    ? held.amount_minor - (await lostAlready(tx, merchant, first, use.cti))
    : use.amountMinor;
  await tx
    .updateTable("books.code_claims")
    .set({ decided: true, ...(overturned ? { basis, ...claimColumns(ref, use, code) } : {}) })
    .where("merchant_id", "=", merchant)
    .where("cti", "=", use.cti)
    .execute();
  if (overturned) await tellSpent(tx, source, ref, use, source.tillName, code);
  await oweServerEntry(tx, merchant, { kind: "double-spend", cti: use.cti, winner, loser, lossMinor }, nowMs);
  const winnerName = overturned ? source.tillName : ((await tillName(tx, merchant, first.till)) ?? "");
  await tellWinner(tx, source, loser, winnerName, overturned ? use.atMs : held.at_ms);
  const lost: Outcome = { ref: loser, kind: "double-spend", cti: use.cti, lossMinor };
  // Who wins by the lease is judged as who came first would have been.
  return overturned ? [lost, ...judgeUse(use, code)] : [lost];
}

/** What that sale has lost on the code before: revoked or over its worth, and now to another till as well. */
async function lostAlready(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  ref: EntryRef,
  cti: Uint8Array,
): Promise<number> {
  const row = await tx
    .selectFrom("books.outcomes")
    .select((eb) => eb.fn.coalesce(eb.fn.sum<number>("loss_minor"), eb.lit(0)).as("lost"))
    .where((eb) => eb.and(saleColumns({ merchant, branch: IN_CHAIN, ...ref })))
    .where("cti", "=", cti)
    .executeTakeFirstOrThrow();
  return Number(row.lost);
}

/** The loser's till hears who won: a loss without a name would be looked for at the wrong counter. */
async function tellWinner(
  tx: DatabaseTransaction,
  source: Source,
  loser: EntryRef,
  winnerName: string,
  atMs: number,
): Promise<void> {
  const { till, epoch, seq } = loser;
  const lostTo = { type: "lost-to", epoch, seq, tillName: winnerName, atMs: Math.max(0, atMs) } as const;
  await writeChange(tx, source.merchant, { till, epoch }, lostTo, source.nowMs);
}

function claimColumns(
  ref: EntryRef,
  use: Use,
  code: Code | undefined,
): {
  till_id: Bytes;
  epoch: number;
  seq: number;
  branch: Bytes;
  amount_minor: number;
  returned_minor: number;
  at_ms: number;
} {
  return {
    till_id: ref.till,
    epoch: ref.epoch,
    seq: ref.seq,
    branch: ref.branch ?? IN_CHAIN,
    amount_minor: use.amountMinor,
    // What the till says it gave back is evidence only: value is made of what was issued, less what was sold.
    returned_minor: code?.kind === "up-to" ? Math.max(0, code.amountMinor - use.amountMinor) : 0,
    at_ms: use.atMs,
  };
}

async function tellSpent(
  tx: DatabaseTransaction,
  source: Source,
  ref: EntryRef,
  use: Use,
  tillName: string,
  code: Code | undefined,
): Promise<void> {
  // Of a code nobody issued the shop's tills know nothing; telling them would only fill their lists.
  if (code === undefined) return;
  const audience: Audience = code.onlyTill === null ? everyTill : { till: code.onlyTill };
  const { cti, amountMinor } = use;
  const untilMs = code.expiresAtMs + TOLD_AFTER_EXPIRY_MS;
  const atMs = Math.max(0, use.atMs);
  const change = { type: "spent", cti, till: ref.till, tillName, atMs, amountMinor, untilMs } as const;
  await writeChange(tx, source.merchant, audience, change, source.nowMs);
}

/** The rows of the sales. */
export function saleLines(effects: Effects, arrivalOf: (seq: number) => number): readonly SaleLine[] {
  return effects.sales.map(({ item, body }) => ({
    seq: item.entry.seq,
    shortId: shortId(body.sale),
    sale: body.sale,
    arrival: arrivalOf(item.entry.seq),
    atMs: item.entry.time.nowMs,
    operator: body.operator,
    currency: body.currency,
    totalMinor: body.totalMinor,
    hash: item.hash,
    tenders: body.tenders.map((tender) => ({
      method: tender.method,
      amountMinor: tender.amountMinor,
      returnedMinor: tender.method === "payment-code" ? tender.returnedMinor : 0,
      cti: tender.method === "payment-code" ? tender.cti : null,
    })),
  }));
}

/** What is said of all rows of this epoch's writing. */
export function rowFacts(source: Source): RowFacts {
  return { receivedAtMs: source.nowMs, flagged: source.late ? "late" : null };
}

/** Writes what the sales' codes came to, beside sales that are written already. */
export async function writeOutcomes(
  tx: DatabaseTransaction,
  source: Source,
  outcomes: readonly Outcome[],
): Promise<void> {
  const { merchant, nowMs } = source;
  // In one order for all: the loser may be a sale that another push is about to touch too.
  const ordered = [...outcomes].sort((a, b) => compareText(refText(a.ref), refText(b.ref)));
  for (const { ref, kind, cti, lossMinor } of ordered) {
    const place = saleColumns({ merchant, branch: IN_CHAIN, ...ref });
    await tx
      .insertInto("books.outcomes")
      .values({ ...place, kind, cti, loss_minor: lossMinor, at_ms: nowMs })
      // Two uses of one code in one sale have one name and one sum.
      .onConflict((conflict) =>
        conflict
          .columns(["merchant_id", "till_id", "epoch", "seq", "branch", "kind", "cti"])
          .doUpdateSet((eb) => ({ loss_minor: eb("books.outcomes.loss_minor", "+", lossMinor) })),
      )
      .execute();
    if (lossMinor === 0) continue;
    const sale = await tx
      .updateTable("books.sales")
      .set((eb) => ({ loss_minor: eb("loss_minor", "+", lossMinor) }))
      .where((eb) => eb.and(place))
      .returning("loss_minor")
      .executeTakeFirst();
    const loss = {
      type: "loss",
      epoch: ref.epoch,
      seq: ref.seq,
      lossMinor: sale?.loss_minor ?? lossMinor,
    } as const;
    await writeChange(tx, merchant, { till: ref.till, epoch: ref.epoch }, loss, nowMs);
  }
}

function refText(ref: EntryRef): string {
  return `${toHex(ref.till)}:${String(ref.epoch).padStart(10, "0")}:${String(ref.seq).padStart(16, "0")}`;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
