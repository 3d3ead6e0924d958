import type { House } from "./office.ts";
import { runSchedule, type Verdict } from "./schedule.ts";

export interface Wanted {
  readonly seeds: number;
  readonly from: number;
  readonly stopAtFirst: boolean;
}

export interface Simulated {
  readonly schedules: number;
  readonly broken: readonly Verdict[];
}

/** Plays seeds one after the other and answers those that broke something. Closes the house. */
export async function simulate(house: House, { seeds, from, stopAtFirst }: Wanted): Promise<Simulated> {
  const broken: Verdict[] = [];
  let schedules = 0;
  try {
    for (let seed = from; seed < from + seeds; seed++) {
      const verdict = await runSchedule(seed, house);
      schedules++;
      if (verdict.broken === null) continue;
      broken.push(verdict);
      if (stopAtFirst) break;
    }
  } finally {
    await house.close();
  }
  return { schedules, broken };
}
