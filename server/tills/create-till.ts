import { newId, shortId } from "#protocol/ids.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";

export interface NewTill {
  readonly merchant: Uint8Array;
  readonly store: Uint8Array;
  readonly name: string;
  readonly nowMs: number;
}

/** Writes a till that no tablet is yet. Answers its id. */
export async function createTill(tx: DatabaseTransaction, wanted: NewTill): Promise<Bytes> {
  const { merchant, store, name, nowMs } = wanted;
  const till = newId();
  await tx
    .insertInto("books.tills")
    .values({
      merchant_id: merchant,
      till_id: till,
      store_id: store,
      short_id: shortId(till),
      name,
      created_at_ms: nowMs,
      revoked_at_ms: null,
    })
    .execute();
  await tx.insertInto("control.till_directory").values({ till_id: till, merchant_id: merchant }).execute();
  const shop = await tx
    .selectFrom("control.merchants")
    .select(["name", "currency"])
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  const change = { type: "shop", shopName: shop.name, tillName: name, currency: shop.currency } as const;
  await writeChange(tx, merchant, { till }, change, nowMs);
  return till;
}
