import type { OfficeRefusal } from "#protocol/office-api.ts";
import type { RefusalFormats } from "./refusal-texts.ts";

/**
 * Why a request of the office brought nothing: the server's own refusal, `no-network` (this device knows it
 * is cut off) or `no-answer` (the server stayed silent, or something that is not the server answered). After
 * the last two nobody knows whether the request was carried out, so the input is kept and the same request
 * may be sent again.
 */
export type OfficeProblem = OfficeRefusal | { readonly code: "no-network" } | { readonly code: "no-answer" };

type Sayer<C extends OfficeProblem["code"]> = (
  problem: Extract<OfficeProblem, { readonly code: C }>,
  say: RefusalFormats,
) => string;

/**
 * A sentence for every problem: fact, where the money is, what to do (UX §8). A code without one does not
 * compile.
 */
export type OfficeProblemTexts = { readonly [C in OfficeProblem["code"]]: Sayer<C> };

/** The sentence for `problem`. */
export function sayOfficeProblem(
  problem: OfficeProblem,
  texts: OfficeProblemTexts,
  formats: RefusalFormats,
): string {
  // The table pairs each code with the sayer of that very code; TypeScript cannot follow that through an
  // index. A newer server may refuse by a name this office does not know yet: its own name then stands in the
  // sentence.
  const sayer = (texts[problem.code] ?? texts.internal) as (
    problem: OfficeProblem,
    say: RefusalFormats,
  ) => string;
  return sayer(problem, formats);
}
