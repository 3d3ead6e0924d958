// One round: a secret is typed and confirmed, the browser is killed at one step of the check, and what stands
// on its disk afterwards is laid beside what was looked at.
import { fromHex } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { Chance } from "../simulation/chance.ts";
import { PIN } from "./cashier-hands.ts";
import type { StepWatch } from "./check-steps.ts";
import type { IssuedForTill } from "./owner.ts";
import type { AskedCheck, TortureWindow } from "./page-driver.ts";
import { drained, type Rig, signIn, stockCodes } from "./rig.ts";
import { judgeRig, type RoundEnd } from "./round.ts";
import { bodiesAfter, readVault, triesOf } from "./vault-as-read.ts";
import { type Check, judgeCheck } from "./vault-judge.ts";
import type { KnownSteps, VaultPlan } from "./vault-plan.ts";

/** What a round needs beside the rig. */
export interface VaultRig {
  readonly rig: Rig;
  readonly watch: StepWatch;
  readonly chance: Chance;
  /** Codes on the tablet that ask for a password, unspent. */
  readonly codes: IssuedForTill[];
}

const WRONG_PIN = "415926";
const WRONG_PASSWORD = "101325";
/** Longer than any check takes on a slow machine. */
const CHECK_LIMIT_MS = 30_000;
/** The server numbers its own entries one after the other: many at once only stand in each other's way. */
const CODES_WANTED = 10;

/** Every check once, whole: the steps there are. Throws when a check ends otherwise than it should. */
export async function learnSteps(vault: VaultRig): Promise<KnownSteps> {
  const known: Partial<Record<Check, readonly string[]>> = {};
  const ends: Readonly<Record<Check, string>> = {
    "wrong-pin": "refused",
    "right-pin": "operator-in",
    "wrong-password": "refused",
    "right-password": "paid",
  };
  for (const [check, end] of Object.entries(ends) as [Check, string][]) {
    const asked = await prepare(vault, check);
    vault.watch.arm(null);
    const heard = await type(vault.rig, asked.typing);
    if (heard !== end) throw new Error(`${check} ended with ${heard}`);
    // What is written after the answer belongs to the delivery, which other tortures kill.
    const { seen } = vault.watch;
    known[check] = seen.slice(0, seen.lastIndexOf("engine answers") + 1);
    await leaveSale(vault.rig);
  }
  return known as KnownSteps;
}

export async function playVaultRound(vault: VaultRig, plan: VaultPlan): Promise<RoundEnd> {
  const { rig, watch } = vault;
  const startedMs = performance.now();
  rig.log(`${JSON.stringify({ at: Date.now(), plan })}\n`);
  const { typing, subject, subjectClass } = await prepare(vault, plan.check);
  const before = await readVault(rig.browser.page());
  watch.arm(plan.target);
  const typed = type(rig, typing);
  const heard = await killWhen(vault, typed);
  await rig.browser.start(rig.backend);

  const after = await readVault(rig.browser.page());
  const judged = judgeCheck({
    check: plan.check,
    subject,
    before: triesOf(before, subjectClass, subject),
    after: triesOf(after, subjectClass, subject),
    entries: await bodiesAfter(rig.browser.page(), before.headSeq),
    looked: watch.seen.some((step) => step.startsWith("pin hears check")),
    heard,
    spent: after.spent.includes(subject),
  });
  watch.arm(null);
  await rightOnceMore(vault, plan.check);
  const books = await judgeRig(rig, await drained(rig));
  return {
    lost: [...judged.lost, ...books.lost],
    doubled: [...judged.doubled, ...books.doubled],
    stuck: books.stuck,
    seconds: (performance.now() - startedMs) / 1000,
  };
}

interface Prepared {
  readonly typing: AskedCheck;
  readonly subject: string;
  readonly subjectClass: "operator" | "code";
}

async function prepare(vault: VaultRig, check: Check): Promise<Prepared> {
  const { rig, codes } = vault;
  if (check.endsWith("pin")) {
    const [operatorId = ""] = (await readVault(rig.browser.page())).operators;
    const typed = check === "right-pin" ? PIN : WRONG_PIN;
    return { typing: { operatorId, typed }, subject: operatorId, subjectClass: "operator" };
  }
  const code = await freshCode(vault);
  if (check === "wrong-password") codes.push(code);
  const typed = check === "right-password" ? code.password : WRONG_PASSWORD;
  return { typing: { code, typed }, subject: await ctiOf(rig, code), subjectClass: "code" };
}

async function freshCode({ rig, codes, chance }: VaultRig): Promise<IssuedForTill> {
  if (codes.length < 4) codes.push(...(await stockCodes(rig, CODES_WANTED, chance, { locked: true })));
  const code = codes.shift();
  if (!code) throw new Error("no code in stock");
  return code;
}

/** The id that the till counts under; the office says its short form only. */
async function ctiOf(rig: Rig, code: IssuedForTill): Promise<string> {
  const { leases } = await readVault(rig.browser.page());
  const cti = leases.find((one) => shortId(fromHex(one)) === code.id);
  if (cti === undefined) throw new Error(`code ${code.id} is not leased here`);
  return cti;
}

function type(rig: Rig, typing: AskedCheck): Promise<string> {
  return rig.browser
    .page()
    .evaluate((asked) => (globalThis as unknown as TortureWindow).torture.check(asked), typing);
}

/** Kills at the step that was aimed at, or after the answer where it never came; what the page had heard. */
async function killWhen({ rig, watch }: VaultRig, typed: Promise<string>): Promise<string | null> {
  let heard: string | null = null;
  const answered = typed.then(
    (kind) => {
      heard = kind;
      return "answered" as const;
    },
    // The page was killed under it: that is the round's doing.
    () => "killed" as const,
  );
  const late = Promise.withResolvers<"late">();
  const limit = setTimeout(() => late.resolve("late"), CHECK_LIMIT_MS);
  const reached = watch.reached.then(() => "reached" as const);
  const came = await Promise.race([reached, answered, late.promise]);
  clearTimeout(limit);
  rig.tally.add(`check killed: ${came}`);
  await rig.browser.kill();
  await answered;
  return heard;
}

/** With the right secret everything goes on, and the tries start anew. */
async function rightOnceMore(vault: VaultRig, check: Check): Promise<void> {
  const { rig } = vault;
  await signIn(rig);
  if (check.endsWith("pin")) return;
  // The device forgives one wrong try for each success: without this the rounds would wait for each other.
  const { typing } = await prepare(vault, "right-password");
  const heard = await type(rig, typing);
  if (heard !== "paid") throw new Error(`a code with the right password ended with ${heard}`);
  await leaveSale(rig);
}

async function leaveSale(rig: Rig): Promise<void> {
  await rig.browser.page().evaluate(async () => {
    const { call } = (globalThis as unknown as TortureWindow).torture;
    await call("withdrawCode");
    await call("cancelSale");
    await call("nextSale");
  });
}
