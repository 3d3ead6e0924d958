// Many byte strings in one value of a statement. A statement with a value a cell spends most of its time on
// being written and parsed; cut out of one long string by the database, the same rows cost a third.
import { sql, type RawBuilder } from "kysely";

export interface PackedBytes {
  /** All of them, one after the other. */
  readonly joined: Buffer;
  /** Where each begins, counted from 1 as the database does. */
  readonly starts: readonly number[];
  readonly lengths: readonly number[];
}

/** Packs values of any length; an empty one stays an empty one. */
export function packBytes(values: readonly Uint8Array[]): PackedBytes {
  const starts: number[] = [];
  const lengths: number[] = [];
  let next = 1;
  for (const value of values) {
    starts.push(next);
    lengths.push(value.length);
    next += value.length;
  }
  return { joined: Buffer.concat(values), starts, lengths };
}

/** Packs values that are all `width` bytes long, so that a place in the list is a place in the string. */
export function packFixed(values: readonly Uint8Array[], width: number): Buffer {
  if (values.some((value) => value.length !== width)) throw new RangeError(`a value is not ${width} bytes`);
  return Buffer.concat(values);
}

/** The value of row `place` (a column that counts from 1) out of `packFixed`. */
export function fixedAt(column: string, width: number, place = "r.n"): RawBuilder<Uint8Array> {
  return sql`substr(${sql.ref(column)}, 1 + ${sql.lit(width)} * (${sql.ref(place)} - 1)::int, ${sql.lit(width)})`;
}
