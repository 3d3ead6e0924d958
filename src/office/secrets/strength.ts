import { type OptionsDictionary, ZxcvbnFactory } from "@zxcvbn-ts/core";
import { adjacencyGraphs, dictionary } from "@zxcvbn-ts/language-common";

/** How hard a password is to guess for somebody who tries the likely ones first. */
export interface StrengthFigure {
  /** 0 falls at once, 4 holds. */
  readonly score: 0 | 1 | 2 | 3 | 4;
  /** Tries until it is likely found. */
  readonly guesses: number;
}

/** Longer ones are strong by their length; the time to judge one grows with the square of it. */
const JUDGED_CHARACTERS = 64;
const estimator = new ZxcvbnFactory({
  dictionary: dictionary as OptionsDictionary,
  graphs: adjacencyGraphs,
  maxLength: JUDGED_CHARACTERS,
});

/**
 * The figure for `text`; `names`: what a guesser knows of the shop. This file weighs a quarter of a megabyte:
 * import it only where it is shown, by `import()`.
 */
export function strengthOf(text: string, names: readonly string[]): StrengthFigure {
  const { score, guesses } = estimator.check(text.slice(0, JUDGED_CHARACTERS), [...names]);
  return { score, guesses };
}
