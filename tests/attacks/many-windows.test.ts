import { describe, expect, it } from "vitest";
import { LOCK_AT } from "#domain/attempts.ts";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import { BenchTill } from "../engine/bench-till.ts";
import { bookOfAnotherWindow } from "./another-window.ts";

// Two windows of a till never hold its engine at once; a browser's lock says so. Should that lock ever fail,
// no try may be had for nothing all the same.

const WINDOWS = 5;
const CHECKS = 50;

describe("I11: many checks at once at one database", () => {
  it("50 at once, from five windows on five subjects: each look is counted, once", async () => {
    const till = await BenchTill.ready();
    const subjects = Array.from({ length: CHECKS / LOCK_AT }, () => randomBytes(16));
    // Hours between any two looks at the clock: nobody waits, so only the counting stands in the way.
    let hours = 0;
    const books = await Promise.all(
      Array.from({ length: WINDOWS }, () => bookOfAnotherWindow(till, () => (hours += 1) * 3_600_000)),
    );
    let looked = 0;
    const hand = async (at: number): Promise<void> => {
      const subject = subjects[at % subjects.length] ?? new Uint8Array(16);
      const book = books[at % WINDOWS];
      // Other windows move the journal's head on all the time; a hand that was not heard presses again.
      for (let presses = 0; presses < 100; presses += 1) {
        const counted = await book?.count("code", subject);
        if (counted?.ok) {
          looked += 1;
          return;
        }
      }
    };
    await Promise.all(Array.from({ length: CHECKS }, (_, at) => hand(at)));
    expect(looked).toBe(CHECKS);
    for (const subject of subjects)
      expect((await till.db.attempts.get(`code:${toHex(subject)}`))?.count).toBe(LOCK_AT);
    expect((await till.db.attempts.get("device:code"))?.count).toBe(CHECKS);
    const tries = (await till.bodies()).filter((body) => body.kind === "attempt");
    expect(tries).toHaveLength(CHECKS);
    // The eleventh of each is locked, whichever window asks.
    for (const [at, subject] of subjects.entries())
      expect(await books[at]?.count("code", subject)).toMatchObject({ refusal: { kind: "locked" } });
    expect(await till.brokenAt()).toBeNull();
  });

  it("50 at once on one subject with the clock standing: five are looked at, and 45 wait", async () => {
    const till = await BenchTill.ready();
    const subject = randomBytes(16);
    const books = await Promise.all(
      Array.from({ length: WINDOWS }, () => bookOfAnotherWindow(till, () => 1000)),
    );
    const outcomes = await Promise.all(
      Array.from({ length: CHECKS }, async (_, at) => {
        for (;;) {
          const counted = await books[at % WINDOWS]?.count("code", subject);
          if (counted?.ok) return "looked";
          if (counted && "kind" in counted.refusal) return counted.refusal.kind;
        }
      }),
    );
    expect(outcomes.filter((one) => one === "looked")).toHaveLength(5);
    expect(outcomes.filter((one) => one === "wait")).toHaveLength(45);
    expect((await till.db.attempts.get(`code:${toHex(subject)}`))?.count).toBe(5);
  });
});
