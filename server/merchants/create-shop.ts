// A new shop's books: one store, its first till with an activation code, the owner as operator, safe rules
// for codes.
import { newId, shortId } from "#protocol/ids.ts";
import { SAFE_CODE_POLICY, type ActivationAnswer } from "#protocol/office-api.ts";
import type { Ground } from "../books.ts";
import type { Language } from "../db/control-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import { beginServerJournal } from "../journal/server-journal.ts";
import { createActivation } from "../tills/activations.ts";
import { createTill } from "../tills/create-till.ts";
import { savePolicy } from "./code-policy.ts";

export interface NewShop {
  readonly merchantId: Uint8Array;
  readonly userId: string;
  readonly shopName: string;
  readonly language: Language;
  readonly nowMs: number;
}

/** What the first till and the owner are called until somebody names them. */
const FIRST_NAMES: Readonly<Record<Language, { readonly till: string; readonly owner: string }>> = {
  "zh-CN": { till: "1号机", owner: "店主" },
  en: { till: "Till 1", owner: "Owner" },
};

/**
 * Writes the shop in the transaction that has written the merchant and its owner. Answers the first till's
 * short id and its activation code, which is kept nowhere as text.
 */
export async function createShop(
  tx: DatabaseTransaction,
  ground: Pick<Ground, "instance" | "merchants" | "nowMs">,
  shop: NewShop,
): Promise<{ readonly tillId: string; readonly activation: ActivationAnswer }> {
  const { merchantId, nowMs, userId, shopName } = shop;
  const keys = await ground.merchants.load(tx, merchantId, nowMs);
  if (keys === null) throw new Error("create-shop: the merchant is not written yet");
  const names = FIRST_NAMES[shop.language];
  await beginServerJournal(ground, tx, merchantId);
  const storeId = newId();
  await tx
    .insertInto("books.stores")
    .values({ merchant_id: merchantId, store_id: storeId, name: shopName })
    .execute();
  const operator = newId();
  await tx
    .insertInto("books.operators")
    .values({
      merchant_id: merchantId,
      operator_id: operator,
      name: names.owner,
      role: "owner",
      account_id: userId,
      created_at_ms: nowMs,
    })
    .execute();
  const owner = { type: "operator", operator, name: names.owner, role: "owner", active: true } as const;
  await writeChange(tx, merchantId, everyTill, owner, nowMs);
  await savePolicy(tx, { merchant: merchantId, policy: SAFE_CODE_POLICY, who: "server", nowMs });
  const till = await createTill(tx, { merchant: merchantId, store: storeId, name: names.till, nowMs });
  const activation = await createActivation(
    ground,
    tx,
    keys,
    { till, tillName: names.till, shopName },
    nowMs,
  );
  return { tillId: shortId(till), activation };
}
