import type { Result } from "#domain/result.ts";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";

/** What a request to the server came to. */
export type Answer<T> = Result<T, OfficeProblem>;

/** Whether the request may have been carried out although nothing came back. */
export function isUnanswered(problem: OfficeProblem): boolean {
  return problem.code === "no-network" || problem.code === "no-answer" || problem.code === "internal";
}
