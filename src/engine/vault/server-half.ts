import { concat, sameBytes, utf8, type Bytes } from "#protocol/bytes.ts";
import { hkdf } from "#protocol/crypto.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { hashRequest } from "#protocol/push.ts";
import { CBOR_TYPE, REQUEST_TIMEOUT_MS } from "#protocol/till-api.ts";
import {
  encodeVaultHalfRequest,
  openVaultHalf,
  VAULT_HALF_PATH,
  type VaultHalf,
  type VaultHalfAnswer,
} from "#protocol/vault-half.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Surroundings } from "../surroundings.ts";
import { wrapKeyOf } from "./vault-keys.ts";

const NONCE_BYTES = 16;

/** Who asks for the half. */
export interface HalfAsker {
  readonly db: TillDatabase;
  readonly identity: IdentityRow;
  readonly keyset: Keyset;
  readonly surroundings: Surroundings;
}

/**
 * The server's half of this generation (null: the newest), or null where no signed answer for this till came:
 * no network, no token yet, revoked. Never written down.
 */
export async function fetchHalf(
  asker: HalfAsker,
  generation: number | null,
): Promise<VaultHalfAnswer | null> {
  const { db, identity, keyset, surroundings } = asker;
  const row = await db.delivery.get("token");
  const token = row?.key === "token" && (row.epoch ?? identity.epoch) === identity.epoch ? row.token : null;
  if (token === null) return null;
  const body = encodeVaultHalfRequest({ nonce: surroundings.randomBytes(NONCE_BYTES), generation });
  const answered = await post(surroundings, token, body);
  const { till, epoch } = identity;
  const requestHash = await hashRequest(body);
  const answer = answered && (await openVaultHalf(keyset, answered, { till, epoch, requestHash }));
  const feed = await db.setting("feed");
  return answer && feed && sameBytes(answer.lineage, feed.lineage) ? answer : null;
}

/** The wrap key of both halves: either alone is worth nothing. */
export async function halvesKey(own: Bytes, { half }: VaultHalf): Promise<CryptoKey> {
  return wrapKeyOf(await hkdf(concat(own, half), utf8("guitai/vault-half/1"), 32));
}

async function post({ fetch }: Surroundings, token: string, body: Bytes): Promise<Bytes | null> {
  try {
    const response = await fetch(VAULT_HALF_PATH, {
      method: "POST",
      headers: { "content-type": CBOR_TYPE, authorization: `Bearer ${token}` },
      body,
      cache: "no-store",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  } catch (cause) {
    // A broken line throws TypeError, a time-out DOMException: both are «no answer».
    if (cause instanceof TypeError || cause instanceof DOMException) return null;
    throw cause;
  }
}
