import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { planVaultRound } from "./vault-plan.ts";
import { playVaultRound } from "./vault-round.ts";
import { type OpenVaultRig, openVaultRig } from "./vault-rounds.ts";
import { Tally } from "./tally.ts";
import { manyAtOnce } from "./many-checks.ts";

/** Ten rounds stand for the many: `npm run torture -- --vault --rounds 200` plays those. */
const seeds = [2, 5, 8, 11, 16, 22, 25, 27, 32, 43];
const databaseUrl = process.env["DATABASE_URL"] ?? null;
const tally = new Tally();

describe("a browser killed in the middle of a check", () => {
  let vault: OpenVaultRig;
  let failed = false;

  beforeAll(async () => {
    vault = await openVaultRig({ port: 21_780, backend: "leveldb", databaseUrl, seed: 1, tally });
  });
  afterAll(async () => {
    await vault.close(failed);
  });

  it("C4: the steps are seen: the try is on disk before the secret is looked at", () => {
    for (const [check, steps] of Object.entries(vault.known)) {
      const counted = steps.indexOf("engine write complete");
      const asked = steps.findIndex((step) => step.startsWith("pin hears check"));
      expect(counted, `${check}: ${steps.join(", ")}`).toBeGreaterThan(0);
      expect(asked, check).toBeGreaterThan(counted);
      expect(steps.indexOf("pin argon2"), check).toBeGreaterThan(asked);
    }
  });

  it.each(seeds)("I11: round %i gives no try back and counts none twice", async (seed) => {
    failed = true;
    const { lost, doubled, stuck } = await playVaultRound(vault, planVaultRound(seed, vault.known));
    expect({ lost, doubled, stuck }, vault.rig.folder).toEqual({ lost: [], doubled: [], stuck: [] });
    failed = false;
  });

  it("I11: 50 checks at once from five tabs: each look is counted, and no sixth", async () => {
    const { looked, counted, own, answers } = await manyAtOnce(vault, { tabs: 5, checks: 50 });
    expect(counted).toBe(looked);
    expect(own).toBe(looked);
    expect(looked, answers.join(", ")).toBe(5);
  });

  it("and the kills did fall where they were aimed", () => {
    expect(tally.of("check killed: reached"), tally.words()).toBeGreaterThanOrEqual(8);
    expect(tally.of("check killed: late"), tally.words()).toBe(0);
  });
});

describe("the same till without its count on disk", () => {
  it("is found out by the very first killed check", async () => {
    const weak = await openVaultRig({
      port: 21_790,
      backend: "leveldb",
      databaseUrl,
      seed: 1,
      tally: new Tally(),
      countsNothing: true,
    });
    try {
      const steps = weak.known["wrong-pin"];
      const name = steps.find((step) => step.startsWith("pin hears check")) ?? "";
      const end = await playVaultRound(weak, {
        seed: 0,
        check: "wrong-pin",
        target: { name, nth: 1, thenMs: null },
      });
      expect(end.lost.join("\n")).toContain("I11");
    } finally {
      await weak.close(false);
    }
  });
});
