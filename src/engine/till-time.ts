import { anchor, readTime, type Quality, type TimeMark } from "#domain/clock.ts";
import type { EntryTime } from "#protocol/entry.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * The till's idea of now (PROTOCOL §8), kept on disk with each entry so that a restart does not forget it.
 */
export class TillTime {
  readonly #surroundings: Surroundings;
  #mark: TimeMark;
  #markedAtMonotonicMs: number;
  #anchoredHere = false;

  private constructor(surroundings: Surroundings, mark: TimeMark) {
    this.#surroundings = surroundings;
    this.#mark = mark;
    this.#markedAtMonotonicMs = surroundings.monotonicMs();
  }

  static async open(db: TillDatabase, surroundings: Surroundings): Promise<TillTime> {
    const kept = await db.setting("mark");
    // A till that never heard a server believes its clock, until the first answer sets it either way.
    const first = surroundings.clockMs();
    return new TillTime(surroundings, kept ?? { markMs: first, anchorMs: 0 });
  }

  read(): { readonly nowMs: number; readonly clockMs: number; readonly quality: Quality } {
    const clockMs = this.#surroundings.clockMs();
    // Whole milliseconds: entries know no fractions.
    const since = Math.floor(this.#surroundings.monotonicMs() - this.#markedAtMonotonicMs);
    const reading = readTime(this.#mark, since, clockMs, this.#anchoredHere);
    this.#keep(reading.mark.markMs === this.#mark.markMs ? null : reading.mark);
    return { nowMs: reading.nowMs, clockMs, quality: reading.quality };
  }

  entryTime(): EntryTime {
    return this.read();
  }

  /** The mark as it stands, to be written with the next entry. */
  get mark(): TimeMark {
    return this.#mark;
  }

  /** Sets the mark to what a verified answer said, if its round trip was short enough to mean now. */
  anchorTo(serverMs: number, roundTripMs: number): boolean {
    const mark = anchor(serverMs, roundTripMs, this.#surroundings.clockMs());
    if (!mark) return false;
    this.#keep(mark);
    this.#anchoredHere = true;
    return true;
  }

  #keep(mark: TimeMark | null): void {
    if (!mark) return;
    this.#mark = mark;
    this.#markedAtMonotonicMs = this.#surroundings.monotonicMs();
  }
}
