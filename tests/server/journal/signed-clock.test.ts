import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  confirmClock,
  LEAP_LIMIT_MS,
  MARK_TOLERANCE_MS,
  plausibleTime,
  signedClock,
} from "../../../server/journal/signed-clock.ts";
import { freshDatabase } from "../database.ts";

const NOW = Date.UTC(2026, 10, 23);
const YEAR_MS = 365 * 86_400_000;

describe("B9: the time the server dares to sign (PROTOCOL §8)", () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it("is its clock from a minute under the mark to sixteen days over it, and nothing beyond", () => {
    expect(plausibleTime(NOW - MARK_TOLERANCE_MS, NOW)).toBe(NOW - MARK_TOLERANCE_MS);
    expect(plausibleTime(NOW - MARK_TOLERANCE_MS - 1, NOW)).toBeNull();
    expect(plausibleTime(NOW + LEAP_LIMIT_MS, NOW)).toBe(NOW + LEAP_LIMIT_MS);
    expect(plausibleTime(NOW + LEAP_LIMIT_MS + 1, NOW)).toBeNull();
    expect(plausibleTime(NOW + YEAR_MS, 0)).toBe(NOW + YEAR_MS);
  });

  it("a clock a year ahead is not signed and poisons nothing; right again, it is signed at once", async () => {
    let ms = NOW;
    const clock = signedClock(database.db, () => ms);
    expect(await clock.signedMs()).toBe(NOW);
    ms = NOW + YEAR_MS;
    expect(await clock.signedMs()).toBeNull();
    ms = NOW + 1000;
    expect(await clock.signedMs()).toBe(NOW + 1000);
  });

  it("a person's word moves the mark either way, and a running server hears of it", async () => {
    let ms = NOW + YEAR_MS;
    const clock = signedClock(database.db, () => ms);
    expect(await clock.signedMs()).toBeNull();
    await confirmClock(database.db, ms);
    expect(await clock.signedMs()).toBe(ms);
    ms = NOW;
    expect(await clock.signedMs()).toBeNull();
    await confirmClock(database.db, ms);
    expect(await clock.signedMs()).toBe(NOW);
  });
});
