// The time the server dares to sign (PROTOCOL §8): tills set their own idea of now by it, so a server whose
// clock was set back, or never set, says nothing instead.
import { sql } from "kysely";
import type { Database } from "../db/tables.ts";

/** No machine that runs this program stands before it was written. */
export const BUILT_MS: number = Date.UTC(2026, 0, 1);
/**
 * A clock may stand this far under the highest time ever signed: two servers never agree to the millisecond.
 */
export const MARK_TOLERANCE_MS = 60_000;
/**
 * The mark is written at most this often; so much may be forgotten by a crash, which is less than the
 * tolerance.
 */
const writeEveryMs = 20_000;

/**
 * `nowMs`, or null when it cannot be: before this program existed, or a minute under what was signed before.
 */
export function plausibleTime(nowMs: number, markMs: number): number | null {
  return nowMs < BUILT_MS || nowMs < markMs - MARK_TOLERANCE_MS ? null : nowMs;
}

export interface SignedClock {
  /** What `serverMs` of an answer may say. */
  signedMs(): Promise<number | null>;
}

export function signedClock(db: Database, nowMs: () => number): SignedClock {
  let mark: number | null = null;
  let writtenMs = 0;
  return {
    signedMs: async () => {
      mark ??= (await db.selectFrom("control.clock_mark").select("mark_ms").executeTakeFirst())?.mark_ms ?? 0;
      const time = plausibleTime(nowMs(), mark);
      if (time === null) return null;
      mark = Math.max(mark, time);
      if (mark >= writtenMs + writeEveryMs) {
        writtenMs = mark;
        await sql`insert into control.clock_mark (mark_ms) values (${mark})
          on conflict (one) do update set mark_ms = greatest(clock_mark.mark_ms, excluded.mark_ms)`.execute(
          db,
        );
      }
      return time;
    },
  };
}
