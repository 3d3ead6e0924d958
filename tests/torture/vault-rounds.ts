// `npm run torture -- --vault`: checks of PINs and passwords, the browser killed at every step of them.
import { Chance } from "../simulation/chance.ts";
import { StepWatch, withSteps } from "./check-steps.ts";
import { openRig } from "./rig.ts";
import type { RoundsDone, RoundsOptions } from "./rounds.ts";
import { Tally } from "./tally.ts";
import { type KnownSteps, planVaultRound } from "./vault-plan.ts";
import { learnSteps, playVaultRound, type VaultRig } from "./vault-round.ts";

export interface OpenVaultRig extends VaultRig {
  readonly known: KnownSteps;
  close(keep: boolean): Promise<void>;
}

/** An enrolled till whose every step of a check is told, and those steps as they were seen once. */
export async function openVaultRig(
  options: Pick<RoundsOptions, "port" | "backend" | "databaseUrl"> & {
    readonly seed: number;
    readonly tally: Tally;
    /** The till as it would be without its count on disk. */
    readonly countsNothing?: boolean;
  },
): Promise<OpenVaultRig> {
  const { port, backend, databaseUrl, seed, tally, countsNothing = false } = options;
  const watch = new StepWatch();
  const rig = await openRig({
    port,
    backend,
    databaseUrl,
    tally,
    patchScripts: (source) => withSteps(source, { countsNothing }),
    watchSteps: (step) => watch.step(step),
  });
  const vault: VaultRig = { rig, watch, chance: new Chance(seed), codes: [] };
  const close = (keep: boolean): Promise<void> => rig.close({ keep });
  try {
    return { ...vault, known: await learnSteps(vault), close };
  } catch (cause) {
    await close(true);
    throw cause;
  }
}

export async function tortureVault(options: RoundsOptions): Promise<RoundsDone> {
  const { say, from, rounds } = options;
  const tally = new Tally();
  const totals = { lost: 0, doubled: 0, stuck: 0 };
  let vault: OpenVaultRig | null = null;
  for (let seed = from; seed < from + rounds; seed += 1) {
    if (!vault) {
      vault = await openVaultRig({ ...options, seed, tally });
      for (const [check, steps] of Object.entries(vault.known))
        say(`${check}, ${steps.length} steps: ${steps.join(" · ")}`);
    }
    const plan = planVaultRound(seed, vault.known);
    const end = await playSafely(vault, seed);
    totals.lost += end.lost.length;
    totals.doubled += end.doubled.length;
    totals.stuck += end.stuck.length;
    const wrong = [...end.lost, ...end.doubled, ...end.stuck];
    const { name, nth, thenMs } = plan.target;
    const where = `${plan.check} at ${name} ${nth}${thenMs === null ? "" : ` + ${thenMs} ms`}`;
    const failed = wrong.length > 0 ? ` FAILED, kept ${vault.rig.folder}` : "";
    say(`round ${seed}: ${where}, ${end.seconds.toFixed(1)} s${failed}`);
    for (const sentence of wrong.slice(0, 20)) say(`  ${sentence}`);
    if (wrong.length > 0 || seed === from + rounds - 1) {
      await vault.close(wrong.length > 0);
      vault = null;
    }
  }
  say(tally.words());
  return { rounds, ...totals };
}

/** A round that breaks down itself has failed: it is stuck, with what it said. */
async function playSafely(vault: OpenVaultRig, seed: number): ReturnType<typeof playVaultRound> {
  try {
    return await playVaultRound(vault, planVaultRound(seed, vault.known));
  } catch (cause) {
    const words = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    vault.rig.log(`${words}\n`);
    return { lost: [], doubled: [], stuck: [`the round broke down: ${words}`], seconds: 0 };
  }
}
