import { sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeCertificate, type Certificate } from "#protocol/certificate.ts";
import { importPublicKey, verify } from "#protocol/crypto.ts";
import { decodeEntry, hashEntry, verifyEntry, type SignedEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { CarriedCertificateRow, CarriedRow, JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { CopyCertificate, CopyContents } from "./mirror.ts";

/** Entries of other epochs or tills that verified, ready for the tables. */
export interface CarriedSet {
  readonly rows: readonly CarriedRow[];
  readonly certificates: readonly CarriedCertificateRow[];
}

export interface SaleFigures {
  readonly count: number;
  readonly sumMinor: number;
  readonly oldestMs: number | null;
}

/** An entry as a row of `carried`; null when it does not read or is none of a till. */
export async function carriedRow(signed: SignedEntry): Promise<CarriedRow | null> {
  const entry = decodeEntry(signed.bytes);
  if (!entry || entry.till === "server") return null;
  const { epoch, seq, kind, merchant } = entry;
  const hash = await hashEntry(signed.bytes);
  const { bytes, signature } = signed;
  const nowMs = entry.time.nowMs;
  const saleMinor = saleMinorOf(bytes);
  return { till: toHex(entry.till), epoch, seq, merchant, kind, bytes, signature, hash, nowMs, saleMinor };
}

/** A row of our own journal as a carried one; waits for nothing, so that it may run inside a transaction. */
export function carriedFromJournal(
  row: JournalRow,
  till: string,
  merchant: CarriedRow["merchant"],
): CarriedRow {
  const { epoch, seq, kind, bytes, signature, hash, nowMs } = row;
  const saleMinor = kind === "sale" ? saleMinorOf(bytes) : null;
  return { till, epoch, seq, merchant, kind, bytes, signature, hash, nowMs, saleMinor };
}

/** What was taken by the sale; null for anything else. */
function saleMinorOf(bytes: SignedEntry["bytes"]): number | null {
  const entry = decodeEntry(bytes);
  const body = entry && decodeTillBody(entry.kind, entry.body);
  return body?.kind === "sale" ? body.totalMinor : null;
}

/**
 * The entries that verify: in unbroken runs, each vouched for by its own or a later signature of its run
 * under the certificate's key (PROTOCOL §5). Where a copy was begun by a program that wrote no certificate,
 * the chain alone has to do; the server checks the signatures in any case.
 */
export async function verifiedSet(contents: CopyContents): Promise<CarriedSet> {
  const certificates = await genuine(contents.certificates);
  const groups = new Map<string, Map<number, CarriedRow>>();
  for (const signed of contents.entries) {
    const row = await carriedRow(signed);
    if (!row) continue;
    const key = `${row.till}:${row.epoch}`;
    const group = groups.get(key) ?? new Map<number, CarriedRow>();
    groups.set(key, group);
    if (!group.has(row.seq)) group.set(row.seq, row);
  }
  const rows: CarriedRow[] = [];
  for (const [key, group] of groups) {
    const whose = certificates.get(key)?.certificate ?? null;
    for (const run of runsOf([...group.values()])) rows.push(...(await vouchedFor(run, whose)));
  }
  return { rows, certificates: [...certificates.values()].map(({ row }) => row) };
}

async function genuine(
  certificates: readonly CopyCertificate[],
): Promise<ReadonlyMap<string, { readonly certificate: Certificate; readonly row: CarriedCertificateRow }>> {
  const found = new Map<string, { certificate: Certificate; row: CarriedCertificateRow }>();
  for (const { certificate: bytes, rootSignature } of certificates) {
    const certificate = decodeCertificate(bytes);
    const root = certificate && (await importPublicKey(certificate.rootKey).catch(() => null));
    if (!certificate || !root || !(await verify(root, "cert", bytes, rootSignature))) continue;
    const till = toHex(certificate.till);
    const { epoch } = certificate;
    found.set(`${till}:${epoch}`, { certificate, row: { till, epoch, certificate: bytes, rootSignature } });
  }
  return found;
}

function runsOf(rows: readonly CarriedRow[]): readonly (readonly CarriedRow[])[] {
  const runs: CarriedRow[][] = [];
  for (const row of rows.toSorted((a, b) => a.seq - b.seq)) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    const prev = decodeEntry(row.bytes)?.prev;
    const follows = before && prev && before.seq === row.seq - 1 && sameBytes(before.hash, prev);
    if (run && follows) run.push(row);
    else runs.push([row]);
  }
  return runs;
}

async function vouchedFor(
  run: readonly CarriedRow[],
  whose: Certificate | null,
): Promise<readonly CarriedRow[]> {
  if (!whose) return run;
  const device = await importPublicKey(whose.deviceKey);
  for (let length = run.length; length > 0; length--) {
    const last = run[length - 1];
    if (last && (await verifyEntry(device, last))) return run.slice(0, length);
  }
  return [];
}

/**
 * Takes verified entries of this merchant into `carried`; what lies there already stays as it is. Answers
 * the rows that are new, after they are on disk. For imports; the caller refreshes the figures.
 */
export async function keepCarried(
  db: TillDatabase,
  set: CarriedSet,
  merchant: Uint8Array,
): Promise<readonly CarriedRow[]> {
  return db.transaction("rw", [db.carried, db.carriedCertificates], () => addCarried(db, set, merchant));
}

/** As `keepCarried`, inside the caller's transaction. */
export async function addCarried(
  db: TillDatabase,
  set: CarriedSet,
  merchant: Uint8Array,
): Promise<readonly CarriedRow[]> {
  const mine = set.rows.filter((row) => sameBytes(row.merchant, merchant));
  const keys = mine.map((row): [string, number, number] => [row.till, row.epoch, row.seq]);
  const there = await db.carried.bulkGet(keys);
  const fresh = mine.filter((_, at) => there[at] === undefined);
  // `add`, never `put`: an entry that is there is never written over.
  await db.carried.bulkAdd(fresh);
  const tills = new Set(mine.map((row) => row.till));
  await db.carriedCertificates.bulkPut(set.certificates.filter((row) => tills.has(row.till)));
  return fresh;
}

/** What is carried and has come to no server yet, as the second copy keeps it. */
export async function carriedWaiting(db: TillDatabase): Promise<CopyContents> {
  const taken = await takenOf(db);
  const waits = (row: { readonly till: string; readonly epoch: number; readonly seq: number }): boolean =>
    row.seq > (taken.get(`${row.till}:${row.epoch}`) ?? -1);
  const entries = await db.carried.filter(waits).toArray();
  const groups = new Set(entries.map((row) => `${row.till}:${row.epoch}`));
  const certificates = await db.carriedCertificates.toArray();
  return { entries, certificates: certificates.filter((row) => groups.has(`${row.till}:${row.epoch}`)) };
}

/** How far the server has each group of carried entries, receipted or set apart; by `till:epoch`. */
async function takenOf(db: TillDatabase): Promise<ReadonlyMap<string, number>> {
  const receipts = await db.carriedReceipts.toArray();
  return new Map(receipts.map((row) => [`${row.till}:${row.epoch}`, Math.max(row.seq, row.asideSeq)]));
}

/** Number, sum and oldest of the sales among these rows. */
export function saleFigures(rows: Iterable<Pick<CarriedRow, "saleMinor" | "nowMs">>): SaleFigures {
  let count = 0;
  let sumMinor = 0;
  let oldestMs: number | null = null;
  for (const { saleMinor, nowMs } of rows) {
    if (saleMinor === null) continue;
    count++;
    sumMinor += saleMinor;
    oldestMs = oldestMs === null ? nowMs : Math.min(oldestMs, nowMs);
  }
  return { count, sumMinor, oldestMs };
}

/** The carried sales no receipt covers and no quarantine holds, as they stand in the tables. */
export function carriedUnsent(db: TillDatabase): Promise<SaleFigures> {
  return new CarriedFigures(db).now();
}

type CarriedSale = Pick<CarriedRow, "till" | "epoch" | "seq" | "saleMinor" | "nowMs">;

/** What of the carried sales waits. The rows never change: they are read once, the receipts each time. */
export class CarriedFigures {
  readonly #db: TillDatabase;
  #sales: readonly CarriedSale[] = [];
  #rows = 0;

  constructor(db: TillDatabase) {
    this.#db = db;
  }

  async now(): Promise<SaleFigures> {
    const rows = await this.#db.carried.count();
    if (rows !== this.#rows) await this.#readAll(rows);
    const taken = await takenOf(this.#db);
    return saleFigures(this.#sales.filter((row) => row.seq > (taken.get(`${row.till}:${row.epoch}`) ?? -1)));
  }

  /** Writes the figures down where screens and carrier read them. */
  async note(): Promise<void> {
    const { count, sumMinor, oldestMs } = await this.now();
    const before = await this.#db.setting("carried-unsent");
    if (before ? before.count === count && before.sumMinor === sumMinor : count === 0) return;
    await this.#db.settings.put({ key: "carried-unsent", count, sumMinor, oldestMs });
  }

  async #readAll(rows: number): Promise<void> {
    const sales: CarriedSale[] = [];
    await this.#db.carried.each(({ till, epoch, seq, saleMinor, nowMs }) => {
      if (saleMinor !== null) sales.push({ till, epoch, seq, saleMinor, nowMs });
    });
    this.#sales = sales;
    this.#rows = rows;
  }
}
