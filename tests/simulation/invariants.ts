import { toHex } from "#protocol/bytes.ts";
import { spendKey, type SaleBody, type TillBody } from "#protocol/entry-bodies.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import type { JournalRow } from "#storage/schema.ts";
import type { OfficeBooks } from "./office.ts";

// What must hold after every schedule (DESIGN §11), each in a function of its own. A function answers the
// sentence that says what is broken, or null.

/** A till at the end of a schedule. */
export interface TillAtEnd {
  readonly id: string;
  readonly name: string;
  /** The whole journal, with what its entries say. */
  readonly journal: readonly { readonly row: JournalRow; readonly body: TillBody }[];
  /** First seq at which chain, signature or numbering does not hold; null when all does. */
  readonly brokenAt: number | null;
  readonly shownPaid: readonly PaidView[];
  /** The highest receipt that was ever on this till. */
  readonly receiptedSeq: number;
  /** A seq that was receipted before the server had it. */
  readonly receiptedEarly: number | null;
  readonly unsentCount: number;
  readonly stop: string | null;
  /** Somebody copied this till's disk and sold on with the copy. */
  readonly cloned: boolean;
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
}

export type Invariant = (end: AtEnd) => string | null;

/** I1: shown as paid ⇒ in the local journal, on disk. */
function shownIsInTheJournal({ tills }: AtEnd): string | null {
  for (const till of tills) {
    for (const paid of till.shownPaid) {
      const entry = till.journal.find(({ row }) => row.epoch === paid.epoch && row.seq === paid.seq);
      if (entry?.body.kind !== "sale" || !toHex(entry.row.hash).startsWith(paid.headHex))
        return `${till.name} showed a sale of ${paid.amountMinor} as paid that is not at seq ${paid.seq}`;
    }
  }
  return null;
}

/** I2: receipted ⇒ in the server's database. */
function receiptedIsStored({ tills, office }: AtEnd): string | null {
  const stored = new Set(office.entries.map((entry) => `${entry.till}:${entry.seq}:${entry.hash}`));
  for (const till of tills) {
    if (till.receiptedEarly !== null)
      return `${till.name} had a receipt for seq ${till.receiptedEarly} before the server had it`;
    for (const { row } of till.journal) {
      if (row.seq <= till.receiptedSeq && !stored.has(`${till.id}:${row.seq}:${toHex(row.hash)}`))
        return `${till.name} has a receipt for seq ${row.seq}, the server has not the entry`;
    }
  }
  return null;
}

/** I3: each (epoch, seq) once, on the till and on the server, chained and signed. */
function eachNumberOnce({ tills, office }: AtEnd): string | null {
  for (const till of tills)
    if (till.brokenAt !== null) return `${till.name}: the chain does not hold at seq ${till.brokenAt}`;
  const seen = new Set<string>();
  for (const { till, seq } of office.entries) {
    if (seen.has(`${till}:${seq}`)) return `the server has seq ${seq} of ${till} twice`;
    seen.add(`${till}:${seq}`);
  }
  return null;
}

/** I4: the server's order is the till's order. */
function orderIsKept({ tills, office }: AtEnd): string | null {
  for (const till of tills) {
    const arrived = office.entries
      .filter((entry) => entry.till === till.id)
      .toSorted((a, b) => a.arrival - b.arrival);
    for (const [at, entry] of arrived.entries()) {
      if (entry.seq !== at) return `${till.name}: seq ${entry.seq} came as number ${at}`;
      const own = till.journal[at];
      if (!till.cloned && (!own || toHex(own.row.hash) !== entry.hash))
        return `${till.name}: the server's seq ${at} is not the till's`;
    }
  }
  return null;
}

/** I5: money on the server = money in the journals − losses reported by name. */
function moneyAgrees({ tills, office, codes, forgotten }: AtEnd): string | null {
  for (const till of tills.filter((one) => !one.cloned)) {
    const own = salesOf(till).reduce((sum, { body }) => sum + body.totalMinor, 0);
    const booked = office.salesMinor.get(till.id) ?? 0;
    if (own !== booked) return `${till.name} sold ${own}, the server booked ${booked}`;
    const last = salesOf(till).at(-1)?.body;
    if (last && (last.runningMinor !== own || last.runningCount !== salesOf(till).length))
      return `${till.name}: running figures ${last.runningCount}/${last.runningMinor} against ${own}`;
  }
  const byCode = new Map<string, number>();
  for (const till of tills.filter((one) => !one.cloned)) {
    for (const { row, body } of salesOf(till)) {
      const lost = office.losses
        .filter((loss) => loss.till === till.id && loss.seq === row.seq)
        .reduce((sum, loss) => sum + loss.lossMinor, 0);
      const byCodes = ctisOf(body).reduce((sum, { cti, amountMinor }) => {
        byCode.set(cti, (byCode.get(cti) ?? 0) + amountMinor - lost);
        return sum + amountMinor;
      }, 0);
      if (lost > byCodes) return `${till.name} seq ${row.seq}: lost ${lost} of ${byCodes}`;
    }
  }
  for (const [cti, funded] of byCode)
    if (!forgotten.has(cti) && funded > (codes.get(cti) ?? 0))
      return `code ${cti} funded ${funded} of ${codes.get(cti) ?? 0}`;
  return null;
}

/** I6: after the network heals, every queue drains. */
function queuesDrain({ tills, office }: AtEnd): string | null {
  const stored = new Set([...office.entries.map((entry) => entry.hash), ...office.quarantined]);
  for (const till of tills) {
    const missing = till.journal.find(({ row }) => !stored.has(toHex(row.hash)));
    if (missing) return `${till.name}: seq ${missing.row.seq} never reached the server`;
    if (!till.cloned && till.unsentCount > 0) return `${till.name} still shows ${till.unsentCount} as unsent`;
  }
  return null;
}

/** I7: forks and gaps are always found, never falsely. */
function forksAreFound({ tills, office }: AtEnd): string | null {
  for (const till of tills) {
    if (till.cloned && !office.found.has(till.id)) return `${till.name} was cloned and nobody found it`;
    if (!till.cloned && office.found.has(till.id)) return `${till.name} was called forked and is not`;
    const isStopped = till.stop !== null && till.stop !== "revoked";
    if (till.cloned !== isStopped)
      return `${till.name}: stop is ${till.stop ?? "none"}, cloned ${till.cloned}`;
  }
  return null;
}

/** I8: a code funds at most one sale; a second use is a loss by name, and only where a lease went astray. */
function codesFundOnce({ tills, office, strayed, forgotten }: AtEnd): string | null {
  const lost = new Set(office.losses.map((loss) => `${loss.till}:${loss.seq}`));
  const uses = new Map<string, string[]>();
  const funded = new Map<string, string>();
  for (const till of tills.filter((one) => !one.cloned)) {
    for (const { row, body } of salesOf(till)) {
      const use = `${till.id}:${row.seq}`;
      for (const { cti } of ctisOf(body)) {
        uses.set(cti, [...(uses.get(cti) ?? []), use]);
        const before = funded.get(cti);
        if (before && !lost.has(use)) return `code ${cti} funded ${before} and ${use}`;
        if (!lost.has(use)) funded.set(cti, use);
      }
    }
  }
  for (const [cti, used] of uses) {
    // Only the till that took it knows of it; the server cannot say more than that it was taken.
    if (forgotten.has(cti)) continue;
    const claim = office.claims.get(cti);
    if (used.length > 1 && !strayed.has(cti))
      return `code ${cti} was taken ${used.length} times: ${used.join(" ")}`;
    const byClone = tills.some((till) => till.cloned && till.id === claim?.till);
    if (!claim || (!byClone && !used.includes(`${claim.till}:${claim.seq}`)))
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
function noTryComesBack({ tills }: AtEnd): string | null {
  for (const till of tills) {
    const counted = new Map<string, number>();
    let attempts = 0;
    for (const { body } of till.journal) {
      if (body.kind === "attempt") {
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

function salesOf(till: TillAtEnd): readonly { readonly row: JournalRow; readonly body: SaleBody }[] {
  return till.journal.flatMap(({ row, body }) => (body.kind === "sale" ? [{ row, body }] : []));
}

function ctisOf(sale: SaleBody): readonly { readonly cti: string; readonly amountMinor: number }[] {
  return sale.tenders.flatMap((tender) =>
    tender.method === "payment-code" ? [{ cti: spendKey(tender.cti), amountMinor: tender.amountMinor }] : [],
  );
}
