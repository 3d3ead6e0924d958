import type { LinkView, OperatorView, SaleView, TillView, VaultView } from "#protocol/engine-calls.ts";
import type { Quality } from "#domain/clock.ts";
import { SAFE_CODE_WAY } from "#domain/code-way.ts";
import type { DeliveryRow, IdentityRow, OperatorRow, SaleRecord, SettingsRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { Dexie } from "#storage/till-database.ts";
import type { SaleFigures } from "./carried.ts";
import { MAX_SALE_MINOR } from "./sale-desk.ts";
import { stuckSince } from "./sync/progress.ts";
import type { OpenVault, Standing } from "./vault/open-vault.ts";

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
  /** The till's time. */
  readonly nowMs: number;
  readonly vault: OpenVault;
  readonly full: boolean;
  /** The database is empty and the second copy holds these sales: they were lost here, not never there. */
  readonly lost: SaleFigures | null;
  /** The second copy of the journal could not be written. */
  readonly copyFailed: boolean;
  readonly facts: PageFacts;
  readonly build: string;
}

/** Below this much room the strip says so; a sale takes about 4 kB. */
const LOW_STORAGE_BYTES = 50 * 1024 * 1024;
/** An open till asks the server every 30 s, one whose page is hidden every minute. */
const LATELY_MS = 180_000;

/** The whole view, read from the database: what is on disk is what the screen says. */
export async function buildView(db: TillDatabase, parts: ViewParts): Promise<TillView> {
  const { identity, facts } = parts;
  const { settings, operators: people, secrets, sealedSecrets, vault, head, sales, receipts, delivery } = db;
  const read = [settings, people, secrets, sealedSecrets, vault, head, sales, receipts, delivery];
  // Asked for together, and of one moment: the screen after each command waits for this, and each question
  // alone is a way to the disk and back.
  const [shop, feed, policy, outage, stop, wish, heard, vaultRow, operators, link] = await db.transaction(
    "r",
    read,
    () =>
      Promise.all([
        db.setting("shop"),
        db.setting("feed"),
        db.setting("policy"),
        db.setting("outage-policy"),
        db.setting("stop"),
        db.setting("vault-wish"),
        db.setting("heard"),
        vault.get("vault"),
        operatorViews(db),
        linkView(db, identity, facts.offlineSinceMs, parts.clockMs, parts.lost),
      ]),
  );
  const standing = parts.vault.judge(vaultRow, stop?.reason ?? null);
  return {
    phase: parts.phase ?? phaseOf(identity, operators, parts.operator, standing.open),
    shopName: shop?.shopName ?? "",
    tillName: shop?.tillName ?? "",
    compareDigits: identity?.compareDigits ?? null,
    operators,
    operator: operators.find((operator) => operator.id === parts.operator?.id) ?? null,
    link,
    stop: stop?.reason ?? (parts.lost ? "empty-database" : null),
    sale: parts.sale,
    settings: {
      feedVersion: feed?.version ?? 0,
      appliedAtMs: feed?.appliedAtMs ?? null,
      currency: shop?.currency ?? "CNY",
      maxSaleMinor: MAX_SALE_MINOR,
      passwordRule: policy?.policy.passwordRule ?? "always",
      passwordAboveMinor: policy?.policy.passwordAboveMinor ?? 0,
      codeWay: outage?.policy.codeWay ?? SAFE_CODE_WAY,
    },
    clock: parts.clock,
    storage: {
      persisted: facts.persisted,
      freeBytes: facts.freeBytes,
      copyFailed: parts.copyFailed,
      full: parts.full,
      low: parts.full || (facts.freeBytes !== null && facts.freeBytes < LOW_STORAGE_BYTES),
    },
    vault: {
      ...vaultView(parts, standing, wish, heard),
      ...(stop?.digits ? { renewalDigits: stop.digits } : {}),
    },
    build: parts.build,
  };
}

function phaseOf(
  identity: IdentityRow | null,
  operators: readonly OperatorView[],
  operator: OperatorRow | null,
  open: boolean,
): TillView["phase"] {
  if (!identity) return "unenrolled";
  // Without its operators the till waits for its first settings, as it does for the owner's «same».
  if (identity.compareDigits !== null || operators.length === 0) return "comparing";
  if (operator) return "open";
  return !open || operators.some((one) => one.hasPin) ? "locked" : "needs-pin";
}

function vaultView(
  { nowMs }: ViewParts,
  vault: Standing,
  wish: Extract<SettingsRow, { key: "vault-wish" }> | null,
  heard: Extract<SettingsRow, { key: "heard" }> | null,
): VaultView {
  const hours = wish?.leaseHours ?? null;
  const untilMs = (heard?.atMs ?? 0) + (hours ?? 0) * 3_600_000;
  return {
    ...vault,
    wanted: wish && wish.level !== vault.level ? wish.level : null,
    lease: hours === null ? null : { untilMs, over: nowMs >= untilMs },
  };
}

async function operatorViews(db: TillDatabase): Promise<readonly OperatorView[]> {
  const [rows, own, sent] = await Promise.all([
    db.operators.toArray(),
    db.secrets.toCollection().primaryKeys(),
    db.sealedSecrets.toCollection().primaryKeys(),
  ]);
  const withPin = new Set([...own, ...sent.map(([subject]) => subject)]);
  return rows
    .filter((row) => row.active)
    .map(({ id, name, role }) => ({ id, name, role, hasPin: withPin.has(id) }));
}

async function linkView(
  db: TillDatabase,
  identity: IdentityRow | null,
  offlineSinceMs: number | null,
  clockMs: number,
  lost: SaleFigures | null,
): Promise<LinkView> {
  const [unsent, row, progress] = await Promise.all([
    unsentSales(db, identity, lost),
    db.delivery.get("state"),
    db.delivery.get("progress"),
  ]);
  const state = row?.key === "state" ? row : null;
  const running = state?.state === "syncing" && state.of > 0 ? { done: state.done, of: state.of } : null;
  return {
    state: isCutOff(offlineSinceMs, state) ? "offline" : knownState(state, clockMs),
    sinceMs: state
      ? state.state === "online"
        ? state.sinceMs
        : (state.lastAnswerMs ?? state.sinceMs)
      : null,
    unsentCount: unsent.count,
    unsentMinor: unsent.sumMinor,
    withOwner: unsent.withOwner,
    oldestUnsentMs: unsent.oldestMs === null ? null : Math.max(0, clockMs - unsent.oldestMs),
    stuckSinceMs: progress?.key === "progress" ? stuckSince(progress, clockMs) : null,
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

interface Unsent extends SaleFigures {
  readonly withOwner: LinkView["withOwner"];
}

/**
 * Sales behind the last receipt: a difference of two running figures, however many days lie between. What the
 * server has set apart is not unsent: the owner has it.
 */
async function unsentSales(
  db: TillDatabase,
  identity: IdentityRow | null,
  lost: SaleFigures | null,
): Promise<Unsent> {
  const head = identity && (await db.head.get("head"));
  // Without a journal, what the second copy holds is what nobody has receipted as far as this tablet knows.
  if (!identity || !head) return { ...(lost ?? NONE), withOwner: null };
  const { epoch } = identity;
  const [receipt, carried, aside] = await Promise.all([
    db.receipts.get(epoch),
    db.setting("carried-unsent"),
    db.delivery.get("taken-aside"),
  ]);
  const receipted = receipt?.seq ?? -1;
  const asideSeq = aside?.key === "taken-aside" && aside.epoch === epoch ? aside.seq : -1;
  const seq = Math.max(receipted, asideSeq);
  const lastUpTo = (upTo: number): Promise<SaleRecord | undefined> =>
    db.sales.where("[epoch+seq]").between([epoch, Dexie.minKey], [epoch, upTo], true, true).last();
  const sent = await lastUpTo(seq);
  const signed = seq > receipted ? await lastUpTo(receipted) : sent;
  const apart = (sent?.runningCount ?? 0) - (signed?.runningCount ?? 0);
  const count = head.runningCount - (sent?.runningCount ?? 0);
  const waiting = db.sales.where("[epoch+seq]").between([epoch, seq], [epoch, Infinity], false);
  const first = count > 0 ? await waiting.first() : undefined;
  return {
    count: count + (carried?.count ?? 0),
    sumMinor: head.runningMinor - (sent?.runningMinor ?? 0) + (carried?.sumMinor ?? 0),
    oldestMs: earlier(first?.atMs ?? null, carried?.oldestMs ?? null),
    withOwner:
      apart > 0 ? { count: apart, sumMinor: (sent?.runningMinor ?? 0) - (signed?.runningMinor ?? 0) } : null,
  };
}

const NONE: SaleFigures = { count: 0, sumMinor: 0, oldestMs: null };

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
