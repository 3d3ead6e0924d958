// Rounds after rounds on one shop, a fresh shop now and then, and what came of them.
import { backendsOf, type Backend } from "./profile-backend.ts";
import { planRound } from "./plan.ts";
import { openRig, type Rig } from "./rig.ts";
import { playRound } from "./round.ts";
import { Tally } from "./tally.ts";

export interface RoundsOptions {
  readonly rounds: number;
  readonly from: number;
  readonly port: number;
  readonly backend: Backend;
  readonly databaseUrl: string | null;
  readonly say: (text: string) => void;
}

export interface RoundsDone {
  readonly rounds: number;
  readonly lost: number;
  readonly doubled: number;
  readonly stuck: number;
}

/** A shop of its own for so many rounds: enrolment is part of what is tortured, and books stay readable. */
const roundsOfAShop = 100;

export async function tortureRounds(options: RoundsOptions): Promise<RoundsDone> {
  const { say, from, port, backend, databaseUrl } = options;
  const tally = new Tally();
  let rig: Rig | null = null;
  let played = 0;
  const totals = { lost: 0, doubled: 0, stuck: 0 };
  for (let seed = from; seed < from + options.rounds; seed += 1) {
    if (!rig) {
      rig = await openRig({ port, backend, databaseUrl, tally });
      say(`shop in ${rig.folder}, IndexedDB in ${backendsOf(rig.profileDir, rig.line.url).join(" and ")}`);
    }
    const end = await playSafely(rig, seed);
    played += 1;
    totals.lost += end.lost.length;
    totals.doubled += end.doubled.length;
    totals.stuck += end.stuck.length;
    const wrong = [...end.lost, ...end.doubled, ...end.stuck];
    say(`round ${seed}: ${end.seconds.toFixed(1)} s${wrong.length > 0 ? ` FAILED, kept ${rig.folder}` : ""}`);
    for (const sentence of wrong.slice(0, 20)) say(`  ${sentence}`);
    const isOver = wrong.length > 0 || played % roundsOfAShop === 0;
    if (isOver || seed === from + options.rounds - 1) {
      await rig.close({ keep: wrong.length > 0 });
      rig = null;
    }
  }
  say(tally.words());
  return { rounds: played, ...totals };
}

/** No round takes so long; one that does hangs. */
const roundLimitMs = 240_000;

/** A round that breaks down itself has failed: it is stuck, with what it said. */
async function playSafely(rig: Rig, seed: number): ReturnType<typeof playRound> {
  try {
    const late = Promise.withResolvers<never>();
    const limit = setTimeout(() => late.reject(new Error("the round never ended")), roundLimitMs);
    return await Promise.race([playRound(rig, planRound(seed)), late.promise]).finally(() =>
      clearTimeout(limit),
    );
  } catch (cause) {
    const words = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    rig.log(`${words}\n`);
    return { lost: [], doubled: [], stuck: [`the round broke down: ${words}`], seconds: 0 };
  }
}
