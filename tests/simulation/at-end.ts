import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { CounterHands } from "./counter-hands.ts";
import type { PastEntry, StepWatch } from "./each-step.ts";
import type { TillAtEnd } from "./invariants.ts";
import { keyOf, lifeOf } from "./kept-on-tablet.ts";

/** What a tablet is like when a schedule is over. */
export async function lookAtTheEnd(
  till: CounterHands,
  watch: StepWatch,
  lastSaleArrived: boolean,
): Promise<TillAtEnd> {
  const { tablet, id, epoch } = till;
  const brokenAt = await tablet.brokenAt();
  return {
    id,
    name: till.name,
    past: pastOf(watch.past),
    gone: watch.gone,
    brokenAt: till.brokenBefore ?? (brokenAt === null ? null : keyOf({ till: id, epoch, seq: brokenAt })),
    shownPaid: tablet.shownPaid,
    receipted: till.receipts.highest,
    receiptedEarly: till.receipts.early,
    unsentCount: tablet.view.link.unsentCount,
    stop: tablet.view.stop,
    cloned: till.cloned,
    isCloned: till.isCloned,
    tries: new Map((await tablet.db.attempts.toArray()).map((one) => [one.key, one.count])),
    checks: till.checks,
    lastSaleArrived,
  };
}

/** Life by life in their order, each in the order of its numbers. */
function pastOf(entries: readonly PastEntry[]): TillAtEnd["past"] {
  return [...Map.groupBy(entries, lifeOf).values()].flatMap((life) =>
    life
      .toSorted((a, b) => a.seq - b.seq)
      .flatMap((entry) => {
        const decoded = decodeEntry(entry.bytes);
        const body = decoded && decodeTillBody(decoded.kind, decoded.body);
        return body ? [{ entry, body }] : [];
      }),
  );
}
