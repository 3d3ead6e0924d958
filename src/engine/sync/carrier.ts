import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { feedPath } from "#protocol/feed-envelope.ts";
import { openKeyset } from "#protocol/keyset.ts";
import {
  decodeAnswer,
  CHALLENGE_BYTES,
  decodeHelloAnswer,
  hashRequest,
  MAX_PUSH_ENTRIES,
  NONCE_BYTES,
  signHello,
  TOKEN_MINUTES,
  type Answer,
} from "#protocol/push.ts";
import { encodeReadmission } from "#protocol/readmission.ts";
import { TILL_API } from "#protocol/till-api.ts";
import type { DeliveryStore } from "#storage/delivery-store.ts";
import type { HeadRow, IdentityRow, JournalRow, ReceiptRow } from "#storage/schema.ts";
import { pushCarried, takenOf } from "./carried-push.ts";
import { FIRST_PACE_BYTES } from "./pace.ts";
import { ServerLine, type Heard, type Round } from "./server-line.ts";

/**
 * One round of delivery (PROTOCOL §5, §7), alike in the service worker and, where there is none, in the
 * engine worker: push what the server has not, in order; keep its signed receipts; fetch pages into the
 * inbox. Correctness comes from the server's keys, so a second carrier at the same time costs work and
 * nothing else. No retry limit.
 */
export type RoundEnd =
  /** All entries are receipted and the feed is at its end. */
  | "done"
  /** Nothing to carry: the till is not enrolled. */
  | "nothing"
  /** No signed answer came, whatever else did. */
  | "no-answer"
  /** A signed answer speaks against this till; the evidence is in the store for the engine. */
  | "finding"
  /** A signed answer names another lineage: the engine decides whether the till goes over to it. */
  | "lineage"
  /** The inbox waits for the engine to apply what is there. */
  | "inbox-full";

/** So many pages wait in the inbox before the round stops fetching. */
export const MAX_INBOX_PAGES = 4;

export interface RoundListener {
  /** Entries receipted and to be receipted in this round. */
  progress(done: number, of: number): Promise<void>;
  /** Receipts or pages were written. */
  wrote(): void;
}

/** What a round came to. */
export interface RoundReport {
  readonly end: RoundEnd;
  /** Somebody answered something: the line was not cut. */
  readonly heard: boolean;
  readonly paceBytes: number;
  /** Seqs the server has taken, added up; moves when any of them does. */
  readonly reached: number;
  /** Entries wait that it has not taken. */
  readonly waiting: boolean;
}

export async function carry(
  store: DeliveryStore,
  round: Round,
  listener: RoundListener,
  paceBytes: number = FIRST_PACE_BYTES,
): Promise<RoundReport> {
  const nothing: RoundReport = { end: "nothing", heard: false, paceBytes, reached: 0, waiting: false };
  const identity = await store.identity();
  const head = await store.head();
  const keysetRow = await store.setting("keyset");
  if (!identity || !head || !keysetRow) return nothing;
  const keyset = await openKeyset(identity.rootKey, keysetRow.bytes, keysetRow.signature, null);
  const feed = await store.setting("feed");
  if (!keyset || !feed) return nothing;
  const { till, epoch } = identity;
  store.bind({ till: toHex(till), epoch, lineage: toHex(feed.lineage) });
  const line = new ServerLine(store, round, identity, keyset, feed.lineage, paceBytes);
  const carrier = new Carrier(store, round, listener, identity, line);
  const end = await carrier.round(head, feed.version);
  const { heard } = line;
  return {
    end: line.otherLineage ? "lineage" : end,
    heard,
    paceBytes: line.paceBytes,
    ...(await carrier.standing()),
  };
}

/**
 * Does an answer that speaks against us say that the server has all entries up to `seq`, in the chain or
 * beside it?
 */
function takesAside(answer: Answer, seq: number): boolean {
  const { result } = answer;
  return result === "fork" || result === "quarantined" || (result === "ok" && answer.seq > seq);
}

class Carrier {
  readonly #store: DeliveryStore;
  readonly #round: Round;
  readonly #listener: RoundListener;
  readonly #identity: IdentityRow;
  readonly #line: ServerLine;
  /** The receipt as it was last read or written; undefined: not looked at in this round. */
  #receiptedSeq: number | undefined = undefined;
  /** The newest receipt that is not on its way to the disk yet. */
  #toKeep: ReceiptRow | null = null;
  /** This round was shown another entry than ours. */
  #forked = false;
  /** Receipts on their way to the disk: the line need not wait for them. */
  #keeping: Promise<void> | null = null;

  constructor(
    store: DeliveryStore,
    round: Round,
    listener: RoundListener,
    identity: IdentityRow,
    line: ServerLine,
  ) {
    this.#store = store;
    this.#round = round;
    this.#listener = listener;
    this.#identity = identity;
    this.#line = line;
  }

  async round(head: HeadRow, appliedVersion: number): Promise<RoundEnd> {
    let pushed: RoundEnd;
    try {
      pushed = await this.push(head);
    } finally {
      await this.#keeping;
    }
    if (pushed === "no-answer") return pushed;
    const carried = await pushCarried(this.#store, this.#line, () => this.#listener.wrote());
    if (carried === "no-answer") return carried;
    return pushed === "done" ? this.pull(appliedVersion) : pushed;
  }

  async push(head: HeadRow): Promise<RoundEnd> {
    const { epoch } = this.#identity;
    let known = await this.#lastTaken();
    let end: "done" | "finding" = "done";
    const first = known;
    // Each hour the server says where it stands, so that a server restored from a backup is refilled.
    if (!(await this.#line.token()) || known < 0) {
      const hello = await this.#hello(head);
      if (hello === null) return "no-answer";
      // What speaks against this till stops its codes, never its deliveries: they go to quarantine (PROTOCOL
      // §6).
      if (hello === "finding") end = hello;
      else known = hello;
    }
    let target = head.seq;
    let ahead: { readonly from: number; readonly rows: Promise<readonly JournalRow[] | null> } | null = null;
    while (known < target) {
      await this.#listener.progress(known - first, target - first);
      const from = known + 1;
      const found: readonly JournalRow[] =
        (ahead?.from === from ? await ahead.rows : null) ?? (await this.#rowsFrom(from));
      // Up to the first that is missing: what is behind it continues nothing.
      const gapAt = found.findIndex((row, at) => row.seq !== from + at);
      const rows = gapAt < 0 ? found : found.slice(0, gapAt);
      const batch = rows.slice(0, this.#line.fitting(rows));
      if (batch.length === 0) return this.#holeAt(from);
      // One push is on the line at a time (PROTOCOL §5); what goes into the next one is read meanwhile.
      const answering = this.#line.push(batch, this.#identity.till, epoch);
      const next = from + batch.length;
      ahead = next <= target ? { from: next, rows: this.#rowsAhead(next) } : null;
      const heard = await answering;
      if (!heard) return "no-answer";
      const settled = await this.#settle(heard, batch);
      if (settled === "finding") {
        end = settled;
        const last = batch.at(-1)?.seq ?? known;
        if (!takesAside(heard.answer, last)) return end;
        await this.#store.putDelivery({ key: "taken-aside", epoch, seq: last });
        known = last;
      } else {
        // A server that answers and yet does not move is no progress: stop and come back, never spin.
        if (settled === null || settled === known) return "no-answer";
        known = settled;
      }
      if (known >= target) target = Math.max(target, (await this.#store.head())?.seq ?? target);
    }
    await this.#listener.progress(target - first, target - first);
    return end;
  }

  /** How far the server has taken what lies here, all chains added up, and whether entries wait. */
  async standing(): Promise<{ readonly reached: number; readonly waiting: boolean }> {
    let reached = await this.#lastTaken();
    let waiting = reached < ((await this.#store.head())?.seq ?? -1);
    for (const group of await this.#store.carriedGroups()) {
      const taken = takenOf(await this.#store.carriedReceipt(group));
      reached += taken;
      waiting ||= (await this.#store.carriedFrom(group, taken + 1, 1)).length > 0;
    }
    return { reached, waiting };
  }

  /**
   * The last entry that needs no sending: receipted, or in quarantine. Only a receipt lets anything be
   * deleted.
   */
  async #lastTaken(): Promise<number> {
    const { epoch } = this.#identity;
    const receipted = (await this.#store.receipt(epoch))?.seq ?? -1;
    const aside = await this.#store.delivery("taken-aside");
    return aside?.epoch === epoch ? Math.max(receipted, aside.seq) : receipted;
  }

  /** The rows of the push after this one; null where they cannot be read now: then they are read in turn. */
  async #rowsAhead(seq: number): Promise<readonly JournalRow[] | null> {
    try {
      return await this.#rowsFrom(seq);
    } catch (cause) {
      if (cause instanceof DOMException) return null;
      throw cause;
    }
  }

  /** One spoiled row must not hide those before it: a range that cannot be read is read one by one. */
  async #rowsFrom(seq: number): Promise<Awaited<ReturnType<DeliveryStore["journalFrom"]>>> {
    const { epoch } = this.#identity;
    try {
      return await this.#store.journalFrom(epoch, seq, MAX_PUSH_ENTRIES);
    } catch (cause) {
      if (!(cause instanceof DOMException)) throw cause;
    }
    const rows = [];
    for (let at = seq; rows.length < MAX_PUSH_ENTRIES; at++) {
      const row = await this.#readable(at);
      if (!row) break;
      rows.push(row);
    }
    return rows;
  }

  async #readable(seq: number): ReturnType<DeliveryStore["journalRow"]> {
    try {
      return await this.#store.journalRow(this.#identity.epoch, seq);
    } catch (cause) {
      if (!(cause instanceof DOMException)) throw cause;
      return null;
    }
  }

  async pull(appliedVersion: number): Promise<RoundEnd> {
    let from = appliedVersion;
    if ((await this.#store.inboxCount()) > 0) return "inbox-full";
    const unsent = await this.#unsentWords();
    for (let pages = 0; pages < MAX_INBOX_PAGES; pages++) {
      const nonce = toHex(this.#round.randomBytes(NONCE_BYTES));
      const heard = await this.#line.page(feedPath(from === 0 ? "full" : from, nonce, unsent));
      if (!heard) return "no-answer";
      const { signed, page, requestHash, roundTripMs } = heard;
      const receivedClockMs = this.#round.clockMs();
      await this.#store.addInbox({ ...signed, requestHash, roundTripMs, receivedClockMs });
      this.#listener.wrote();
      // A full page may begin below where we stand: it is the server that has less, and goes on from there.
      const onward = page.full ? page.to > 0 : page.to > from;
      if (page.changes.length === 0 || !onward) return "done";
      from = page.to;
    }
    return "inbox-full";
  }

  /** What of its sales the till says is not delivered: its own words, bound by the page that answers them. */
  async #unsentWords(): Promise<Parameters<typeof feedPath>[2]> {
    const head = await this.#store.head();
    const own = head && (await this.#store.salesBehind(head, await this.#lastTaken()));
    const carried = await this.#store.setting("carried-unsent");
    if (!own) return null;
    const since = [own.oldestMs, carried?.oldestMs].filter((ms) => typeof ms === "number");
    return {
      count: own.count + (carried?.count ?? 0),
      sumMinor: own.sumMinor + (carried?.sumMinor ?? 0),
      oldestMs: since.length === 0 ? 0 : this.#round.clockMs() - Math.min(...since),
    };
  }

  /**
   * Introduces this till; answers the server's head where it is our own, `finding`, or null without an
   * answer.
   */
  async #hello(head: HeadRow): Promise<number | "finding" | null> {
    const { epoch, certificate: certificateBytes, rootSignature } = this.#identity;
    let body = await this.#signedHello(head);
    let response = body && (await this.#line.fetch(TILL_API.hello, { method: "POST", body }));
    if (body && !response && this.#line.status === 404) {
      // Unsigned, it proves nothing: a server that really lost us in a restore is shown what its own root
      // signed. A challenge is good for one hello, answered or not.
      const hello = await this.#signedHello(head);
      body = hello && encodeReadmission({ certificateBytes, rootSignature, hello });
      response = body && (await this.#line.fetch(TILL_API.readmit, { method: "POST", body }));
    }
    if (!body) return null;
    const answered = response && decodeHelloAnswer(response);
    const heard = answered && (await this.#line.open(answered.answer, await hashRequest(body)));
    if (!heard || heard.answer.epoch !== epoch || !answered.token) return null;
    const untilMs = this.#round.clockMs() + (TOKEN_MINUTES - 5) * 60_000;
    await this.#store.putDelivery({ key: "token", token: answered.token, untilMs, epoch });
    return this.#settle(heard);
  }

  /** A hello over a challenge of its own; null when the server gave none. */
  async #signedHello(head: HeadRow): Promise<Bytes | null> {
    const challenge = await this.#line.fetch(TILL_API.challenge, { method: "GET" });
    if (challenge?.length !== CHALLENGE_BYTES) return null;
    const feed = await this.#store.setting("feed");
    const { till, epoch, devicePrivate } = this.#identity;
    return await signHello(devicePrivate, {
      challenge,
      till,
      epoch,
      seq: head.seq,
      headHash: head.hash,
      lineage: this.#line.lineage,
      feedVersion: feed?.version ?? 0,
    });
  }

  /**
   * Keeps what a verified answer says: a receipt where its head is ours, evidence where it is not. Answers up
   * to where the server holds our entries, or `finding`, or null when it says nothing usable.
   */
  async #settle(heard: Heard, sent: readonly JournalRow[] = []): Promise<number | "finding" | null> {
    const { answer } = heard;
    switch (answer.result) {
      case "ok":
      case "closed": {
        if (answer.seq < 0) return -1;
        // A signed head that is not in our journal: behind, forked or damaged. The engine looks at the
        // evidence.
        const row = sent.find(({ seq }) => seq === answer.seq);
        const ours = row
          ? sameBytes(row.hash, answer.headHash)
          : await this.#isOurs(answer.seq, answer.headHash);
        if (!ours) return this.#find(heard);
        await this.#keep(heard);
        return answer.seq;
      }
      case "gap":
        return answer.detail.kind === "need" ? answer.detail.seq - 1 : answer.seq;
      case "quarantined":
        // Stored beside the chain for the owner to book or reject: it must not be sent again and again. It
        // says less than the fork it followed: that evidence would be lost under it.
        return this.#forked ? "finding" : this.#find(heard);
      case "fork":
        this.#forked = true;
        return this.#find(heard);
      case "damaged":
        return this.#find(heard);
    }
  }

  /**
   * Begins to write a receipt. While the one before it is written only the newest waits: it stands for all
   * before. Lost in a crash, it costs one push of what the server has already.
   */
  async #keep({ answer, signed }: Heard): Promise<void> {
    const { epoch } = this.#identity;
    const { seq } = answer;
    this.#receiptedSeq ??= (await this.#store.receipt(epoch))?.seq;
    if (this.#receiptedSeq === seq) return;
    this.#receiptedSeq = seq;
    this.#toKeep = { epoch, seq, answer: signed.bytes, signature: signed.signature };
    if (this.#keeping !== null) return;
    this.#keeping = this.#writeReceipts();
    // Heard at the round's end; until then it is nobody's unheard fault.
    this.#keeping.catch(() => undefined);
  }

  async #writeReceipts(): Promise<void> {
    for (let row = this.#toKeep; row !== null; row = this.#toKeep) {
      this.#toKeep = null;
      await this.#store.putReceipt(row);
      this.#listener.wrote();
    }
    this.#keeping = null;
  }

  /**
   * Is this the hash of our entry there? The last one that was let go counts, too, and the head; and what a
   * receipt here says of it: that was held against our own entry when it came.
   */
  async #isOurs(seq: number, hash: Bytes): Promise<boolean> {
    const { epoch } = this.#identity;
    const row = await this.#readable(seq);
    if (row) return sameBytes(row.hash, hash);
    const receipt = await this.#store.receipt(epoch);
    const receipted = receipt?.seq === seq ? decodeAnswer(receipt.answer) : null;
    if (receipted && sameBytes(receipted.headHash, hash)) return true;
    const known = [await this.#store.setting("floor"), await this.#store.head()];
    return known.some((one) => one?.epoch === epoch && one.seq === seq && sameBytes(one.hash, hash));
  }

  async #find({ signed, requestHash }: Heard): Promise<"finding"> {
    await this.#store.putDelivery({
      key: "finding",
      answer: signed.bytes,
      signature: signed.signature,
      requestHash,
    });
    this.#listener.wrote();
    return "finding";
  }

  /**
   * An entry between receipt and head is gone from the database: the engine looks whether the mirror has it.
   */
  async #holeAt(seq: number): Promise<RoundEnd> {
    const { epoch } = this.#identity;
    if (await this.#readable(seq)) return "no-answer";
    await this.#store.putDelivery({ key: "hole", epoch, seq });
    this.#listener.wrote();
    return "finding";
  }
}
