import type {
  LinkView,
  OperatorView,
  RefusalRow,
  SaleRow,
  SaleView,
  TillView,
} from "#protocol/engine-calls.ts";
import type { Quality } from "#domain/clock.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/entry-bodies.ts";
import type { DeliveryRow, IdentityRow, OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { Dexie } from "#storage/till-database.ts";
import { MAX_SALE_MINOR } from "./sale-desk.ts";

/** What the page told of itself. */
export interface PageFacts {
  readonly onLine: boolean;
  /** Since when the platform thinks there is no network, by the device's clock. */
  readonly offlineSinceMs: number | null;
  readonly persisted: boolean;
  readonly freeBytes: number | null;
}

/** What the engine holds in memory and the view shows. */
export interface ViewParts {
  readonly phase: TillView["phase"] | null;
  readonly identity: IdentityRow | null;
  readonly operator: OperatorRow | null;
  readonly sale: SaleView | null;
  readonly clock: Quality;
  /** The device's clock. */
  readonly clockMs: number;
  readonly full: boolean;
  /** The database is empty and the second copy is not: what stood in it was lost, not never there. */
  readonly databaseLost: boolean;
  /** The second copy of the journal could not be written. */
  readonly copyFailed: boolean;
  readonly facts: PageFacts;
  readonly build: string;
}

/** Below this much room the strip says so; a sale takes about 4 kB. */
const LOW_STORAGE_BYTES = 50 * 1024 * 1024;
/** An open till asks the server every 30 s, one whose page is hidden every minute. */
const LATELY_MS = 180_000;
/** Lines of the list at once; a shop sells some hundreds a day. */
const MAX_SALE_ROWS = 2000;

/** The whole view, read from the database: what is on disk is what the screen says. */
export async function buildView(db: TillDatabase, parts: ViewParts): Promise<TillView> {
  const { identity, facts } = parts;
  // Asked for together: the first screen waits for this, and each question alone is a way to the disk and
  // back.
  const [shop, feed, policy, stop, operators, link] = await Promise.all([
    db.setting("shop"),
    db.setting("feed"),
    db.setting("policy"),
    db.setting("stop"),
    operatorViews(db),
    linkView(db, identity, facts.offlineSinceMs, parts.clockMs),
  ]);
  return {
    phase: parts.phase ?? phaseOf(identity, operators, parts.operator),
    shopName: shop?.shopName ?? "",
    tillName: shop?.tillName ?? "",
    compareDigits: identity?.compareDigits ?? null,
    operators,
    operator: operators.find((operator) => operator.id === parts.operator?.id) ?? null,
    link,
    stop: stop?.reason ?? (parts.databaseLost ? "empty-database" : null),
    sale: parts.sale,
    settings: {
      feedVersion: feed?.version ?? 0,
      appliedAtMs: feed?.appliedAtMs ?? null,
      currency: shop?.currency ?? "CNY",
      maxSaleMinor: MAX_SALE_MINOR,
      passwordRule: policy?.policy.passwordRule ?? "always",
      passwordAboveMinor: policy?.policy.passwordAboveMinor ?? 0,
    },
    clock: parts.clock,
    storage: {
      persisted: facts.persisted,
      freeBytes: facts.freeBytes,
      copyFailed: parts.copyFailed,
      full: parts.full,
      low: parts.full || (facts.freeBytes !== null && facts.freeBytes < LOW_STORAGE_BYTES),
    },
    build: parts.build,
  };
}

function phaseOf(
  identity: IdentityRow | null,
  operators: readonly OperatorView[],
  operator: OperatorRow | null,
): TillView["phase"] {
  if (!identity) return "unenrolled";
  // Without its operators the till waits for its first settings, as it does for the owner's «same».
  if (identity.compareDigits !== null || operators.length === 0) return "comparing";
  if (operator) return "open";
  return operators.some((one) => one.hasPin) ? "locked" : "needs-pin";
}

async function operatorViews(db: TillDatabase): Promise<readonly OperatorView[]> {
  const [rows, subjects] = await Promise.all([
    db.operators.toArray(),
    db.secrets.toCollection().primaryKeys(),
  ]);
  const withPin = new Set(subjects);
  return rows
    .filter((row) => row.active)
    .map(({ id, name, role }) => ({ id, name, role, hasPin: withPin.has(id) }));
}

async function linkView(
  db: TillDatabase,
  identity: IdentityRow | null,
  offlineSinceMs: number | null,
  clockMs: number,
): Promise<LinkView> {
  const [unsent, row] = await Promise.all([unsentSales(db, identity), db.delivery.get("state")]);
  const state = row?.key === "state" ? row : null;
  const running = state?.state === "syncing" && state.of > 0 ? { done: state.done, of: state.of } : null;
  return {
    state: isCutOff(offlineSinceMs, state) ? "offline" : knownState(state, clockMs),
    sinceMs: state
      ? state.state === "online"
        ? state.sinceMs
        : (state.lastAnswerMs ?? state.sinceMs)
      : null,
    ...unsent,
    oldestUnsentMs: null,
    stuckSinceMs: null,
    lastAnswerMs: state?.lastAnswerMs ?? null,
    progress: running,
  };
}

/** The platform's «no network» is a hint: an answer of the server's own after it is the truth. */
function isCutOff(
  offlineSinceMs: number | null,
  row: Extract<DeliveryRow, { key: "state" }> | null,
): boolean {
  if (offlineSinceMs === null) return false;
  return (row?.lastAnswerMs ?? Number.NEGATIVE_INFINITY) < offlineSinceMs;
}

/** «Connected» only on an answer of late: the row may be yesterday's, and the network gone since. */
function knownState(row: Extract<DeliveryRow, { key: "state" }> | null, clockMs: number): LinkView["state"] {
  if (row === null) return "syncing";
  const ageMs = Math.abs(clockMs - (row.lastAnswerMs ?? 0));
  return row.state === "online" && ageMs > LATELY_MS ? "syncing" : row.state;
}

/** Sales behind the last receipt: a difference of two running figures, however many days lie between. */
async function unsentSales(
  db: TillDatabase,
  identity: IdentityRow | null,
): Promise<{ readonly unsentCount: number; readonly unsentMinor: number }> {
  const head = identity && (await db.head.get("head"));
  if (!identity || !head) return { unsentCount: 0, unsentMinor: 0 };
  const { epoch } = identity;
  const receipt = await db.receipts.get(epoch);
  const sent = await db.sales
    .where("[epoch+seq]")
    .between([epoch, Dexie.minKey], [epoch, receipt?.seq ?? -1], true, true)
    .last();
  return {
    unsentCount: head.runningCount - (sent?.runningCount ?? 0),
    unsentMinor: head.runningMinor - (sent?.runningMinor ?? 0),
  };
}

/**
 * A page of sales, newest first, each with where it is: on this till, or on the server by its signed receipt.
 */
export async function saleRows(
  db: TillDatabase,
  page: { readonly before: number | null; readonly limit: number },
): Promise<readonly SaleRow[]> {
  const sales = db.sales.orderBy("[epoch+seq]").reverse();
  const limit = Math.min(Math.max(1, page.limit), MAX_SALE_ROWS);
  const rows = await (page.before === null ? sales : sales.filter((row) => row.seq < (page.before ?? 0)))
    .limit(limit)
    .toArray();
  const names = new Map((await db.operators.toArray()).map((operator) => [operator.id, operator.name]));
  const receipts = new Map((await db.receipts.toArray()).map((receipt) => [receipt.epoch, receipt.seq]));
  const losses = await db.losses.toArray();
  return rows.map((row) => ({
    id: row.id,
    atMs: row.atMs,
    amountMinor: row.amountMinor,
    method: row.method,
    operatorName: names.get(row.operatorId) ?? "",
    seq: row.seq,
    epoch: row.epoch,
    headHex: row.headHex,
    delivered: row.seq <= (receipts.get(row.epoch) ?? -1) ? "server" : "till",
    lossMinor: losses.find((loss) => loss.epoch === row.epoch && loss.seq === row.seq)?.lossMinor ?? null,
  }));
}

const MAX_REFUSAL_ROWS = 200;

/** The newest refusals in the journal, newest first. */
export async function refusalRows(db: TillDatabase, limit: number): Promise<readonly RefusalRow[]> {
  const rows = await db.journal
    .where("[kind+epoch+seq]")
    // Not Dexie.maxKey, which is one array: at two places in a key it makes the key invalid.
    .between(["refusal", 0, 0], ["refusal", Infinity, Infinity])
    .reverse()
    .limit(Math.min(limit, MAX_REFUSAL_ROWS))
    .toArray();
  return rows.flatMap((row) => {
    const entry = decodeEntry(row.bytes);
    const body = entry && decodeTillBody(entry.kind, entry.body);
    return body?.kind === "refusal" ? [{ atMs: row.nowMs, code: body.code, seq: row.seq }] : [];
  });
}
