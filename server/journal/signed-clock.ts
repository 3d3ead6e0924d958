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
 * A clock this far over the highest time ever signed may be right (a shop was closed) or set wrong: nobody
 * but a person knows, and once signed it could never be taken back.
 */
export const LEAP_LIMIT_MS: number = 16 * 24 * 60 * 60 * 1000;

/**
 * `nowMs`, or null when it cannot be believed: before this program existed, a minute under what was signed
 * before, or 16 days over it. `markMs` is 0 where nothing was ever signed.
 */
export function plausibleTime(nowMs: number, markMs: number): number | null {
  if (nowMs < BUILT_MS || nowMs < markMs - MARK_TOLERANCE_MS) return null;
  return markMs > 0 && nowMs > markMs + LEAP_LIMIT_MS ? null : nowMs;
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
      mark ??= await readMark(db);
      // A time that cannot be believed is looked at once more with the mark on disk: somebody may have
      // confirmed it.
      if (plausibleTime(nowMs(), mark) === null) mark = await readMark(db);
      const time = plausibleTime(nowMs(), mark);
      if (time === null) return null;
      mark = Math.max(mark, time);
      if (Math.abs(mark - writtenMs) >= writeEveryMs) {
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

/** The highest time ever signed, or confirmed; 0 before the first. */
export async function readMark(db: Database): Promise<number> {
  return (await db.selectFrom("control.clock_mark").select("mark_ms").executeTakeFirst())?.mark_ms ?? 0;
}

/** A person at the server says that this is the time: the mark moves there, in either direction. */
export async function confirmClock(db: Database, nowMs: number): Promise<void> {
  await sql`insert into control.clock_mark (mark_ms) values (${nowMs})
    on conflict (one) do update set mark_ms = excluded.mark_ms`.execute(db);
}
