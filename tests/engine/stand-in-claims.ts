import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import {
  decodeClaimRequest,
  signClaimAnswer,
  type ClaimDecision,
  type ClaimRequest,
} from "#protocol/claim.ts";
import type { FeedChange } from "#protocol/feed.ts";
import { encodeSignedAnswer, hashRequest } from "#protocol/push.ts";
import type { SigningKey } from "../protocol/shop.ts";

// Claims at the stand-in server: decided once, remembered by the entry that made them (PROTOCOL §11).

/** Who asks. */
export interface Claimant {
  readonly id: Bytes;
  readonly name: string;
  readonly revoked: boolean;
}

/** What of the stand-in's books a claim is judged by. */
export interface ClaimBooks {
  readonly merchant: Bytes;
  readonly lineage: Bytes;
  readonly answerKey: SigningKey;
  readonly tills: readonly { readonly id: Bytes; readonly name: string }[];
  readonly feed: readonly { readonly change: FeedChange }[];
  readonly claims: ReadonlyMap<string, { readonly till: Bytes; readonly seq: number }>;
}

interface Hold {
  readonly till: Claimant;
  readonly key: string;
}

export class StandInClaims {
  readonly #books: ClaimBooks;
  /** Who has which code in hand, by cti. */
  readonly holds = new Map<string, Hold>();
  readonly #decided = new Map<string, ClaimDecision>();
  readonly #over = new Set<string>();

  constructor(books: ClaimBooks) {
    this.#books = books;
  }

  async answer(till: Claimant, body: Bytes): Promise<Response> {
    const claim = decodeClaimRequest(body);
    if (!claim) return new Response(null, { status: 400 });
    const { lineage, merchant, answerKey } = this.#books;
    const signed = await signClaimAnswer(answerKey.privateKey, {
      lineage,
      merchant,
      till: till.id,
      epoch: claim.epoch,
      seq: claim.seq,
      cti: claim.cti,
      decision: this.#decide(till, claim),
      requestHash: await hashRequest(body),
    });
    return new Response(encodeSignedAnswer(signed), {
      status: 200,
      headers: { "content-type": "application/cbor" },
    });
  }

  /** A claim's entry or its end came by a push. */
  dropped(till: Claimant, epoch: number, seq: number, cti: Bytes): void {
    const key = keyOf(till, epoch, seq);
    this.#over.add(key);
    if (this.holds.get(toHex(cti))?.key === key) this.holds.delete(toHex(cti));
  }

  /** The owner frees the code; the till is told by the feed. */
  release(cti: string): void {
    const hold = this.holds.get(cti);
    if (!hold) return;
    this.#over.add(hold.key);
    this.holds.delete(cti);
  }

  /** The till's sale took the code. */
  sold(cti: Bytes): void {
    this.holds.delete(toHex(cti));
  }

  #decide(till: Claimant, claim: ClaimRequest): ClaimDecision {
    const key = keyOf(till, claim.epoch, claim.seq);
    if (this.#over.has(key)) return { kind: "released" };
    const decision = this.#decided.get(key) ?? this.#judge(till, claim, key);
    this.#decided.set(key, decision);
    return decision;
  }

  #judge(till: Claimant, claim: ClaimRequest, key: string): ClaimDecision {
    const cti = toHex(claim.cti);
    const { claims, tills } = this.#books;
    const spent = claims.get(cti);
    if (spent) {
      const tillName = tills.find((one) => sameBytes(one.id, spent.till))?.name ?? "";
      return { kind: "spent", tillName, atMs: 0, amountMinor: 0 };
    }
    if (till.revoked) return { kind: "stopped" };
    const said = this.#books.feed.map((row) => row.change);
    const is = (change: FeedChange): boolean => "cti" in change && toHex(change.cti) === cti;
    if (!said.some((change) => change.type === "code" && is(change))) return { kind: "unknown" };
    if (said.some((change) => change.type === "revoked" && is(change))) return { kind: "revoked" };
    const lease = said.findLast((change) => change.type === "lease" && is(change));
    if (lease?.type === "lease" && lease.till !== null && !sameBytes(lease.till, till.id)) {
      return { kind: "held", by: "lease", tillName: lease.tillName };
    }
    const hold = this.holds.get(cti);
    if (hold && !sameBytes(hold.till.id, till.id)) {
      return { kind: "held", by: "claim", tillName: hold.till.name };
    }
    this.holds.set(cti, { till, key });
    return { kind: "granted" };
  }
}

function keyOf(till: Claimant, epoch: number, seq: number): string {
  return `${toHex(till.id)}:${epoch}:${seq}`;
}
