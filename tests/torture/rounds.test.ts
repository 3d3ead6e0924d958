import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backendsOf } from "./profile-backend.ts";
import { planRound } from "./plan.ts";
import { openRig, type Rig } from "./rig.ts";
import { playRound } from "./round.ts";
import { Tally } from "./tally.ts";

/** Ten rounds stand for the many: `npm run torture -- --rounds 500` plays those. */
const rounds = [
  { backend: "leveldb", port: 21_760, seeds: [1, 2, 5, 6, 7, 36] },
  { backend: "sqlite", port: 21_770, seeds: [9, 10, 11, 12] },
] as const;

const tally = new Tally();

describe.each(rounds)("with IndexedDB asked to stand in $backend", ({ backend, port, seeds }) => {
  let rig: Rig;
  let failed = false;

  beforeAll(async () => {
    rig = await openRig({ port, backend, databaseUrl: process.env["DATABASE_URL"] ?? null, tally });
  });
  afterAll(async () => {
    await rig.close({ keep: failed });
  });

  it.each(seeds)("I1–I7: round %i loses, doubles and holds up no sale", async (seed) => {
    const where = `${rig.folder}, IndexedDB in ${backendsOf(rig.profileDir, rig.line.url).join(" and ")}`;
    failed = true;
    const { lost, doubled, stuck } = await playRound(rig, planRound(seed));
    expect({ lost, doubled, stuck }, where).toEqual({ lost: [], doubled: [], stuck: [] });
    failed = false;
  });
});

it("and the rounds did bite: something was killed, and answers to committed pushes were lost", () => {
  const kills = ["kill browser", "kill page and workers", "kill server", "kill database"];
  for (const kill of kills) expect(tally.of(kill), tally.words()).toBeGreaterThan(0);
  expect(tally.of("push answered, answer lost"), tally.words()).toBeGreaterThan(0);
  expect(tally.of("sales shown as paid"), tally.words()).toBeGreaterThan(50);
});
