import { accepted, refused, type Result } from "#domain/result.ts";
import type { ImportAnswer, ImportProblem } from "#protocol/export-office.ts";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";

/**
 * A large file over a thin line, and the server reading it through: longer than any other answer may take.
 */
const fileTimeoutMs = 300_000;

export type SendProblem = ImportProblem | OfficeProblem;

/**
 * Sends a till's file as it is. Never throws; after «no answer» it may be sent again, nothing is booked
 * twice.
 */
export async function sendFile(
  file: Blob,
  tools: {
    readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
    readonly isOnline: () => boolean;
  },
): Promise<Result<ImportAnswer, SendProblem>> {
  try {
    const response = await tools.fetch("/api/office/exports", {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { accept: "application/json", "content-type": "application/octet-stream" },
      body: file,
      signal: AbortSignal.timeout(fileTimeoutMs),
    });
    const answer = (await response.json()) as ImportAnswer & { readonly error?: SendProblem };
    if (response.ok) return accepted(answer);
    return refused(answer.error ?? { code: "no-answer" });
  } catch {
    // Network, time-out or not JSON: for the person at the desk all three are «the server did not answer».
    return refused({ code: tools.isOnline() ? "no-answer" : "no-network" });
  }
}
