/**
 * What a till says of its own unreceipted sales with each question for news: `unsent=COUNT.SUM.OLDEST`, sum
 * in minor units, age of the oldest in ms. Its own words, which nobody can check before the sales arrive; the
 * request hash of the signed page binds them to the question.
 */
export interface UnsentWords {
  readonly count: number;
  readonly sumMinor: number;
  /** Age of the oldest one; 0 when none waits. */
  readonly oldestMs: number;
}

/** The value of the query parameter. Negative ages (a clock set back) count as 0. */
export function writeUnsent({ count, sumMinor, oldestMs }: UnsentWords): string {
  return `${count}.${sumMinor}.${Math.max(0, Math.round(oldestMs))}`;
}

/** Null when it is not such a value, or says something that cannot be. */
export function readUnsent(text: string): UnsentWords | null {
  const [, count, sumMinor, oldestMs] = /^(\d{1,9})\.(\d{1,15})\.(\d{1,15})$/u.exec(text)?.map(Number) ?? [];
  if (count === undefined || sumMinor === undefined || oldestMs === undefined) return null;
  return { count, sumMinor, oldestMs };
}
