import { toHex } from "#protocol/bytes.ts";
import { spendKey, type SaleBody, type TillBody } from "#protocol/entry-bodies.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import type { PastEntry } from "./each-step.ts";
import { keyOf, lifeOf } from "./kept-on-tablet.ts";
import type { BookedSale, OfficeBooks } from "./office.ts";

// What must hold after every schedule (DESIGN §11), each in a function of its own. A function answers the
// sentence that says what is broken, or null.

/** A tablet at the end of a schedule. */
export interface TillAtEnd {
  /** Hex; the till it is now. */
  readonly id: string;
  readonly name: string;
  /** Every entry it ever had on disk, of all its lives, with what they say. */
  readonly past: readonly { readonly entry: PastEntry; readonly body: TillBody }[];
  /** Keys of entries that were thrown away with the site's data before anybody had signed for them. */
  readonly gone: ReadonlySet<string>;
  /** First entry at which chain, signature or numbering does not hold; null when all does. */
  readonly brokenAt: string | null;
  readonly shownPaid: readonly PaidView[];
  /** The highest seq that the present server signed for, by till and epoch. */
  readonly receipted: ReadonlyMap<string, number>;
  /** An entry that was receipted before the server had it. */
  readonly receiptedEarly: string | null;
  readonly unsentCount: number;
  readonly stop: string | null;
  /** Epochs of which somebody copied the disk and sold on with the copy. */
  readonly cloned: ReadonlySet<string>;
  readonly isCloned: boolean;
  /** Tries on disk, by their key. */
  readonly tries: ReadonlyMap<string, number>;
  /** How often a secret was looked at. */
  readonly checks: number;
  /** After all was healed a sale was paid and reached the server. */
  readonly lastSaleArrived: boolean;
}

export interface AtEnd {
  readonly tills: readonly TillAtEnd[];
  readonly office: OfficeBooks;
  /** Amount of every code that was issued. */
  readonly codes: ReadonlyMap<string, number>;
  /** Codes that more than one till was told to be the holder of. */
  readonly strayed: ReadonlySet<string>;
  /** Codes that were issued after the backup that the server was restored from: it knows nothing of them. */
  readonly forgotten: ReadonlySet<string>;
  /** Epochs that the office called stolen, and those that a restored server was shown again by another. */
  readonly setApart: ReadonlySet<string>;
  /** Epochs that began on a tablet of which nothing was left. */
  readonly bornEmpty: ReadonlySet<string>;
}

export type Invariant = (end: AtEnd) => string | null;

/** I1: shown as paid ⇒ in the local journal, on disk. */
function shownIsInTheJournal({ tills }: AtEnd): string | null {
  for (const till of tills) {
    for (const paid of till.shownPaid) {
      const found = till.past.some(
        ({ entry, body }) =>
          entry.epoch === paid.epoch &&
          entry.seq === paid.seq &&
          entry.hashHex.startsWith(paid.headHex) &&
          body.kind === "sale",
      );
      if (!found)
        return `${till.name} showed a sale of ${paid.amountMinor} as paid that is not at ${paid.seq}`;
    }
  }
  return null;
}

/** I2: receipted ⇒ in the server's database. */
function receiptedIsStored({ tills, office }: AtEnd): string | null {
  const stored = new Set(office.entries.map((entry) => `${keyOf(entry)}:${entry.hash}`));
  for (const till of tills) {
    if (till.receiptedEarly !== null)
      return `${till.name} had a receipt for ${till.receiptedEarly} before the server had it`;
    for (const { entry } of till.past) {
      const isReceipted = entry.seq <= (till.receipted.get(lifeOf(entry)) ?? -1);
      if (isReceipted && !stored.has(`${keyOf(entry)}:${entry.hashHex}`))
        return `${till.name} has a receipt for ${keyOf(entry)}, the server has not the entry`;
    }
  }
  return null;
}

/** I3: each (epoch, seq) once, on the till and on the server, chained and signed. */
function eachNumberOnce({ tills, office }: AtEnd): string | null {
  for (const till of tills)
    if (till.brokenAt !== null) return `${till.name}: the chain does not hold at ${till.brokenAt}`;
  const seen = new Set<string>();
  for (const entry of office.entries) {
    const key = keyOf(entry);
    if (seen.has(key)) return `the server has ${key} twice`;
    seen.add(key);
  }
  return null;
}

/** I4: the server's order is the till's order. */
function orderIsKept({ tills, office }: AtEnd): string | null {
  const arrivals = Map.groupBy(office.entries, lifeOf);
  for (const till of tills) {
    const own = new Map(till.past.map(({ entry }) => [keyOf(entry), entry.hashHex]));
    for (const life of new Set(till.past.map(({ entry }) => lifeOf(entry)))) {
      const arrived = (arrivals.get(life) ?? []).toSorted((a, b) => a.arrival - b.arrival);
      for (const [at, entry] of arrived.entries()) {
        if (entry.seq !== at) return `${till.name}: ${keyOf(entry)} came as number ${at}`;
        if (!till.cloned.has(life) && own.get(keyOf(entry)) !== entry.hash)
          return `${till.name}: the server's ${keyOf(entry)} is not the till's`;
      }
    }
  }
  return null;
}

/**
 * I5: money on the server = money in the journals − losses reported by name. Every single sale is booked, or
 * set apart where that is what becomes of its epoch, or missing of an epoch whose loss the server names.
 */
function moneyAgrees(end: AtEnd): string | null {
  const { tills, office, codes, forgotten } = end;
  const booked = Map.groupBy(office.sales, keyOf);
  for (const till of tills) {
    for (const { entry, body } of salesOf(till)) {
      if (till.cloned.has(lifeOf(entry))) continue;
      const wrong = whereIs(end, till, entry, body, booked.get(keyOf(entry)) ?? []);
      if (wrong !== null) return `${till.name}: the sale ${keyOf(entry)} of ${body.totalMinor} ${wrong}`;
    }
    const known = new Set(till.past.map(({ entry }) => keyOf(entry)));
    const lives = new Set(till.past.map(({ entry }) => lifeOf(entry)));
    const foreign = office.sales.find(
      (sale) => lives.has(lifeOf(sale)) && !till.cloned.has(lifeOf(sale)) && !known.has(keyOf(sale)),
    );
    if (foreign) return `the server booked ${keyOf(foreign)}, which ${till.name} never sold`;
    for (const sales of Map.groupBy(salesOf(till), ({ entry }) => lifeOf(entry)).values()) {
      const sum = sales.reduce((so, { body }) => so + body.totalMinor, 0);
      const last = sales.at(-1)?.body;
      if (last && (last.runningMinor !== sum || last.runningCount !== sales.length))
        return `${till.name}: running figures ${last.runningCount}/${last.runningMinor} against ${sum}`;
    }
  }
  const lost = lostByKey(office);
  const byCode = new Map<string, number>();
  for (const { till, entry, body } of bookedSales(end)) {
    const lossMinor = lost.get(keyOf(entry)) ?? 0;
    const byCodes = ctisOf(body).reduce((sum, { cti, amountMinor }) => {
      byCode.set(cti, (byCode.get(cti) ?? 0) + amountMinor - lossMinor);
      return sum + amountMinor;
    }, 0);
    if (lossMinor > byCodes) return `${till.name} ${keyOf(entry)}: lost ${lossMinor} of ${byCodes}`;
  }
  for (const [cti, funded] of byCode)
    if (!forgotten.has(cti) && funded > (codes.get(cti) ?? 0))
      return `code ${cti} funded ${funded} of ${codes.get(cti) ?? 0}`;
  return null;
}

/** What is wrong with where a sale came to stand; null when it is accounted for, once. */
function whereIs(
  { office, setApart }: AtEnd,
  till: TillAtEnd,
  entry: PastEntry,
  body: SaleBody,
  booked: readonly BookedSale[],
): string | null {
  const [row, another] = booked;
  if (another) return `is booked ${booked.length} times`;
  if (row) return row.totalMinor === body.totalMinor ? null : `is booked as ${row.totalMinor}`;
  if (office.quarantined.has(entry.hashHex))
    return setApart.has(lifeOf(entry)) ? null : "was set apart, and its till is an honest one";
  if (!till.gone.has(keyOf(entry))) return "is in no book";
  // How far it went beyond what it last said to the server nobody can know.
  const named = office.shortfalls.some((loss) => lifeOf(loss) === lifeOf(entry) && loss.nextSeq <= entry.seq);
  return named ? null : "is lost, and nobody says so";
}

/** I6: after the network heals, every queue drains. */
function queuesDrain({ tills, office }: AtEnd): string | null {
  const stored = new Set([...office.entries.map((entry) => entry.hash), ...office.quarantined]);
  for (const till of tills) {
    const missing = till.past.find(({ entry }) => !stored.has(entry.hashHex) && !till.gone.has(keyOf(entry)));
    if (missing) return `${till.name}: ${keyOf(missing.entry)} never reached the server`;
    if (!till.isCloned && till.unsentCount > 0)
      return `${till.name} still shows ${till.unsentCount} as unsent`;
  }
  return null;
}

/** I7: forks and gaps are always found, never falsely. */
function forksAreFound({ tills, office }: AtEnd): string | null {
  for (const till of tills) {
    for (const life of till.cloned)
      if (!office.found.has(life)) return `${till.name} was cloned at ${life} and nobody found it`;
    for (const life of new Set(till.past.map(({ entry }) => lifeOf(entry))))
      if (!till.cloned.has(life) && office.found.has(life))
        return `${till.name} was called forked at ${life} and is not`;
    const isStopped = till.stop !== null && till.stop !== "revoked";
    if (till.isCloned !== isStopped)
      return `${till.name}: stop is ${till.stop ?? "none"}, cloned ${till.isCloned}`;
  }
  return null;
}

/** I8: a code funds at most one sale; a second use is a loss by name, and only where a lease went astray. */
function codesFundOnce(end: AtEnd): string | null {
  const { tills, office, strayed, forgotten } = end;
  const lost = lostByKey(office);
  const uses = new Map<string, string[]>();
  const funded = new Map<string, string>();
  for (const { entry, body } of bookedSales(end)) {
    const use = keyOf(entry);
    for (const { cti } of ctisOf(body)) {
      uses.set(cti, [...(uses.get(cti) ?? []), use]);
      const before = funded.get(cti);
      if (before && !lost.has(use)) return `code ${cti} funded ${before} and ${use}`;
      if (!lost.has(use)) funded.set(cti, use);
    }
  }
  for (const [cti, used] of uses) {
    // Only the till that took it knows of it; the server cannot say more than that it was taken.
    if (forgotten.has(cti)) continue;
    const claim = office.claims.get(cti);
    if (used.length > 1 && !strayed.has(cti))
      return `code ${cti} was taken ${used.length} times: ${used.join(" ")}`;
    const byClone = claim !== undefined && tills.some((till) => till.cloned.has(lifeOf(claim)));
    if (!claim || (!byClone && !used.includes(keyOf(claim))))
      return `code ${cti} was taken by ${used.join(" ")}, the server says otherwise`;
  }
  return null;
}

/** I9: a refused entry never blocks the next. */
function nothingBlocks({ tills }: AtEnd): string | null {
  const stuck = tills.find((till) => !till.lastSaleArrived);
  return stuck ? `${stuck.name} could not sell and deliver once all was healed` : null;
}

/** I11: no attempt is ever given back. */
function noTryComesBack({ tills, bornEmpty }: AtEnd): string | null {
  for (const till of tills) {
    const counted = new Map<string, number>();
    let attempts = 0;
    for (const { entry, body } of till.past) {
      // Another epoch: PINs begin anew; what was tried at codes stands, unless nothing was left to know it.
      if (body.kind === "genesis") forget(counted, bornEmpty.has(lifeOf(entry)) ? "" : "operator:");
      else if (body.kind === "attempt") {
        attempts++;
        const key = `${body.subjectClass}:${toHex(body.subject)}`;
        counted.set(key, (counted.get(key) ?? 0) + 1);
        if (counted.get(key) !== body.n)
          return `${till.name}: try ${body.n} of ${key} is number ${counted.get(key)}`;
      } else if (body.kind === "operator-in") counted.delete(`operator:${toHex(body.operator)}`);
      else if (body.kind === "sale") for (const { cti } of ctisOf(body)) counted.delete(`code:${cti}`);
    }
    if (till.checks > attempts)
      return `${till.name} looked at ${till.checks} secrets and counted ${attempts}`;
    for (const [key, count] of counted)
      if ((till.tries.get(key) ?? 0) < count)
        return `${till.name}: ${key} tried ${count} times, on disk fewer`;
  }
  return null;
}

/** By name, so that a broken one is named as in DESIGN §11. */
export const INVARIANTS: Readonly<Record<string, Invariant>> = {
  I1: shownIsInTheJournal,
  I2: receiptedIsStored,
  I3: eachNumberOnce,
  I4: orderIsKept,
  I5: moneyAgrees,
  I6: queuesDrain,
  I7: forksAreFound,
  I8: codesFundOnce,
  I9: nothingBlocks,
  I11: noTryComesBack,
};

function forget(counted: Map<string, number>, prefix: string): void {
  for (const key of counted.keys()) if (key.startsWith(prefix)) counted.delete(key);
}

interface PastSale {
  readonly till: TillAtEnd;
  readonly entry: PastEntry;
  readonly body: SaleBody;
}

function salesOf(till: TillAtEnd): readonly PastSale[] {
  return till.past.flatMap(({ entry, body }) => (body.kind === "sale" ? [{ till, entry, body }] : []));
}

/** The sales that stand in the books, of epochs that nobody copied. */
function bookedSales({ tills, office }: AtEnd): readonly PastSale[] {
  const booked = new Set(office.sales.map(keyOf));
  return tills.flatMap((till) =>
    salesOf(till).filter(({ entry }) => !till.cloned.has(lifeOf(entry)) && booked.has(keyOf(entry))),
  );
}

/** What codes did not fund, by the sale's place. */
function lostByKey(office: OfficeBooks): ReadonlyMap<string, number> {
  const lost = new Map<string, number>();
  for (const loss of office.losses) lost.set(keyOf(loss), (lost.get(keyOf(loss)) ?? 0) + loss.lossMinor);
  return lost;
}

function ctisOf(sale: SaleBody): readonly { readonly cti: string; readonly amountMinor: number }[] {
  return sale.tenders.flatMap((tender) =>
    tender.method === "payment-code" ? [{ cti: spendKey(tender.cti), amountMinor: tender.amountMinor }] : [],
  );
}
