import type { TillRefusal } from "#domain/refusal.ts";
import { fromHex, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import {
  encodeClaimRequest,
  openClaimAnswer,
  type ClaimAnswer,
  type ClaimDecision,
} from "#protocol/claim.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { decodeSignedAnswer, hashRequest, NONCE_BYTES } from "#protocol/push.ts";
import { CBOR_TYPE, TILL_API } from "#protocol/till-api.ts";
import type { ClaimRow, IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Ledger } from "./ledger.ts";
import type { Surroundings } from "./surroundings.ts";

/** A customer stands there: after this long the answer counts as not come, and may be asked for again. */
export const CLAIM_TIMEOUT_MS = 5_000;
/** A token whose hour is over costs a round that drops it and one that gets the next. */
const MOST_TRIES = 3;

export interface ClaimParts {
  readonly db: TillDatabase;
  readonly identity: IdentityRow;
  readonly ledger: Ledger;
  readonly surroundings: Pick<Surroundings, "fetch" | "clockMs" | "randomBytes">;
  readonly keyset: () => Keyset;
  /** A round of delivery: it says hello when there is no token. */
  readonly round: () => Promise<void>;
}

export type ClaimOutcome =
  | ClaimDecision
  /** Asked, and no signed answer came: nobody knows, and the same claim may be asked again. */
  | { readonly kind: "no-answer" }
  /** The claim's entry is not on disk, so nothing was asked. */
  | { readonly kind: "not-written"; readonly refusal: TillRefusal };

/**
 * Asks the server for codes that nobody has leased (PROTOCOL §11): the entry is on disk before the request
 * leaves, and names it however often it is sent.
 */
export class ClaimDesk {
  readonly #p: ClaimParts;
  /** Claims whose answer was heard by this program; after a restart every claim is dropped. */
  readonly #granted = new Set<string>();

  constructor(parts: ClaimParts) {
    this.#p = parts;
  }

  /** Is there a claim on this code whose answer nobody has heard? */
  async isOpen(cti: Bytes): Promise<boolean> {
    return (await this.#p.db.claims.get(toHex(cti))) !== undefined;
  }

  /** Claims the code for this sale, or asks again by the entry that is there. */
  async ask(cti: Bytes, sale: Bytes): Promise<ClaimOutcome> {
    const kept = await this.#p.db.claims.get(toHex(cti));
    const claim = kept ?? (await this.#write(cti, sale));
    if ("code" in claim) return { kind: "not-written", refusal: claim };
    const key = `${claim.cti}:${claim.epoch}:${claim.seq}`;
    if (this.#granted.has(key)) return { kind: "granted" };
    const decision = await this.#request(claim);
    if (decision?.kind === "granted") this.#granted.add(key);
    return decision ?? { kind: "no-answer" };
  }

  async #write(cti: Bytes, sale: Bytes): Promise<ClaimRow | TillRefusal> {
    const { db, ledger } = this.#p;
    const done = await ledger.append<never>({
      body: () => ({ kind: "claim", cti, sale }),
      inside: async ({ epoch, seq, hash }) => {
        await db.claims.put({ cti: toHex(cti), epoch, seq, entryHash: hash });
        return null;
      },
    });
    if (!done.ok) return done.refusal;
    const { epoch, seq, hash } = done.value;
    return { cti: toHex(cti), epoch, seq, entryHash: hash };
  }

  async #request(claim: ClaimRow): Promise<ClaimDecision | null> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const token = await this.#token();
      const answer = token === null ? "unauthorized" : await this.#post(claim, token);
      if (answer !== "unauthorized") return answer?.decision ?? null;
      await this.#p.round();
    }
    return null;
  }

  async #token(): Promise<string | null> {
    const row = await this.#p.db.delivery.get("token");
    return row?.key === "token" && row.untilMs > this.#p.surroundings.clockMs() ? row.token : null;
  }

  async #post(claim: ClaimRow, token: string): Promise<ClaimAnswer | "unauthorized" | null> {
    const { db, surroundings, keyset } = this.#p;
    const feed = await db.setting("feed");
    if (!feed) return null;
    const body = encodeClaimRequest({
      nonce: surroundings.randomBytes(NONCE_BYTES),
      lineage: feed.lineage,
      cti: fromHex(claim.cti),
      epoch: claim.epoch,
      seq: claim.seq,
      entryHash: claim.entryHash,
    });
    const headers = { authorization: `Bearer ${token}`, "content-type": CBOR_TYPE };
    try {
      const signal = AbortSignal.timeout(CLAIM_TIMEOUT_MS);
      const asked = { method: "POST", headers, body, signal, cache: "no-store" } as const;
      const response = await surroundings.fetch(TILL_API.claim, asked);
      if (response.status === 401) return "unauthorized";
      if (!response.ok) return null;
      const signed = decodeSignedAnswer(new Uint8Array(await response.arrayBuffer()));
      const answer = signed && (await openClaimAnswer(keyset(), signed, await hashRequest(body)));
      return answer && this.#isFor(claim, answer, feed.lineage) ? answer : null;
    } catch (cause) {
      // A broken line throws TypeError, a time-out DOMException: both are «no answer», and may have been
      // heard.
      if (cause instanceof TypeError || cause instanceof DOMException) return null;
      throw cause;
    }
  }

  #isFor(claim: ClaimRow, answer: ClaimAnswer, lineage: Bytes): boolean {
    const { till, merchant } = this.#p.identity;
    return (
      sameBytes(answer.lineage, lineage) &&
      sameBytes(answer.till, till) &&
      sameBytes(answer.merchant, merchant) &&
      answer.epoch === claim.epoch &&
      answer.seq === claim.seq &&
      toHex(answer.cti) === claim.cti
    );
  }
}
