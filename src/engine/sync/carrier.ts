import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeSignedPage, feedPath, openFeedEnvelope } from "#protocol/feed-envelope.ts";
import { openKeyset, type Keyset } from "#protocol/keyset.ts";
import {
  CHALLENGE_BYTES,
  decodeHelloAnswer,
  decodeSignedAnswer,
  encodePush,
  fittingPush,
  hashGet,
  hashRequest,
  MAX_PUSH_ENTRIES,
  NONCE_BYTES,
  openAnswer,
  signHello,
  TOKEN_MINUTES,
  type Answer,
  type SignedAnswer,
} from "#protocol/push.ts";
import { CBOR_TYPE, REQUEST_TIMEOUT_MS, TILL_API } from "#protocol/till-api.ts";
import type { DeliveryStore } from "#storage/delivery-store.ts";
import type { HeadRow, IdentityRow } from "#storage/schema.ts";
import type { Surroundings } from "../surroundings.ts";

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

type Round = Pick<Surroundings, "fetch" | "clockMs" | "monotonicMs" | "randomBytes">;

export async function carry(store: DeliveryStore, round: Round, listener: RoundListener): Promise<RoundEnd> {
  const identity = await store.identity();
  const head = await store.head();
  const keysetRow = await store.setting("keyset");
  if (!identity || !head || !keysetRow) return "nothing";
  const keyset = await openKeyset(identity.rootKey, keysetRow.bytes, keysetRow.signature, null);
  const feed = await store.setting("feed");
  if (!keyset || !feed) return "nothing";
  const carrier = new Carrier(store, round, listener, identity, keyset, feed.lineage);
  const pushed = await carrier.push(head);
  return pushed === "done" ? carrier.pull(feed.version) : pushed;
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
  readonly #keyset: Keyset;
  readonly #lineage: Bytes;

  constructor(
    store: DeliveryStore,
    round: Round,
    listener: RoundListener,
    identity: IdentityRow,
    keyset: Keyset,
    lineage: Bytes,
  ) {
    this.#store = store;
    this.#round = round;
    this.#listener = listener;
    this.#identity = identity;
    this.#keyset = keyset;
    this.#lineage = lineage;
  }

  async push(head: HeadRow): Promise<RoundEnd> {
    const { epoch } = this.#identity;
    let known = await this.#lastTaken();
    let end: "done" | "finding" = "done";
    const first = known;
    // Each hour the server says where it stands, so that a server restored from a backup is refilled.
    if (!(await this.#token()) || known < 0) {
      const hello = await this.#hello(head);
      if (hello === null) return "no-answer";
      // What speaks against this till stops its codes, never its deliveries: they go to quarantine (PROTOCOL
      // §6).
      if (hello === "finding") end = hello;
      else known = hello;
    }
    let target = head.seq;
    while (known < target) {
      await this.#listener.progress(known - first, target - first);
      const from = known + 1;
      const found = await this.#store.journalFrom(epoch, from, MAX_PUSH_ENTRIES);
      // Up to the first that is missing: what is behind it continues nothing.
      const gapAt = found.findIndex((row, at) => row.seq !== from + at);
      const rows = gapAt < 0 ? found : found.slice(0, gapAt);
      const batch = rows.slice(0, fittingPush(rows));
      if (batch.length === 0) return this.#holeAt(from);
      const body = encodePush({
        nonce: this.#round.randomBytes(NONCE_BYTES),
        lineage: this.#lineage,
        entries: batch,
      });
      const response = await this.#ask(TILL_API.push, { method: "POST", body });
      const signed = response && decodeSignedAnswer(response);
      const requestHash = await hashRequest(body);
      const answer = signed && (await openAnswer(this.#keyset, signed, requestHash));
      if (!signed || !answer || answer.epoch !== epoch) return "no-answer";
      const settled = await this.#settle(signed, answer, requestHash);
      if (settled === "finding") {
        end = settled;
        const last = batch.at(-1)?.seq ?? known;
        if (!takesAside(answer, last)) return end;
        await this.#store.putDelivery({ key: "taken-aside", epoch, seq: last });
        known = last;
      } else {
        // A server that answers and yet does not move is no progress: stop and come back, never spin.
        if (settled === null || settled === known) return "no-answer";
        known = settled;
      }
      target = Math.max(target, (await this.#store.head())?.seq ?? target);
    }
    await this.#listener.progress(target - first, target - first);
    return end;
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

  async pull(appliedVersion: number): Promise<RoundEnd> {
    let from = appliedVersion;
    if ((await this.#store.inboxCount()) > 0) return "inbox-full";
    for (let pages = 0; pages < MAX_INBOX_PAGES; pages++) {
      const nonce = toHex(this.#round.randomBytes(NONCE_BYTES));
      const path = feedPath(from === 0 ? "full" : from, nonce);
      const startedMs = this.#round.monotonicMs();
      const response = await this.#ask(path, { method: "GET" });
      const roundTripMs = this.#round.monotonicMs() - startedMs;
      const signed = response && decodeSignedPage(response);
      const requestHash = await hashGet(path);
      const page = signed && (await openFeedEnvelope(this.#keyset, signed, requestHash));
      if (!signed || !page || !sameBytes(page.till, this.#identity.till)) return "no-answer";
      const receivedClockMs = this.#round.clockMs();
      await this.#store.addInbox({ ...signed, requestHash, roundTripMs, receivedClockMs });
      this.#listener.wrote();
      if (page.changes.length === 0 || page.to <= from) return "done";
      from = page.to;
    }
    return "inbox-full";
  }

  /**
   * Introduces this till; answers the server's head where it is our own, `finding`, or null without an
   * answer.
   */
  async #hello(head: HeadRow): Promise<number | "finding" | null> {
    const challenge = await this.#fetch(TILL_API.challenge, { method: "GET" });
    if (challenge?.length !== CHALLENGE_BYTES) return null;
    const feed = await this.#store.setting("feed");
    const body = await signHello(this.#identity.devicePrivate, {
      challenge,
      till: this.#identity.till,
      epoch: this.#identity.epoch,
      seq: head.seq,
      headHash: head.hash,
      lineage: this.#lineage,
      feedVersion: feed?.version ?? 0,
    });
    const response = await this.#fetch(TILL_API.hello, { method: "POST", body });
    const hello = response && decodeHelloAnswer(response);
    const requestHash = await hashRequest(body);
    const answer = hello && (await openAnswer(this.#keyset, hello.answer, requestHash));
    if (!hello || !answer || !hello.token) return null;
    const untilMs = this.#round.clockMs() + (TOKEN_MINUTES - 5) * 60_000;
    await this.#store.putDelivery({ key: "token", token: hello.token, untilMs });
    return this.#settle(hello.answer, answer, requestHash);
  }

  /**
   * Keeps what a verified answer says: a receipt where its head is ours, evidence where it is not. Answers up
   * to where the server holds our entries, or `finding`, or null when it says nothing usable.
   */
  async #settle(
    signed: SignedAnswer,
    answer: Answer,
    requestHash: Bytes,
  ): Promise<number | "finding" | null> {
    const { epoch } = this.#identity;
    switch (answer.result) {
      case "ok":
      case "closed": {
        if (answer.seq < 0) return -1;
        const row = await this.#store.journalRow(epoch, answer.seq);
        // A signed head that is not in our journal: behind, forked or damaged. The engine looks at the
        // evidence.
        if (!row || !sameBytes(row.hash, answer.headHash)) return this.#find(signed, requestHash);
        const before = await this.#store.receipt(epoch);
        if (!before || before.seq !== answer.seq) {
          await this.#store.putReceipt({
            epoch,
            seq: answer.seq,
            answer: signed.bytes,
            signature: signed.signature,
          });
          this.#listener.wrote();
        }
        return answer.seq;
      }
      case "gap":
        return answer.detail.kind === "need" ? answer.detail.seq - 1 : answer.seq;
      case "quarantined":
        // Stored beside the chain for the owner to book or reject: it must not be sent again and again.
        return this.#find(signed, requestHash);
      case "fork":
      case "damaged":
        return this.#find(signed, requestHash);
    }
  }

  async #find(signed: SignedAnswer, requestHash: Bytes): Promise<"finding"> {
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
    if (await this.#store.journalRow(epoch, seq)) return "no-answer";
    await this.#store.putDelivery({ key: "hole", epoch, seq });
    this.#listener.wrote();
    return "finding";
  }

  async #token(): Promise<string | null> {
    const row = await this.#store.delivery("token");
    return row && row.untilMs > this.#round.clockMs() ? row.token : null;
  }

  /** A request with the token; a refused token is dropped, so that the next round says hello again. */
  async #ask(path: string, init: RequestInit): Promise<Bytes | null> {
    const token = await this.#token();
    if (!token) return null;
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return this.#fetch(path, { ...init, headers }, () => this.#store.deleteDelivery("token"));
  }

  /** The body of a 2xx answer, or null: no network, time-out, any other status. */
  async #fetch(path: string, init: RequestInit, unauthorized?: () => Promise<void>): Promise<Bytes | null> {
    const headers = new Headers(init.headers);
    if (init.body) headers.set("content-type", CBOR_TYPE);
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await this.#round.fetch(path, { ...init, headers, signal, cache: "no-store" });
      if (response.status === 401) await unauthorized?.();
      if (!response.ok) return null;
      return new Uint8Array(await response.arrayBuffer());
    } catch (cause) {
      // A broken line throws TypeError, a time-out DOMException: both are «no answer». Anything else is our
      // own bug.
      if (cause instanceof TypeError || cause instanceof DOMException) return null;
      throw cause;
    }
  }
}
