import { describe, expect, it } from "vitest";
import { fromHex } from "#protocol/bytes.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import { type CheckEvidence, judgeCheck } from "./vault-judge.ts";

const subject = "0a".repeat(16);
const tried = (n: number): TillBody => ({
  kind: "attempt",
  subjectClass: "operator",
  subject: fromHex(subject),
  n,
});
const cameIn: TillBody = { kind: "operator-in", operator: fromHex(subject) };

/** The third wrong PIN in a row, killed while it was looked at. */
const wrong: CheckEvidence = {
  check: "wrong-pin",
  subject,
  before: { own: 2, device: 4 },
  after: { own: 3, device: 5 },
  entries: [tried(3)],
  looked: true,
  heard: null,
  spent: false,
};
const right: CheckEvidence = {
  ...wrong,
  check: "right-pin",
  after: { own: 0, device: 3 },
  entries: [tried(3), cameIn],
  heard: "operator-in",
};
const none = { lost: [], doubled: [], stuck: [] };

describe("the judge of killed checks", () => {
  it("says nothing of a check that is counted once, and nothing of one that never began", () => {
    expect(judgeCheck(wrong)).toEqual(none);
    expect(judgeCheck(right)).toEqual(none);
    expect(judgeCheck({ ...wrong, after: wrong.before, entries: [], looked: false })).toEqual(none);
  });

  it("says nothing of a right PIN that was killed before it let in: the try stays", () => {
    expect(judgeCheck({ ...right, entries: [tried(3)], after: wrong.after, heard: null })).toEqual(none);
  });

  it.each<[string, Partial<CheckEvidence>]>([
    ["a count that stayed where it was", { after: wrong.before }],
    ["a device's count that stayed", { after: { own: 3, device: 4 } }],
    ["a look before the entry", { entries: [], after: wrong.before }],
    ["an entry that counts from the beginning", { entries: [tried(1)] }],
    ["a wrong PIN that let in", { entries: [tried(3), cameIn], after: { own: 0, device: 3 } }],
    ["an answer that nothing stands behind", { heard: "operator-in" }],
  ])("I11: calls %s a try that was given back", (_what, part) => {
    expect(judgeCheck({ ...wrong, ...part }).lost).not.toEqual([]);
  });

  it.each<[string, Partial<CheckEvidence>]>([
    ["one try as two entries", { entries: [tried(3), tried(4)], after: { own: 4, device: 6 } }],
    ["one try as two counts", { after: { own: 4, device: 5 } }],
    ["one try as two of the device", { after: { own: 3, device: 6 } }],
  ])("calls %s counted twice", (_what, part) => {
    expect(judgeCheck({ ...wrong, ...part }).doubled).not.toEqual([]);
  });

  it("I8: a code spent without a sale, or sold and not spent, is no sale that was kept whole", () => {
    const code: CheckEvidence = { ...wrong, check: "right-password" };
    expect(judgeCheck({ ...code, spent: true }).lost).not.toEqual([]);
    expect(judgeCheck({ ...code, spent: false })).toEqual(none);
  });
});
