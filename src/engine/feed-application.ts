import { sameBytes, toHex } from "#protocol/bytes.ts";
import { openFeedPage, type FeedChange, type FeedPage } from "#protocol/feed.ts";
import { openKeyset, type Keyset } from "#protocol/keyset.ts";
import type { IdentityRow, InboxRow, SettingsRow } from "#storage/schema.ts";
import { isDiskFault, isQuotaError, type TillDatabase } from "#storage/till-database.ts";
import { applySecretChange } from "./feed-secrets.ts";
import { endFullRun } from "./full-run.ts";
import type { TillTime } from "./till-time.ts";

/** Set beside what a full feed names. */
interface Mark {
  readonly run?: number;
}

/** An answer that lay in the inbox longer than this tells nothing about now. */
const FRESH_MS = 60_000;

/**
 * Applies the pages the service worker fetched (PROTOCOL §7): each verified here once more, each in one
 * transaction, only where lineage and version continue what this till has. Answers the keyset as it stands
 * afterwards, and whether the disk had no room: a page it refuses waits in the inbox, and selling goes on.
 */
export async function applyInbox(
  db: TillDatabase,
  identity: IdentityRow,
  keyset: Keyset,
  time: TillTime,
): Promise<{ readonly keyset: Keyset; readonly noRoom: boolean }> {
  let present = keyset;
  try {
    for (const row of await db.inbox.orderBy("id").toArray()) {
      const page = await openFeedPage(present, row, row.requestHash);
      const mine = page && sameBytes(page.till, identity.till) && sameBytes(page.merchant, identity.merchant);
      if (page && mine) {
        anchorBy(page, row, time);
        const applied = await applyPage(db, identity, present, page, time);
        // Asked from where we stand, and nothing came: the full feed is at its end.
        if (applied && page.changes.length === 0) await endFullRun(db, identity);
        present = applied ?? present;
      }
      // A page that is not ours or not next says nothing; the next round asks again from where we stand.
      if (row.id !== undefined) await db.inbox.delete(row.id);
    }
  } catch (cause) {
    // Thrown on, it would shut the till for the sake of a setting: the page stays, and is applied another
    // time.
    if (!isQuotaError(cause) && !isDiskFault(cause)) throw cause;
    return { keyset: present, noRoom: isQuotaError(cause) };
  }
  return { keyset: present, noRoom: false };
}

function anchorBy(page: FeedPage, row: InboxRow, time: TillTime): void {
  const lain = time.read().clockMs - row.receivedClockMs;
  if (page.serverMs !== null && lain >= 0 && lain < FRESH_MS)
    time.anchorTo(page.serverMs + lain, row.roundTripMs);
}

/** Null when the page does not continue what is here. */
async function applyPage(
  db: TillDatabase,
  identity: IdentityRow,
  keyset: Keyset,
  page: FeedPage,
  time: TillTime,
): Promise<Keyset | null> {
  const next = await newestKeyset(identity, keyset, page);
  const { nowMs } = time.read();
  return db.transaction("rw", db.tables, async () => {
    const feed = await db.setting("feed");
    if (!feed || !sameBytes(feed.lineage, page.lineage)) return null;
    const beginsAnew = page.full && page.from === 0;
    if (!beginsAnew && page.from !== feed.version) return null;
    const run = await runOf(db, page, beginsAnew);
    const mark = run === null ? {} : { run };
    for (const change of page.changes) await applyChange(db, identity, change, mark);
    if (next.row) await db.settings.put(next.row);
    // The signed time of the page, not of its application: it may have lain here for hours (PROTOCOL §11).
    const heard = page.serverMs === null ? null : Math.min(page.serverMs, nowMs);
    if (heard !== null) await db.settings.put({ key: "heard", atMs: heard });
    const appliedAtMs = page.changes.length > 0 ? nowMs : feed.appliedAtMs;
    await db.settings.put({ key: "feed", version: page.to, lineage: page.lineage, appliedAtMs });
    return next.keyset;
  });
}

/** Verified before the transaction: crypto inside it would let it commit half-way. */
async function newestKeyset(
  identity: IdentityRow,
  keyset: Keyset,
  { changes, lineage }: Pick<FeedPage, "changes" | "lineage">,
): Promise<{ keyset: Keyset; row: Extract<SettingsRow, { key: "keyset" }> | null }> {
  let newest = keyset;
  let row: Extract<SettingsRow, { key: "keyset" }> | null = null;
  for (const change of changes) {
    if (change.type !== "keyset") continue;
    const opened = await openKeyset(identity.rootKey, change.keyset, change.signature, newest);
    // Of a lineage that was left, or that never was ours, no key is taken.
    if (!opened || !sameBytes(opened.lineage, lineage)) continue;
    if (opened.version === newest.version && sameBytes(opened.lineage, newest.lineage)) continue;
    newest = opened;
    row = { key: "keyset", bytes: change.keyset, signature: change.signature };
  }
  return { keyset: newest, row };
}

/**
 * The full feed this page belongs to, null when to none. A page that leads nowhere (of an epoch that waits or
 * has ended) begins none: what it does not name stays.
 */
async function runOf(db: TillDatabase, page: FeedPage, beginsAnew: boolean): Promise<number | null> {
  const before = await db.setting("full-run");
  if (!beginsAnew || page.to === 0) return before?.run ?? null;
  // Time is no number of ours: one more than any mark that may still stand somewhere.
  const marked = await db.setting("last-run");
  const run = (marked?.run ?? 0) + 1;
  await db.settings.bulkPut([
    { key: "full-run", run },
    { key: "last-run", run },
  ]);
  return run;
}

async function applyChange(
  db: TillDatabase,
  identity: IdentityRow,
  change: FeedChange,
  mark: Mark,
): Promise<void> {
  switch (change.type) {
    case "policy":
      await db.settings.put({ key: "policy", policy: change.policy });
      return;
    case "outage-policy":
      await db.settings.put({ key: "outage-policy", policy: change.policy });
      return;
    case "shop": {
      const { shopName, tillName, currency } = change;
      await db.settings.put({ key: "shop", shopName, tillName, currency });
      return;
    }
    case "operator": {
      const { name, role, active } = change;
      await db.operators.put({ id: toHex(change.operator), name, role, active, ...mark });
      return;
    }
    case "code":
      await db.codes.put({
        numberTag: toHex(change.numberTag),
        cti: toHex(change.cti),
        cose: change.cose,
        ...mark,
      });
      return;
    case "lease": {
      const till = change.till && toHex(change.till);
      await db.leases.put({ cti: toHex(change.cti), till, tillName: change.tillName, ...mark });
      return;
    }
    case "lease-wanted":
      if (change.wanted) await db.leaseAsks.put({ cti: toHex(change.cti), ...mark });
      else await db.leaseAsks.delete(toHex(change.cti));
      return;
    case "claim-released": {
      const claim = await db.claims.get(toHex(change.cti));
      // A claim made since is another one, which the owner has not spoken of.
      if (claim?.epoch === change.epoch && claim.seq === change.seq) await db.claims.delete(claim.cti);
      return;
    }
    case "revoked":
      await db.revoked.put({ cti: toHex(change.cti), untilMs: change.untilMs, ...mark });
      return;
    case "spent": {
      const cti = toHex(change.cti);
      const known = await db.spent.get(cti);
      // Our own record of it says more (and came first): never written over by the list.
      if (known) {
        if (!known.here) await db.spent.put({ ...known, ...mark });
        return;
      }
      const { tillName, atMs, amountMinor } = change;
      await db.spent.put({
        cti,
        tillName,
        atMs,
        amountMinor,
        here: sameBytes(change.till, identity.till),
        ...mark,
      });
      return;
    }
    case "loss": {
      const { epoch, seq, lossMinor } = change;
      await db.losses.put({ ...(await db.losses.get([epoch, seq])), epoch, seq, lossMinor });
      return;
    }
    case "lost-to": {
      const { epoch, seq, tillName, atMs } = change;
      const told = await db.losses.get([epoch, seq]);
      await db.losses.put({ epoch, seq, lossMinor: told?.lossMinor ?? 0, lostTo: { tillName, atMs } });
      return;
    }
    case "keyset":
      return;
    case "site-key":
      await db.siteKeys.put({ keyEpoch: change.keyEpoch, sealed: change.sealed, ...mark });
      return;
    case "till-state":
      await applyState(db, toHex(identity.till), change.state);
      return;
    case "secret":
    case "secret-withdrawn":
    case "unlocked":
    case "unlock-key":
    case "method-policy":
    case "vault-level":
    case "vault-lease":
      await applySecretChange(db, change, mark);
  }
}

async function applyState(db: TillDatabase, till: string, state: "active" | "revoked"): Promise<void> {
  const stop = await db.setting("stop");
  if (state === "revoked") {
    const own = await db.leases.filter((row) => row.till === till).primaryKeys();
    await db.leaseAsks.bulkPut(own.map((cti) => ({ cti })));
    if (!stop) await db.settings.put({ key: "stop", reason: "revoked" });
    return;
  }
  // A fork or damage is not lifted by the office saying «active»: only a new activation ends it.
  if (stop?.reason === "revoked") await db.settings.delete("stop");
  const row = await db.identity.get("till");
  if (row?.key === "till" && row.compareDigits !== null)
    await db.identity.put({ ...row, compareDigits: null });
}
