import { concat, randomBytes, type Bytes } from "#protocol/bytes.ts";
import { encodeCertificate } from "#protocol/certificate.ts";
import { sign } from "#protocol/crypto.ts";
import {
  encodeEntry,
  genesisPrev,
  hashEntry,
  SERVER_TILL,
  signEntry,
  type SignedEntry,
} from "#protocol/entry.ts";
import { encodeServerBody, encodeTillBody, type ServerBody, type TillBody } from "#protocol/entry-bodies.ts";
import {
  encodeJournalRecord,
  JOURNAL_MAGIC,
  JournalTotals,
  signJournalEnd,
  type JournalRecord,
} from "#protocol/export-journal.ts";
import { encodeKeyset, signKeyset } from "#protocol/keyset.ts";
import { signAnswer } from "#protocol/push.ts";
import type { Shop } from "./shop.ts";

// A till's journal as it would stand in a shop, for the tests of what leaves the house in files.

export const EPOCH = 2;
const SALE_MS = 1_780_000_000_000;

export interface ChainedEntry {
  readonly signed: SignedEntry;
  readonly hash: Bytes;
  readonly body: TillBody;
}

export async function certificateOf(shop: Shop): Promise<{ bytes: Bytes; signature: Bytes }> {
  const { lineage, merchant, store, till, root, device } = shop;
  const bytes = encodeCertificate({
    lineage,
    merchant,
    store,
    till,
    epoch: EPOCH,
    deviceKey: device.point,
    vaultKey: device.point,
    rootKey: root.point,
    serverMs: SALE_MS,
  });
  return { bytes, signature: await sign(root.privateKey, "cert", bytes) };
}

/** Bodies of genesis and so many cash sales of 1, 2, 3… yuan. */
export function salesBodies(count: number): readonly TillBody[] {
  const operator = new Uint8Array(16).fill(7);
  let runningMinor = 0;
  const sales = Array.from({ length: count }, (_, i): TillBody => {
    const amountMinor = (i + 1) * 100;
    runningMinor += amountMinor;
    return {
      kind: "sale",
      sale: randomBytes(16),
      operator,
      feedVersion: 1,
      currency: "CNY",
      totalMinor: amountMinor,
      tenders: [{ method: "cash", amountMinor, receivedMinor: amountMinor }],
      runningCount: i + 1,
      runningMinor,
    };
  });
  return [{ kind: "genesis" }, ...sales];
}

/** These bodies chained and signed, from the certificate on. */
export async function chain(shop: Shop, bodies: readonly TillBody[]): Promise<readonly ChainedEntry[]> {
  let prev = await genesisPrev((await certificateOf(shop)).bytes);
  const entries: ChainedEntry[] = [];
  for (const [seq, body] of bodies.entries()) {
    const bytes = encodeEntry({
      merchant: shop.merchant,
      till: shop.till,
      epoch: EPOCH,
      seq,
      prev,
      kind: body.kind,
      time: { clockMs: SALE_MS + seq, nowMs: SALE_MS + seq, quality: "anchored" },
      versions: { feed: 1, keyset: 3, build: "test" },
      body: encodeTillBody(body),
    });
    prev = await hashEntry(bytes);
    entries.push({ signed: await signEntry(shop.device.privateKey, bytes), hash: prev, body });
  }
  return entries;
}

/** The server's decision about entries with these hashes, as its own journal holds it. */
export async function decisionOf(
  shop: Shop,
  hashes: readonly Bytes[],
  over: Partial<Extract<ServerBody, { kind: "quarantine-decided" }>> = {},
): Promise<JournalRecord> {
  const body = {
    kind: "quarantine-decided",
    till: shop.till,
    epoch: EPOCH,
    decided: "booked",
    hashes,
  } as const;
  const bytes = encodeEntry({
    merchant: shop.merchant,
    till: SERVER_TILL,
    epoch: 1,
    seq: 40,
    prev: new Uint8Array(32),
    kind: body.kind,
    time: { clockMs: SALE_MS, nowMs: SALE_MS, quality: "anchored" },
    versions: { feed: 0, keyset: 0, build: "server" },
    body: encodeServerBody({ ...body, ...over }),
  });
  return { type: "decision", entry: await signEntry(shop.answer.privateKey, bytes) };
}

/**
 * The records of a journal file with these entries: a receipt in the middle, one at the end, what was booked
 * of `apart` in one decision, the statement.
 */
export async function journalRecords(
  shop: Shop,
  entries: readonly ChainedEntry[],
  apart: readonly ChainedEntry[] = [],
): Promise<readonly JournalRecord[]> {
  const { lineage, merchant, till } = shop;
  const keyset = encodeKeyset(shop.keyset);
  const receiptAt = async (seq: number): Promise<JournalRecord> => ({
    type: "receipt",
    answer: await signAnswer(shop.answer.privateKey, {
      lineage,
      merchant,
      till,
      epoch: EPOCH,
      seq,
      headHash: entries[seq]?.hash ?? randomBytes(32),
      result: "ok",
      detail: { kind: "none" },
      serverMs: SALE_MS,
      requestHash: new Uint8Array(32),
    }),
  });
  const records: JournalRecord[] = [
    { type: "journal", merchant, till, epoch: EPOCH },
    { type: "certificate", ...(await certificateOf(shop)) },
    {
      type: "keyset",
      root: shop.root.point,
      bytes: keyset,
      signature: await signKeyset(shop.root.privateKey, keyset),
    },
  ];
  const totals = new JournalTotals();
  for (const [seq, { signed, body }] of entries.entries()) {
    records.push({ type: "entry", entry: signed });
    if (body.kind === "sale") totals.addSale(body.currency, body.tenders);
    if (seq === 2 || seq === entries.length - 1) records.push(await receiptAt(seq));
  }
  const booked = new JournalTotals();
  const hashes = apart.map(({ hash }) => hash);
  if (apart.length > 0) records.push(await decisionOf(shop, hashes));
  for (const { signed, body } of apart) {
    records.push({ type: "booked", entry: signed });
    if (body.kind === "sale") booked.addSale(body.currency, body.tenders);
  }
  const end = {
    lineage,
    merchant,
    till,
    epoch: EPOCH,
    entries: entries.length,
    headHash: entries.at(-1)?.hash ?? new Uint8Array(32),
    sales: totals.sales,
    sums: totals.sums(),
    serverMs: SALE_MS,
    booked: { entries: apart.length, sales: booked.sales, sums: booked.sums() },
  };
  records.push(await signJournalEnd(shop.answer.privateKey, end));
  return records;
}

export function journalFile(records: readonly JournalRecord[]): Bytes {
  return concat(JOURNAL_MAGIC, ...records.map(encodeJournalRecord));
}
