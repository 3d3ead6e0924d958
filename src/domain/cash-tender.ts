import { type MinorUnits, toMinorUnits } from "./money.ts";

// Notes a customer puts down, largest last; what is given is nearly always the sum rounded up to one of
// these.
const notes = [5, 10, 20, 50, 100] as const;

/** What goes back to the customer; negative tells how much is still missing. Both in minor units. */
export function changeFor(receivedMinor: number, dueMinor: number): MinorUnits {
  return toMinorUnits(toMinorUnits(receivedMinor) - toMinorUnits(dueMinor));
}

/**
 * Up to three sums above `dueMinor` that a customer is likely to hand over, smallest first, for the quick
 * keys. `minorPerMajor` is 100 for CNY, 1 for JPY.
 */
export function likelyCash(dueMinor: number, minorPerMajor: number): readonly MinorUnits[] {
  const sums = new Set<number>();
  for (const note of notes) {
    const unit = note * minorPerMajor;
    const sum = Math.ceil(dueMinor / unit) * unit;
    if (sum > dueMinor && Number.isSafeInteger(sum)) sums.add(sum);
  }
  return Array.from(sums)
    .toSorted((a, b) => a - b)
    .slice(0, 3)
    .map(toMinorUnits);
}
