// The server's half of a vault's key (level `server-half`): signed for a till in service, refused to every
// other, so that a stolen tablet's disk opens nothing once its till is revoked.
import { hashRequest } from "#protocol/push.ts";
import { signVaultHalf, vaultHalfOf, type VaultHalfRequest } from "#protocol/vault-half.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { keysOf, type Books } from "../books.ts";
import type { Bearer } from "../tills/tokens.ts";

/** A half serves so long until the till is given the next one beside it. */
export const HALF_SERVES_MS: number = 90 * 86_400_000;

/**
 * The signed answer to `request`, whose bytes are `body`; null when the till is not in service (pending,
 * closed, stopped or revoked). A till that asks by a generation of ours to come gets the newest.
 */
export async function answerVaultHalf(
  books: Books,
  { merchant, till, epoch }: Bearer,
  request: VaultHalfRequest,
  body: Bytes,
): Promise<Bytes | null> {
  const row = await books.db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.state", "e.enrolled_at_ms", "t.revoked_at_ms"])
    .where("e.merchant_id", "=", merchant)
    .where("e.till_id", "=", till)
    .where("e.epoch", "=", epoch)
    .executeTakeFirst();
  if (row?.state !== "open" || row.revoked_at_ms !== null) return null;
  // By the clock alone: a restored server counts the same generations, and has none to remember.
  const newest = 1 + Math.max(0, Math.floor((books.nowMs() - row.enrolled_at_ms) / HALF_SERVES_MS));
  const wanted = Math.min(Math.max(1, request.generation ?? newest), newest);
  const { masterSecret } = await keysOf(books, books.db, merchant);
  const { lineage, answer } = books.instance;
  return await signVaultHalf(answer.privateKey, {
    ...(await vaultHalfOf(masterSecret, till, epoch, wanted)),
    next: wanted < newest ? await vaultHalfOf(masterSecret, till, epoch, newest) : null,
    lineage,
    merchant,
    till,
    epoch,
    serverMs: await books.clock.signedMs(),
    requestHash: await hashRequest(body),
  });
}
