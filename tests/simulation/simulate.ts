import type { OpenOffice } from "./office.ts";
import { runSchedule, type Verdict } from "./schedule.ts";
import { openStandInOffice } from "./stand-in-office.ts";

export interface Wanted {
  readonly seeds: number;
  readonly from: number;
  readonly server: "real" | "stand-in";
  readonly stopAtFirst: boolean;
}

export interface Simulated {
  readonly schedules: number;
  readonly perSecond: number;
  readonly broken: readonly Verdict[];
}

/** Runs seeds one after the other and answers those that broke something. */
export async function simulate({ seeds, from, server, stopAtFirst }: Wanted): Promise<Simulated> {
  const house = server === "real" ? await (await import("./real-office.ts")).openHouse() : null;
  const openOffice: OpenOffice = house ? (nowMs) => house.openOffice(nowMs) : openStandInOffice;
  const broken: Verdict[] = [];
  const startedMs = performance.now();
  let schedules = 0;
  try {
    for (let seed = from; seed < from + seeds; seed++) {
      const verdict = await runSchedule(seed, openOffice);
      schedules++;
      if (verdict.broken === null) continue;
      broken.push(verdict);
      if (stopAtFirst) break;
    }
  } finally {
    await house?.close();
  }
  const perSecond = Math.round((schedules / (performance.now() - startedMs)) * 10_000) / 10;
  return { schedules, perSecond, broken };
}
