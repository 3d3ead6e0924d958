// What a copied disk is worth at each level of the vault: PINs tried in a second, and how long all of them
// take. The attack is made, not reckoned: it must find the PIN where it can, and may not where it cannot.
import { availableParallelism } from "node:os";
import { sameBytes, utf8 } from "#protocol/bytes.ts";
import { VAULT_LEVELS } from "#protocol/feed-secrets.ts";
import { recordMac, MIN_PASSPHRASE } from "#protocol/vault-records.ts";
import { type Benchmark, rounded } from "./benchmark.ts";
import { type CopiedVault, copyVault, openWith, pepperOfCopy } from "./pin/copied-vault.ts";
import { stretch } from "./pin/native-argon2.ts";

/** `npm run bench -- pin-attack [SECONDS]`: so long each level is attacked. */
const secondsOfAttack = 10;
/** The PIN stands this far into the attacker's list, so that finding it is part of every run. */
const placeOfPin = 12;
/** What an operator's records cost at least, and the most a quick tablet raises them to. */
const profiles = [1, 4] as const;
const lengths = [4, 6, 8] as const;
/** Letters of both cases and digits. */
const characters = 62;
const lowerLetters = 26;

interface Worth {
  /** PINs that can be told right from wrong in a second; 0: none, because nothing opens the vault. */
  readonly guessesPerSecond: number;
  /** For all PINs of so many digits; null: never, from the copy alone. */
  readonly seconds4: number | null;
  readonly seconds6: number | null;
  readonly seconds8: number | null;
  /** The same for passwords of letters and digits. */
  readonly mixedSeconds4: number | null;
  readonly mixedSeconds6: number | null;
  readonly mixedSeconds8: number | null;
}

/**
 * BENCH.md `pin-attack`. Two processor cores of this machine, native Argon2id; a rented graphics card does
 * more. At `passphrase` no PIN can be tried before the passphrase is found: how fast that goes stands beside
 * it, with the time for the weakest one that is taken, if it was drawn by lot.
 */
export const measurePinAttack: Benchmark = async ({ args, say }) => {
  const limitMs = Number(args[0] ?? secondsOfAttack) * 1000;
  const metrics: Record<string, unknown> = { cores: availableParallelism() };
  for (const level of VAULT_LEVELS) {
    for (const profile of level === "basic" ? profiles : [1]) {
      const { rate, found } = await attack(await copyVault(level, pinAt(placeOfPin), profile), limitMs);
      if (found !== rate > 0) throw new Error(`${level}: tried, and the PIN was not among those found`);
      const name = profile === 1 ? level : `${level}-profile-${profile}`;
      metrics[name] = worthOf(rate);
      say(`${name}: ${rate === 0 ? "the copy opens nothing" : `${rate.toFixed(1)} PINs a second`}`);
    }
  }
  const perSecond = await attackPassphrase(limitMs);
  metrics["passphrase"] = {
    ...worthOf(0),
    passphrasesPerSecond: rounded(perSecond, 1),
    passphraseYears: Math.round(lowerLetters ** MIN_PASSPHRASE / perSecond / (365 * 86_400)),
  };
  say(`passphrase: ${perSecond.toFixed(1)} passphrases a second`);
  return { name: "pin-attack", metrics, ratios: {} };
};

function pinAt(place: number): string {
  return String(place).padStart(6, "0");
}

function worthOf(rate: number): Worth {
  const seconds = (symbols: number, length: number): number | null =>
    rate === 0 ? null : Math.round(symbols ** length / rate);
  const [short, middle, long] = lengths;
  return {
    guessesPerSecond: rounded(rate, 1),
    seconds4: seconds(10, short),
    seconds6: seconds(10, middle),
    seconds8: seconds(10, long),
    mixedSeconds4: seconds(characters, short),
    mixedSeconds6: seconds(characters, middle),
    mixedSeconds8: seconds(characters, long),
  };
}

/** Tries PINs in order on all cores until the time is over. */
async function attack(
  copy: CopiedVault,
  limitMs: number,
): Promise<{ readonly rate: number; readonly found: boolean }> {
  const pepper = await pepperOfCopy(copy);
  if (!pepper) return { rate: 0, found: false };
  const { record, subject } = copy;
  let found = false;
  const rate = await onAllCores(limitMs, async (place) => {
    const a = await stretch(utf8(pinAt(place)), record.salt, record.profile);
    const mac = await recordMac(pepper, subject, record.version, a);
    if (sameBytes(mac, record.mac)) found = true;
  });
  return { rate, found };
}

/** Tries passphrases: each costs an Argon2id and one look at the wrapped key. */
async function attackPassphrase(limitMs: number): Promise<number> {
  const copy = await copyVault("passphrase", pinAt(placeOfPin), 1);
  const { passphraseSalt } = copy;
  if (!passphraseSalt) throw new Error("a vault under a passphrase has its salt on the disk");
  return onAllCores(limitMs, async (place) => {
    const raw = await stretch(utf8(`guess number ${place}`), passphraseSalt, 1);
    if (await openWith(copy, raw)) throw new Error("a guessed passphrase opened the vault");
  });
}

/** How many of `work` are done in a second, when each core does one after the other. */
async function onAllCores(limitMs: number, work: (place: number) => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  let next = 0;
  const core = async (): Promise<void> => {
    while (performance.now() - startedMs < limitMs || next <= placeOfPin) await work(next++);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, core));
  return (next * 1000) / (performance.now() - startedMs);
}
