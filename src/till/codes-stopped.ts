import type { TillView } from "#protocol/engine-calls.ts";
import { sayVault } from "#ui/texts/vault-texts.ts";
import type { Place } from "./place.ts";
import { screenTexts } from "./screen-texts.ts";

/** What stands in the way of payment codes and approvals, the worst first; null when nothing does. */
export type CodesStop = "stop" | "keys" | "lease";

export function codesStop({ stop, vault }: Pick<TillView, "stop" | "vault">): CodesStop | null {
  if (stop !== null) return "stop";
  if (!vault.open) return "keys";
  return vault.lease?.over === true ? "lease" : null;
}

/** The same as a sentence for a button or the message line: what is so, and that cash works. */
export function sayCodesStop(view: Pick<TillView, "stop" | "vault">): string | null {
  const why = codesStop(view);
  if (why === null) return null;
  return why === "stop" ? screenTexts.now.sell.stoppedCashOnly : sayVault().closed.codes[why];
}

/** Where the strip leads: to what it says first and what can be done about it. */
export function wayOf(view: Pick<TillView, "stop" | "vault">): Place {
  const why = codesStop(view);
  if (why === null) return { at: "connection" };
  return why === "stop" ? { at: "renew" } : { at: "vault", task: "levels" };
}
