import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import {
  decodeSignedPage,
  openFeedEnvelope,
  type FeedEnvelope,
  type SignedPage,
} from "#protocol/feed-envelope.ts";
import type { Keyset } from "#protocol/keyset.ts";
import {
  decodeSignedAnswer,
  encodePush,
  fittingPush,
  hashGet,
  hashRequest,
  NONCE_BYTES,
  openAnswer,
  type Answer,
  type SignedAnswer,
} from "#protocol/push.ts";
import type { SignedEntry } from "#protocol/entry.ts";
import { CBOR_TYPE, REQUEST_TIMEOUT_MS, TILL_API } from "#protocol/till-api.ts";
import type { DeliveryStore } from "#storage/delivery-store.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { Surroundings } from "../surroundings.ts";
import { nextPace } from "./pace.ts";

/** A batch without an answer for so long was too much for the line. */
const SLOW_MS = 5000;

export type Round = Pick<Surroundings, "fetch" | "clockMs" | "monotonicMs" | "randomBytes">;

/** An answer that the server signed for this very request. */
export interface Heard {
  readonly signed: SignedAnswer;
  readonly answer: Answer;
  readonly requestHash: Bytes;
}

/** What a carrier says to the server and hears of it, in one round. Unsigned is «no answer» (PROTOCOL §5). */
export class ServerLine {
  readonly #store: DeliveryStore;
  readonly #round: Round;
  readonly #identity: IdentityRow;
  readonly #keyset: Keyset;
  readonly lineage: Bytes;
  #paceBytes: number;
  #heard = false;
  #otherLineage = false;
  #status = 0;
  #token: { readonly token: string; readonly untilMs: number } | null = null;

  constructor(
    store: DeliveryStore,
    round: Round,
    identity: IdentityRow,
    keyset: Keyset,
    lineage: Bytes,
    paceBytes: number,
  ) {
    this.#store = store;
    this.#round = round;
    this.#identity = identity;
    this.#keyset = keyset;
    this.lineage = lineage;
    this.#paceBytes = paceBytes;
  }

  /** Somebody answered something: the line itself is not cut. */
  get heard(): boolean {
    return this.#heard;
  }

  /** A signed answer named another lineage than ours; it lies in the store for the engine. */
  get otherLineage(): boolean {
    return this.#otherLineage;
  }

  /** Status of the last answer, 0 without one. Unsigned, it only makes the carrier try something else. */
  get status(): number {
    return this.#status;
  }

  get paceBytes(): number {
    return this.#paceBytes;
  }

  /** So many of these go into the next push: what the line carries in time, and one at least. */
  fitting(rows: readonly SignedEntry[]): number {
    return fittingPush(rows, this.#paceBytes);
  }

  /** Sends entries of one epoch; null without a signed answer about them. */
  async push(entries: readonly SignedEntry[], till: Bytes, epoch: number): Promise<Heard | null> {
    const nonce = this.#round.randomBytes(NONCE_BYTES);
    const body = encodePush({ nonce, lineage: this.lineage, entries });
    const hashing = hashRequest(body);
    const startedMs = this.#round.monotonicMs();
    const isOwn = epoch === this.#identity.epoch && sameBytes(till, this.#identity.till);
    const response = await this.#ask(TILL_API.push, { method: "POST", body }, isOwn);
    const ms = this.#round.monotonicMs() - startedMs;
    if (response) this.#paceBytes = nextPace(this.#paceBytes, { bytes: body.length, ms });
    // A line that is cut at once says nothing of how slow it is.
    else if (ms >= SLOW_MS) this.#paceBytes = nextPace(this.#paceBytes, null);
    const signed = response && decodeSignedAnswer(response);
    const heard = signed && (await this.open(signed, await hashing));
    return heard && heard.answer.epoch === epoch && sameBytes(heard.answer.till, till) ? heard : null;
  }

  /** A page of the feed with how long it took; null without one that is signed and ours. */
  async page(path: string): Promise<{
    readonly signed: SignedPage;
    readonly page: FeedEnvelope;
    readonly requestHash: Bytes;
    readonly roundTripMs: number;
  } | null> {
    const startedMs = this.#round.monotonicMs();
    const response = await this.#ask(path, { method: "GET" }, true);
    const roundTripMs = this.#round.monotonicMs() - startedMs;
    const signed = response && decodeSignedPage(response);
    const requestHash = await hashGet(path);
    const page = signed && (await openFeedEnvelope(this.#keyset, signed, requestHash));
    if (!signed || !page || !sameBytes(page.till, this.#identity.till)) return null;
    if (await this.#isOther(page.lineage, "feed", signed, requestHash)) return null;
    return { signed, page, requestHash, roundTripMs };
  }

  /** The answer, if it is signed for this request and of our lineage. */
  async open(signed: SignedAnswer, requestHash: Bytes): Promise<Heard | null> {
    const answer = await openAnswer(this.#keyset, signed, requestHash);
    if (!answer || (await this.#isOther(answer.lineage, "answer", signed, requestHash))) return null;
    return { signed, answer, requestHash };
  }

  async token(): Promise<string | null> {
    const { epoch } = this.#identity;
    if (this.#token === null) {
      const row = await this.#store.delivery("token");
      this.#token = row && (row.epoch ?? epoch) === epoch ? row : null;
    }
    if (this.#token && this.#token.untilMs <= this.#round.clockMs()) this.#token = null;
    return this.#token?.token ?? null;
  }

  /** The body of a 2xx answer, or null: no network, time-out, any other status. */
  async fetch(path: string, init: RequestInit): Promise<Bytes | null> {
    const headers = new Headers(init.headers);
    if (init.body) headers.set("content-type", CBOR_TYPE);
    this.#status = 0;
    try {
      const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
      const response = await this.#round.fetch(path, { ...init, headers, signal, cache: "no-store" });
      const body = response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
      this.#heard = true;
      this.#status = response.status;
      return body;
    } catch (cause) {
      // A broken line throws TypeError, a time-out DOMException: both are «no answer». Anything else is our
      // own bug.
      if (cause instanceof TypeError || cause instanceof DOMException) return null;
      throw cause;
    }
  }

  /**
   * A request with the token, which is dropped where it is refused, so that the next round says hello again.
   * So it is where nobody knows this till any more: a restored server would else be refilled after an hour.
   */
  async #ask(path: string, init: RequestInit, isOwn: boolean): Promise<Bytes | null> {
    const token = await this.token();
    if (!token) return null;
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    const body = await this.fetch(path, { ...init, headers });
    if (this.#status === 401 || (isOwn && this.#status === 404)) {
      this.#token = null;
      await this.#store.deleteDelivery("token");
    }
    return body;
  }

  async #isOther(
    lineage: Bytes,
    context: "answer" | "feed",
    signed: SignedAnswer,
    requestHash: Bytes,
  ): Promise<boolean> {
    if (sameBytes(lineage, this.lineage)) return false;
    const past = (await this.#store.setting("past-lineages"))?.lineages ?? [];
    // A server of a lineage we left is somebody's old copy: it has no say any more.
    if (past.some((one) => toHex(one) === toHex(lineage))) return true;
    await this.#store.putDelivery({ key: "lineage", context, ...signed, requestHash });
    this.#otherLineage = true;
    return true;
  }
}
