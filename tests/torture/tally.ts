/**
 * How often each fault really happened. A torture that does not bite proves nothing, so its teeth are
 * counted where they close, not where they were planned.
 */
export class Tally {
  readonly #counts = new Map<string, number>();

  add(what: string, times = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + times);
  }

  of(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  /** By name, in the order of the names. */
  all(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** One line a person can read. */
  words(): string {
    return Object.entries(this.all())
      .map(([what, times]) => `${what} ${times}`)
      .join(" · ");
  }
}
