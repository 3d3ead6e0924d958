import type { KnownOfShop } from "#domain/password-rules.ts";
import type { Me } from "#protocol/office-api.ts";

/** What a guesser knows of this shop, as far as the office does: its name, the owner's address, `names`. */
export function knownOfShop(me: Pick<Me, "shopName" | "email">, names: readonly string[] = []): KnownOfShop {
  const [mailbox = ""] = me.email.split("@");
  return { names: [me.shopName, mailbox, ...names], phones: [] };
}
