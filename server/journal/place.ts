// Where something stands in the books, as the columns that say it: for `where((eb) => eb.and(…))` and for a
// new row alike. Said once, because a clause that forgets one of them reads another till's money.
import type { Bytes } from "#protocol/bytes.ts";

/** One epoch of one till. */
export interface EpochOf {
  readonly merchant: Uint8Array;
  readonly till: Uint8Array;
  readonly epoch: number;
}

/** One sale: in its till's chain, or booked beside it. */
export interface SalePlace extends EpochOf {
  readonly seq: number;
  /** Empty in the chain; of a sale booked out of quarantine its own hash. */
  readonly branch: Uint8Array;
}

/** The branch of a sale that stands in its till's chain. */
export const IN_CHAIN: Bytes = new Uint8Array();

interface EpochColumns {
  merchant_id: Uint8Array;
  till_id: Uint8Array;
  epoch: number;
}

export function epochColumns({ merchant, till, epoch }: EpochOf): EpochColumns {
  return { merchant_id: merchant, till_id: till, epoch };
}

export function saleColumns(place: SalePlace): EpochColumns & { seq: number; branch: Uint8Array } {
  return { ...epochColumns(place), seq: place.seq, branch: place.branch };
}
