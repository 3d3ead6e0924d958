import type { Bias } from "./steps.ts";

/** What protects something, and how it is taken away: one replacement in the text of a file. */
export interface Guard {
  /** kebab-name, said by `--mutate`. */
  readonly name: string;
  /** Path from the checkout's root. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What would be lost without it. */
  readonly why: string;
  /** Weights of steps that make its situation likelier: the same schedules, met sooner. */
  readonly bias?: Bias;
  /**
   * The ordinary test that turns red instead, where no schedule can meet the situation; by a part of its
   * title, in its file.
   */
  readonly test?: { readonly file: string; readonly title: string };
}
