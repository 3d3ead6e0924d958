// After a round: what was shown as paid, what the till holds and what the server holds, laid side by side.
import { fromHex, toHex } from "#protocol/bytes.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import { decodeEntry, hashEntry } from "#protocol/entry.ts";
import type { SaleBody } from "#protocol/entry-bodies.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { BooksAsRead } from "./books-as-read.ts";
import type { TillAsRead } from "./till-as-read.ts";

/** Up to where the books were compared before, with the hash that stood there. */
export interface Base {
  readonly seq: number;
  readonly hash: string;
}

/** A head the server signed for, whether or not the till ever heard it. */
export interface SignedHead {
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
}

export interface Evidence {
  /** Every sale that a screen showed as paid since the base was taken. */
  readonly shown: readonly PaidView[];
  readonly signed: readonly SignedHead[];
  readonly till: TillAsRead;
  readonly books: BooksAsRead;
  readonly base: Base;
}

/** Sentences, one for each sale or entry that is wrong; all empty when nothing is. */
export interface Judgement {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly stuck: readonly string[];
}

/** I1–I7 of DESIGN §11 as far as they can be seen from outside. */
export async function judge(evidence: Evidence): Promise<Judgement> {
  const { shown, signed, till, books, base } = evidence;
  const lost: string[] = [];
  const doubled: string[] = [];
  const stuck: string[] = [];
  const stored = new Map(books.entries.map((entry) => [`${entry.epoch}:${entry.seq}`, entry]));
  const own = new Map(till.entries.map((entry) => [`${entry.epoch}:${entry.seq}`, entry]));

  // I3: each number once and in an unbroken chain on the till.
  let prev = base.hash;
  for (const [at, entry] of till.entries.entries()) {
    const name = `${entry.epoch}:${entry.seq}`;
    if (entry.seq !== base.seq + 1 + at) lost.push(`I3: the till's journal has ${name} as number ${at}`);
    const bytes = fromHex(entry.bytes);
    if (toHex(await hashEntry(bytes)) !== entry.hash) lost.push(`I3: ${name} is not what its hash says`);
    const decoded = decodeEntry(bytes);
    if (prev !== "" && decoded && toHex(decoded.prev) !== prev) lost.push(`I3: ${name} continues another`);
    prev = entry.hash;
  }
  if (till.before !== base.seq + 1)
    lost.push(`I3: the till had ${base.seq + 1} entries, now ${till.before} of them`);
  if (books.before !== base.seq + 1)
    lost.push(`I2: the server had ${base.seq + 1} entries, now ${books.before} of them`);

  // I1: shown as paid, therefore in the till's journal (or, of an epoch that is over, on the server).
  const ids = new Map<string, string>();
  for (const { epoch, seq, body } of salesOf(till)) {
    const id = toHex(body.sale);
    const before = ids.get(id);
    if (before) doubled.push(`I1: sale ${id} stands at ${before} and at ${epoch}:${seq}`);
    ids.set(id, `${epoch}:${seq}`);
  }
  for (const paid of shown) {
    const name = `${paid.epoch}:${paid.seq}`;
    const entry = paid.epoch === till.epoch ? own.get(name) : stored.get(name);
    if (!entry || !entry.hash.startsWith(paid.headHex)) {
      lost.push(
        `I1: ${paid.amountMinor} was shown as paid at ${name}, head ${paid.headHex}, and is not there`,
      );
      continue;
    }
    const body = saleIn(entry.bytes);
    if (!body || toHex(body.sale) !== paid.saleId || body.totalMinor !== paid.amountMinor)
      lost.push(`I1: ${name} is not the sale of ${paid.amountMinor} that was shown`);
  }

  // I6, I2: everything of the till is on the server, the same bytes under the same number.
  for (const [name, entry] of own) {
    const there = stored.get(name);
    if (!there) stuck.push(`I6: ${name} (${entry.kind}) never reached the server`);
    else if (there.hash !== entry.hash || there.bytes !== entry.bytes)
      lost.push(`I3: the server's ${name} is not the till's`);
  }
  for (const [name, entry] of stored)
    if (entry.epoch === till.epoch && !own.has(name))
      lost.push(`I4: the server has ${name}, the till does not`);
  for (const head of signed) {
    if (head.epoch === till.epoch && head.seq <= base.seq) continue;
    const there = stored.get(`${head.epoch}:${head.seq}`);
    if (there?.hash !== head.hash)
      lost.push(`I2: the server signed for ${head.epoch}:${head.seq} and does not hold it`);
  }
  // I3: what an epoch that is over left behind stands there whole, from its beginning.
  const over = books.entries.filter((entry) => entry.epoch !== till.epoch);
  for (const [at, entry] of over.entries()) {
    const before = over[at - 1];
    const due = before?.epoch === entry.epoch ? before.seq + 1 : 0;
    if (entry.seq !== due) lost.push(`I3: the server has ${entry.epoch}:${entry.seq} where ${due} was due`);
  }
  let arrival = -1;
  for (const entry of books.entries.filter((one) => one.epoch === till.epoch)) {
    if (entry.arrival <= arrival) lost.push(`I4: ${entry.seq} arrived out of order`);
    arrival = entry.arrival;
  }

  // I5: the money.
  const booked = books.booked.get(till.epoch) ?? { count: 0, sumMinor: 0 };
  if (stuck.length === 0 && booked.sumMinor !== till.runningMinor) {
    const words = `I5: the till sold ${till.runningMinor}, the server booked ${booked.sumMinor}`;
    if (booked.sumMinor > till.runningMinor) doubled.push(words);
    else lost.push(words);
  }
  for (const id of books.bookedTwice) doubled.push(`I5: sale ${id} is booked twice`);
  for (const cti of books.fundedTwice) doubled.push(`I8: code ${cti} funded two sales`);
  if (books.outcomes > 0) doubled.push(`I8: ${books.outcomes} codes were taken twice by the server's books`);

  // I6, I7: nothing waits, nothing stands aside, nobody is called forked who is not.
  if (till.receiptedSeq !== till.headSeq)
    stuck.push(`I6: receipted up to ${till.receiptedSeq} of ${till.headSeq}`);
  if (till.carried > 0 && till.receiptedSeqs.length < 2)
    stuck.push(`I6: ${till.carried} carried entries wait`);
  if (books.quarantined > 0) stuck.push(`I7: ${books.quarantined} entries in quarantine`);
  if (till.stop !== null) stuck.push(`I7: the till is stopped: ${till.stop}`);
  for (const kind of books.findings) stuck.push(`I7: the server found ${kind}`);
  return { lost, doubled, stuck };
}

/** Where the next round's comparison may begin. */
export function nextBase(till: TillAsRead): Base {
  return { seq: till.headSeq, hash: till.headHash };
}

function saleIn(hex: string): SaleBody | null {
  const entry = decodeEntry(fromHex(hex));
  const body = entry && decodeTillBody(entry.kind, entry.body);
  return body?.kind === "sale" ? body : null;
}

function salesOf(
  till: TillAsRead,
): readonly { readonly epoch: number; readonly seq: number; readonly body: SaleBody }[] {
  return till.entries.flatMap(({ epoch, seq, kind, bytes }) => {
    const body = kind === "sale" ? saleIn(bytes) : null;
    return body ? [{ epoch, seq, body }] : [];
  });
}
