// Challenges and bearer tokens (PROTOCOL §5). Both are keyed tags over what they say, so that no server has
// to remember them; only which challenges were answered is remembered, for their two minutes.
import { concat, randomBytes, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor } from "#protocol/cbor.ts";
import { mac } from "#protocol/crypto.ts";
import { CHALLENGE_BYTES, TOKEN_MINUTES } from "#protocol/push.ts";
import { readShape } from "#protocol/shape.ts";

export const CHALLENGE_LIFE_MS = 120_000;
const MAX_ANSWERED = 10_000;
const TAG_BYTES = 16;
const MAC_BYTES = 32;

/** 8 bytes of time, 8 of chance, 16 of tag. */
export async function newChallenge(key: CryptoKey, nowMs: number): Promise<Bytes> {
  const head = new Uint8Array(CHALLENGE_BYTES - TAG_BYTES);
  new DataView(head.buffer).setBigUint64(0, BigInt(nowMs));
  head.set(randomBytes(8), 8);
  return concat(head, await challengeTag(key, head));
}

/** Remembers which challenges have been answered: each is good for one hello. */
export class AnsweredChallenges {
  readonly #until = new Map<string, number>();

  /** Is it ours, not older than two minutes, and not used before? Uses it. */
  async take(key: CryptoKey, challenge: Uint8Array, nowMs: number): Promise<boolean> {
    const head = challenge.slice(0, CHALLENGE_BYTES - TAG_BYTES);
    const tag = challenge.slice(CHALLENGE_BYTES - TAG_BYTES);
    if (!sameBytes(tag, await challengeTag(key, head))) return false;
    const madeMs = Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0));
    if (nowMs < madeMs - CHALLENGE_LIFE_MS || nowMs > madeMs + CHALLENGE_LIFE_MS) return false;
    const name = toHex(challenge);
    if (this.#until.has(name)) return false;
    for (const [old, untilMs] of this.#until) {
      if (untilMs >= nowMs && this.#until.size < MAX_ANSWERED) break;
      this.#until.delete(old);
    }
    this.#until.set(name, madeMs + CHALLENGE_LIFE_MS);
    return true;
  }
}

async function challengeTag(key: CryptoKey, head: Uint8Array): Promise<Bytes> {
  return (await mac(key, "hello", encodeCbor(["challenge", head]))).slice(0, TAG_BYTES);
}

/** Whose the bearer is. It lets carry and fetch; it vouches for no entry. */
export interface Bearer {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
}

/** A token for an hour, text for the Authorization header. */
export async function newToken(key: CryptoKey, bearer: Bearer, nowMs: number): Promise<string> {
  const said = encodeCbor([
    "token",
    bearer.merchant,
    bearer.till,
    bearer.epoch,
    nowMs + TOKEN_MINUTES * 60_000,
  ]);
  return Buffer.from(concat(said, await mac(key, "hello", said))).toString("base64url");
}

/** Whose token it is, or null when it is none of ours or its hour is over. */
export async function readToken(key: CryptoKey, token: string, nowMs: number): Promise<Bearer | null> {
  const bytes = new Uint8Array(Buffer.from(token.slice(0, 300), "base64url"));
  if (bytes.length <= MAC_BYTES) return null;
  const said = bytes.slice(0, -MAC_BYTES);
  if (!sameBytes(bytes.slice(-MAC_BYTES), await mac(key, "hello", said))) return null;
  const decoded = decodeCbor(said);
  const read = decoded.ok
    ? readShape(decoded.value, (shape) => {
        shape.literal("token");
        return {
          merchant: shape.bytes(16),
          till: shape.bytes(16),
          epoch: shape.integer(1),
          untilMs: shape.integer(),
        };
      })
    : null;
  if (read === null || nowMs >= read.untilMs) return null;
  return { merchant: read.merchant, till: read.till, epoch: read.epoch };
}
