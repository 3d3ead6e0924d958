/** What a benchmark prints: the keys of a name never change, more may come. A ratio is ours ÷ theirs. */
export interface BenchmarkResult {
  readonly name: string;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly ratios: Readonly<Record<string, number>>;
}

export interface BenchmarkOptions {
  /** What stands on the command line after the name, `--json` apart. */
  readonly args: readonly string[];
  /** What a person who waits may read; it never goes to standard output. */
  readonly say: (words: string) => void;
}

/**
 * Measures and answers; throws when it could not, because half a measurement would be read as a whole one.
 */
export type Benchmark = (options: BenchmarkOptions) => Promise<BenchmarkResult>;

/** The middle one of the values, or the mean of the two in the middle. Throws without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError("no values, no median");
  return (lower + upper) / 2;
}

/** The value to so many decimals: what lies behind them is noise, and would be read as precision. */
export function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
