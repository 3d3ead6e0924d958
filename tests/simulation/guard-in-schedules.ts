import { fork } from "node:child_process";
import type { Verdict } from "./schedule.ts";
import type { Bias } from "./steps.ts";
import type { PlayerOrder, PlayerReport } from "./player.ts";

/** A schedule that takes longer hangs: far more than any needs on a busy machine. */
const ONE_SCHEDULE_MS = 180_000;

/** One schedule, as it is played again. */
export interface Play {
  readonly seed: number;
  readonly bias?: Bias | undefined;
}

/**
 * Plays these in a process of its own, without the guard of that name, until one breaks something; null when
 * none does. Throws when the process does not even begin.
 */
export async function firstBroken(
  plays: readonly Play[],
  without: string | null,
): Promise<{ readonly play: Play; readonly says: string } | null> {
  const args = without === null ? [] : ["--mutate", without];
  const player = fork(new URL("player.ts", import.meta.url), args, {
    execArgv: process.execArgv,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  player.stderr?.on("data", (piece) => (said += String(piece)));
  let hangs: NodeJS.Timeout | undefined;
  try {
    return await new Promise((resolve, reject) => {
      let at = -1;
      const next = (): void => {
        clearTimeout(hangs);
        const play = plays[++at];
        if (!play) return resolve(null);
        hangs = setTimeout(() => resolve({ play, says: "it does not come to an end" }), ONE_SCHEDULE_MS);
        const { seed, bias } = play;
        player.send({ seed, ...(bias && { bias }) } satisfies PlayerOrder);
      };
      player.on("message", (report: PlayerReport) => {
        const play = plays[at];
        const says = report.kind === "played" ? whatBroke(report.verdict) : null;
        if (play && says !== null) resolve({ play, says });
        else next();
      });
      player.on("exit", (code) => {
        const play = plays[at];
        if (play) resolve({ play, says: `the process ended with ${code} in the middle of it` });
        else reject(new Error(`guards: no schedule began: ${said.slice(-2000)}`));
      });
    });
  } finally {
    clearTimeout(hangs);
    player.kill("SIGKILL");
  }
}

function whatBroke({ broken }: Verdict): string | null {
  return broken === null ? null : (broken.split("\n")[0] ?? broken);
}
