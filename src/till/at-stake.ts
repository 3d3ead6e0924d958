import { formatMoney } from "#domain/money.ts";
import type { TillView } from "#protocol/engine-calls.ts";
import { sayHealth } from "#ui/texts/health-texts.ts";

/** «3笔¥114.00»: what has no receipt of the server yet; null when all has one. */
export function unsentSales({ link, settings }: Pick<TillView, "link" | "settings">): string | null {
  if (link.unsentCount === 0) return null;
  return sayHealth().sales(link.unsentCount, formatMoney(link.unsentMinor, settings.currency));
}

/** What the server has set apart for the owner to decide; null when it has nothing. */
export function salesWithOwner({ link, settings }: Pick<TillView, "link" | "settings">): string | null {
  if (link.withOwner === null) return null;
  const { count, sumMinor } = link.withOwner;
  return sayHealth().sales(count, formatMoney(sumMinor, settings.currency));
}

/** How delivery stands, in the order in which it matters to whoever sells. */
export type Standing = "stuck" | "offline" | "silent" | "sending" | "onServer";

/** No network explains why nothing moves; only with an answering server is that an alarm. */
export function standingOf({ state, stuckSinceMs, unsentCount }: TillView["link"]): Standing {
  if (state === "offline") return "offline";
  if (stuckSinceMs !== null) return "stuck";
  if (state === "silent") return "silent";
  return unsentCount === 0 ? "onServer" : "sending";
}
