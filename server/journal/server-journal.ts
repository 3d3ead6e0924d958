// The server's own journal of a merchant (PROTOCOL §5): the same bytes, chain and codec as a till's, signed
// by the answer key. Codes issued and revoked and double spends decided stand here, so that the books can be
// rebuilt.
import { refused, type Result } from "#domain/result.ts";
import { randomBytes, sameBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor } from "#protocol/cbor.ts";
import {
  encodeEntry,
  genesisPrev,
  hashEntry,
  SERVER_TILL,
  signEntry,
  type SignedEntry,
} from "#protocol/entry.ts";
import { decodeServerBody, encodeServerBody, type ServerBody } from "#protocol/entry-bodies.ts";
import type { Ground } from "../books.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";

/** The server's place among the tills in the table of entries. */
export const SERVER_TILL_KEY: Bytes = utf8(SERVER_TILL);
const FIRST_EPOCH = 1;
const BUILD = "server";
/** Others may append between our signing and our writing; more often than this is a fault, not bad luck. */
const MAX_RACES = 20;
/** A restore jumps over so many arrivals and feed versions for each epoch it jumps over. */
export const NUMBERS_A_JUMP = 1000;
/** What this version makes of entries it understands. */
export const APPLIED_VERSION = 1;

interface Head {
  readonly epoch: number;
  readonly seq: number;
  readonly hash: Uint8Array;
}

interface Drafted {
  readonly signed: SignedEntry;
  readonly hash: Bytes;
  readonly seq: number;
  readonly kind: string;
}

/** Begins a new merchant's server journal. `tx` is the one that writes the merchant. */
export async function beginServerJournal(
  ground: Pick<Ground, "instance" | "nowMs">,
  tx: DatabaseTransaction,
  merchant: Uint8Array,
): Promise<void> {
  await tx.insertInto("books.counters").values({ merchant_id: merchant }).execute();
  await beginEpoch(ground, tx, merchant, FIRST_EPOCH, []);
}

/**
 * After a restore: the journal may have lost its end, so it goes on in an epoch that was never begun, `jump`
 * higher, which says first what the backup still had. No (epoch, seq) and no arrival is ever used for two.
 */
export async function restartServerJournal(
  ground: Pick<Ground, "instance" | "nowMs">,
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  lineages: { readonly before: Bytes; readonly lineage: Bytes },
  jump: number,
): Promise<void> {
  const held = await headOf(tx, merchant, true);
  const { epoch, seq: headSeq } = held;
  const headHash = new Uint8Array(held.hash);
  await takeArrivals(tx, merchant, jump * NUMBERS_A_JUMP);
  await beginEpoch(ground, tx, merchant, epoch + jump, [
    { kind: "lineage-begun", ...lineages, epoch, headSeq, headHash },
  ]);
}

async function beginEpoch(
  ground: Pick<Ground, "instance" | "nowMs">,
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  epoch: number,
  bodies: readonly ServerBody[],
): Promise<void> {
  const before: Head = { epoch, seq: -1, hash: await genesisPrev(merchant) };
  const drafts = await draft(ground, merchant, before, [{ kind: "server-genesis" }, ...bodies]);
  await write(tx, merchant, epoch, drafts, ground.nowMs());
  const head = {
    epoch,
    head_seq: drafts.at(-1)?.seq ?? -1,
    head_hash: drafts.at(-1)?.hash ?? before.hash,
  };
  await tx
    .insertInto("books.server_heads")
    .values({ merchant_id: merchant, ...head })
    .onConflict((conflict) => conflict.column("merchant_id").doUpdateSet(head))
    .execute();
}

/** Who appends last for a merchant in this process, by the database it does it in. */
const lastInLine = new WeakMap<Database, Map<string, Promise<unknown>>>();

/**
 * Appends to the merchant's server journal, in one transaction with `deed`. Signed before the transaction;
 * when another process has appended meanwhile, it is signed again. Within this one they wait for each other:
 * an owner who does thirty things at once would lose the race for the last of them. A refusal of `deed` rolls
 * everything back. Throws when the head moves on for `MAX_RACES` rounds. `deed` appends nothing by itself: it
 * would wait for its own end.
 */
export async function appendServerEntries<T, R>(
  ground: Ground,
  merchant: Uint8Array,
  bodies: readonly ServerBody[],
  deed: (tx: DatabaseTransaction) => Promise<Result<T, R>>,
): Promise<Result<T, R>> {
  const line = lastInLine.get(ground.db) ?? new Map<string, Promise<unknown>>();
  lastInLine.set(ground.db, line);
  const key = toHex(merchant);
  const before = line.get(key) ?? Promise.resolve();
  const mine = before.then(() => appendInTurn(ground, merchant, bodies, deed));
  // Whoever comes next waits only for the end; how it ended is heard by its own caller.
  const end = mine.then(
    () => undefined,
    () => undefined,
  );
  line.set(key, end);
  try {
    return await mine;
  } finally {
    if (line.get(key) === end) line.delete(key);
  }
}

async function appendInTurn<T, R>(
  ground: Ground,
  merchant: Uint8Array,
  bodies: readonly ServerBody[],
  deed: (tx: DatabaseTransaction) => Promise<Result<T, R>>,
): Promise<Result<T, R>> {
  for (let race = 0; race < MAX_RACES; race++) {
    const before = await headOf(ground.db, merchant, false);
    const drafts = await draft(ground, merchant, before, bodies);
    const done = await attempt(ground, merchant, before, drafts, deed);
    if (done !== "overtaken") return done;
  }
  throw new Error("server journal: overtaken too often");
}

async function attempt<T, R>(
  ground: Ground,
  merchant: Uint8Array,
  before: Head,
  drafts: readonly Drafted[],
  deed: (tx: DatabaseTransaction) => Promise<Result<T, R>>,
): Promise<Result<T, R> | "overtaken"> {
  try {
    return await ground.db.transaction().execute(async (tx) => {
      const now = await headOf(tx, merchant, true);
      if (now.epoch !== before.epoch || now.seq !== before.seq || !sameBytes(now.hash, before.hash))
        return "overtaken";
      const done = await deed(tx);
      if (!done.ok) throw new DeedRefused(done.refusal);
      await write(tx, merchant, before.epoch, drafts, ground.nowMs());
      const last = drafts.at(-1);
      if (last) {
        await tx
          .updateTable("books.server_heads")
          .set({ head_seq: last.seq, head_hash: last.hash })
          .where("merchant_id", "=", merchant)
          .execute();
      }
      return done;
    });
  } catch (fault) {
    if (fault instanceof DeedRefused) return refused(fault.refusal as R);
    throw fault;
  }
}

/** Carries a refusal out of the transaction, which must not commit. */
class DeedRefused extends Error {
  readonly refusal: unknown;
  constructor(refusal: unknown) {
    super("refused");
    this.refusal = refusal;
  }
}

async function headOf(db: Database, merchant: Uint8Array, lock: boolean): Promise<Head> {
  const asked = db.selectFrom("books.server_heads").selectAll().where("merchant_id", "=", merchant);
  const row = await (lock ? asked.forUpdate() : asked).executeTakeFirstOrThrow();
  return { epoch: row.epoch, seq: row.head_seq, hash: row.head_hash };
}

async function draft(
  ground: Pick<Ground, "instance" | "nowMs">,
  merchant: Uint8Array,
  before: Head,
  bodies: readonly ServerBody[],
): Promise<readonly Drafted[]> {
  const clockMs = ground.nowMs();
  const drafts: Drafted[] = [];
  let prev = new Uint8Array(before.hash);
  for (const body of bodies) {
    const seq = before.seq + 1 + drafts.length;
    const bytes = encodeEntry({
      merchant: new Uint8Array(merchant),
      till: SERVER_TILL,
      epoch: before.epoch,
      seq,
      prev,
      kind: body.kind,
      time: { clockMs, nowMs: clockMs, quality: "anchored" },
      versions: { feed: 0, keyset: 0, build: BUILD },
      body: encodeServerBody(body),
    });
    const signed = await signEntry(ground.instance.answer.privateKey, bytes);
    prev = await hashEntry(bytes);
    drafts.push({ signed, hash: prev, seq, kind: body.kind });
  }
  return drafts;
}

async function write(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  epoch: number,
  drafts: readonly Drafted[],
  receivedAtMs: number,
): Promise<void> {
  if (drafts.length === 0) return;
  const firstArrival = await takeArrivals(tx, merchant, drafts.length);
  await tx
    .insertInto("books.entries")
    .values(
      drafts.map((item, i) => ({
        merchant_id: merchant,
        till_id: SERVER_TILL_KEY,
        epoch,
        seq: item.seq,
        hash: item.hash,
        bytes: item.signed.bytes,
        signature: item.signed.signature,
        kind: item.kind,
        arrival: firstArrival + i,
        received_at_ms: receivedAtMs,
        applied_version: APPLIED_VERSION,
      })),
    )
    .execute();
}

/**
 * Takes `count` arrival numbers; answers the first. It locks the merchant's counters until the commit, so
 * arrivals become visible in their order: take them last, when all else that can wait is done.
 */
export async function takeArrivals(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  count: number,
): Promise<number> {
  const row = await tx
    .updateTable("books.counters")
    .set((eb) => ({ arrival: eb("arrival", "+", count) }))
    .where("merchant_id", "=", merchant)
    .returning("arrival")
    .executeTakeFirstOrThrow();
  return row.arrival - count + 1;
}

/** The last arrival number that is given and seen. */
export async function arrivalsSoFar(tx: DatabaseTransaction, merchant: Uint8Array): Promise<number> {
  const row = await tx
    .selectFrom("books.counters")
    .select("arrival")
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  return row.arrival;
}

/** Leaves a note, with the decision itself, that the server's journal has to say this. */
export async function oweServerEntry(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  body: ServerBody,
  nowMs: number,
): Promise<void> {
  await tx
    .insertInto("books.journal_duties")
    .values({
      merchant_id: merchant,
      duty_id: randomBytes(16),
      kind: body.kind,
      body: encodeCbor(encodeServerBody(body)),
      created_at_ms: nowMs,
    })
    .execute();
}

/**
 * Says what is owed, in the order in which it was decided. Safe to run at any time and by several at once.
 */
export async function payJournalDuties(ground: Ground, merchant: Uint8Array): Promise<number> {
  const owed = await ground.db
    .selectFrom("books.journal_duties")
    .selectAll()
    .where("merchant_id", "=", merchant)
    .orderBy("created_at_ms")
    .orderBy("duty_id")
    .limit(100)
    .execute();
  let paid = 0;
  for (const duty of owed) {
    const decoded = decodeCbor(duty.body);
    const body = decoded.ok ? decodeServerBody(duty.kind, decoded.value) : null;
    if (body === null) throw new Error("server journal: a duty of ours does not read back");
    const done = await appendServerEntries(ground, merchant, [body], async (tx) => {
      const gone = await tx
        .deleteFrom("books.journal_duties")
        .where("merchant_id", "=", merchant)
        .where("duty_id", "=", duty.duty_id)
        .executeTakeFirst();
      return gone.numDeletedRows > 0n ? { ok: true, value: null } : refused("already-said" as const);
    });
    if (done.ok) paid++;
  }
  return paid;
}
