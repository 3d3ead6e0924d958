import { DatabaseError } from "pg";
import { PIN, START_MS, WorldClock } from "../engine/tablet.ts";
import { failWrites } from "../engine/unreliable-disk.ts";
import type { Fault } from "../engine/unreliable-network.ts";
import { Chance } from "./chance.ts";
import { CounterHands } from "./counter-hands.ts";
import { INVARIANTS, type AtEnd, type TillAtEnd } from "./invariants.ts";
import { seedRandomness, followClock } from "./quick-platform.ts";
import { StepWatch } from "./each-step.ts";
import { STEPS, type Bias, type Step } from "./steps.ts";
import type { House, OfficeCode, OpenedOffice } from "./office.ts";

/** What came of one seed. */
export interface Verdict {
  readonly seed: number;
  /** «I3: …», the first that is broken; null when all hold. */
  readonly broken: string | null;
  /** What was done, in order: what one reads when it is broken. */
  readonly steps: readonly string[];
}

const PASSWORD = "48159";
/** How many schedules are long ones. */
const LONG_SHARE = 0.1;
/** How many have somebody look at the screen after every command: a view costs more than the command. */
const WATCHED_SHARE = 0.1;
const DAY_MS = 86_400_000;
const TEN_YEARS_MS = 3653 * DAY_MS;
const FAULTS: readonly Fault[] = [
  "request-lost",
  "answer-lost",
  "twice",
  "status-500",
  "unsigned-200",
  "signature-broken",
  "stale-answer",
  "status-401",
  "forged-receipt",
  "forged-receipt",
];
const PATHS: readonly RegExp[] = [/push/u, /push/u, /feed/u, /hello/u, /challenge/u, /claim/u];

/** One shop, one seed: faults in any order, then healing, then every invariant. */
export async function runSchedule(seed: number, house: House, bias: Bias = {}): Promise<Verdict> {
  const run = await Run.open(seed, house, bias);
  try {
    await run.play();
    await run.heal();
    const end = await run.atEnd();
    for (const [name, invariant] of Object.entries(INVARIANTS)) {
      const broken = invariant(end);
      if (broken !== null) return { seed, broken: `${name}: ${broken}`, steps: run.steps };
    }
    const [fault] = run.serverFaults;
    return { seed, broken: fault ? `the server failed by itself: ${fault}` : null, steps: run.steps };
  } catch (cause) {
    if (cause instanceof Broken) return { seed, broken: cause.message, steps: run.steps };
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    return { seed, broken: `a fault nobody handled: ${what}`, steps: run.steps };
  } finally {
    await run.close();
  }
}

/** An invariant that does not hold after a step. */
class Broken extends Error {}

class Run {
  readonly steps: string[] = [];
  readonly #chance: Chance;
  readonly #weights: Readonly<Record<Step, number>>;
  readonly #world = new WorldClock();
  readonly #opened: OpenedOffice;
  readonly #tills: CounterHands[] = [];
  readonly #codes: (OfficeCode & { readonly till: string })[] = [];
  readonly #issued = new Map<string, number>();
  readonly #strayed = new Set<string>();
  readonly #forgotten = new Set<string>();
  readonly #watches = new Map<string, StepWatch>();
  readonly #held: (() => void)[] = [];
  readonly #behind: Promise<void>[] = [];

  private constructor(
    chance: Chance,
    world: WorldClock,
    opened: OpenedOffice,
    weights: Readonly<Record<Step, number>>,
  ) {
    this.#weights = weights;
    this.#chance = chance;
    this.#world = world;
    this.#opened = opened;
  }

  static async open(seed: number, house: House, bias: Bias): Promise<Run> {
    const world = new WorldClock();
    seedRandomness(seed);
    followClock(() => world.ms - START_MS);
    const opened = await house.openOffice(() => world.ms);
    const run = new Run(new Chance(seed), world, opened, { ...STEPS, ...bias });
    const { office, tills } = opened;
    const count = { one: 1, two: 2, three: 3 }[run.#chance.weighted({ one: 4, two: 4, three: 2 })];
    const watched = run.#chance.happens(WATCHED_SHARE);
    for (const name of ["1号机", "2号机", "3号机"].slice(0, count)) {
      const prepared = tills.find((till) => till.name === name);
      run.#tills.push(
        prepared
          ? await CounterHands.switchOn(world, office, prepared, { watched })
          : await CounterHands.open(world, office, name),
      );
    }
    for (let codes = run.#chance.between(0, 2); codes >= 0; codes--) await run.#issue();
    for (const till of run.#tills) await till.deliver();
    return run;
  }

  get serverFaults(): readonly string[] {
    return this.#opened.faults?.unexpected ?? [];
  }

  async play(): Promise<void> {
    // Most of what goes wrong needs few steps: many short schedules, and some long ones.
    const length = this.#chance.happens(LONG_SHARE)
      ? this.#chance.between(25, 50)
      : this.#chance.between(6, 16);
    for (let n = 0; n < length; n++) {
      const step = this.#chance.weighted(this.#weights);
      const till = this.#chance.pick(this.#tills);
      if (this.#opened.faults?.isDown === true && this.#chance.happens(0.5))
        await this.#opened.office.restart();
      this.steps.push(`${step} ${till.name}`);
      await this.#do(step, till);
      await this.#lookAtAll();
      this.#world.pass(this.#chance.between(1, 4000));
    }
  }

  /** Every till against its own past and the server's rows. Throws what is broken. */
  async #lookAtAll(): Promise<void> {
    for (const till of this.#tills) await till.noteReceipt();
    const stored = await this.#opened.office.storedRuns();
    for (const till of this.#tills) {
      const watch = this.#watches.get(till.id) ?? new StepWatch(till);
      this.#watches.set(till.id, watch);
      const broken = await watch.look(stored);
      if (broken !== null) throw new Broken(broken);
    }
  }

  async #do(step: Step, till: CounterHands): Promise<void> {
    const chance = this.#chance;
    const { tablet } = till;
    switch (step) {
      case "sellCash":
        await till.sellCash(chance.between(1, 9999));
        return;
      case "sellCode":
        await this.#sellCode(till);
        return;
      case "presentTwice":
        await till.presentTwice(chance.pick(this.#codes));
        return;
      case "twoWindows":
        await till.sellInTwoWindows(chance.between(1, 9999));
        return;
      case "deliver":
        // With a request held nobody waits for the round.
        if (tablet.impatient) this.#behind.push(till.deliverBehind());
        else await till.deliver();
        return;
      case "deliverBehind":
        this.#behind.push(till.deliverBehind());
        return;
      case "fault":
        tablet.network.next(chance.pick(FAULTS), chance.pick(PATHS));
        return;
      case "line":
        tablet.network.down = !tablet.network.down;
        return;
      case "hold":
        tablet.impatient = true;
        tablet.network.hold = () => new Promise((go) => this.#held.push(go));
        return;
      case "release":
        this.#release();
        return;
      case "crash":
        await till.crash();
        return;
      case "powerCut":
        await this.#powerCut(till);
        return;
      case "workerStopped":
        till.stopWorkerAfter(chance.between(1, 40));
        return;
      case "serverFault":
        this.#serverFault();
        return;
      case "rememberDisk":
        till.rememberDisk();
        return;
      case "loseTail":
        await till.loseTail();
        this.#watches.get(till.id)?.forget();
        return;
      case "backUp":
        this.#opened.faults?.backUp();
        return;
      case "restoreServer":
        await this.#restoreServer();
        return;
      case "diskLies":
        till.disksAnswerLies = true;
        return;
      case "diskFault": {
        const errorName = chance.pick(["QuotaExceededError", "UnknownError", "AbortError"] as const);
        failWrites(tablet.databaseName, errorName, { at: chance.pick(["commit", "request"] as const) });
        return;
      }
      case "clock":
        tablet.clockOffsetMs = chance.pick([
          0,
          -DAY_MS,
          3 * DAY_MS,
          30 * DAY_MS,
          -3_600_000,
          TEN_YEARS_MS,
          -TEN_YEARS_MS,
        ]);
        this.#world.pass(chance.pick([0, 30_000, 3_600_000, 4 * 3_600_000]));
        return;
      case "issue":
        await this.#issue();
        return;
      case "revokeCode":
        await this.#inOffice((office) => office.revokeCode(chance.pick(this.#codes).cti));
        return;
      case "policy":
        await this.#inOffice((office) => office.savePolicy(chance.between(1, 60)));
        return;
      case "serverRestart":
        await this.#opened.office.restart();
        return;
      case "revokeTill":
        await this.#inOffice((office) => office.revokeTill(till.id));
        return;
      case "strayLease": {
        // As a floor limit would, or a list gone wrong: this till takes a code that is leased next door.
        const code = chance.pick(this.#codes);
        const { cti, amountMinor } = code;
        this.#strayed.add(cti);
        // Written by our hand: a disk that is to fail the till must not fail the one who sets the scene.
        till.disksAnswerLies = false;
        await tablet.db.leases.put({ cti, till: till.id, tillName: till.name });
        const holder = this.#tills.find((one) => one.id === code.till) ?? till;
        const how = { dueMinor: amountMinor, password: code.password ?? "", typed: false };
        for (const one of [till, holder]) await one.sellCode(code, how);
      }
    }
  }

  /** The power goes at one of the steps of a command, whichever that is. */
  async #powerCut(till: CounterHands): Promise<void> {
    const chance = this.#chance;
    const commands = {
      sellCash: () => till.sellCash(chance.between(1, 9999)),
      sellCode: () => this.#sellCode(till),
      deliver: () => till.deliver(),
      restart: () => till.crash(),
    };
    // With a request held nobody waits for a round.
    const deliver = till.tablet.impatient ? 0 : 4;
    const what = chance.weighted({ sellCash: 4, sellCode: 4, deliver, restart: 1 });
    await till.untilPowerCut(chance.between(1, 60), commands[what]);
    this.steps.push(`  ${what}: ${till.burntAt ?? "went through"}`);
    till.burntAt = null;
  }

  /** The server's data are lost, and an older backup takes their place; codes issued since are not in it. */
  async #restoreServer(): Promise<void> {
    const { faults, office } = this.#opened;
    if (faults === null) return;
    await faults.restore();
    await office.restart();
    for (const till of this.#tills) till.serverRestored();
    for (const watch of this.#watches.values()) watch.forgetServer();
    for (const { cti } of this.#codes) if (!(await office.knowsCode(cti))) this.#forgotten.add(cti);
  }

  /** The server's database or process fails at one of its next statements. */
  #serverFault(): void {
    const { faults } = this.#opened;
    const after = this.#chance.between(1, 60);
    const what = this.#chance.weighted({ refused: 2, ended: 2, endedAfterCommit: 2 });
    if (what === "refused") faults?.refuseStatement(after);
    else if (what === "ended") faults?.endAtStatement(after);
    else faults?.endAfterCommit(Math.ceil(after / 20));
    this.steps.push(`  ${what} after ${after}`);
  }

  /**
   * The office does something; when its server dies over it, nobody knows whether it came to pass. Null then.
   */
  async #inOffice<T>(work: (office: OpenedOffice["office"]) => Promise<T>): Promise<T | null> {
    const { office, faults } = this.#opened;
    if (faults?.isDown === true) await office.restart();
    try {
      return await work(office);
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw cause;
      return null;
    }
  }

  async #sellCode(till: CounterHands): Promise<void> {
    const chance = this.#chance;
    const mine = this.#codes.filter((code) => code.till === till.id);
    // Mostly one of its own that is new; sometimes any, also one that was used here or next door.
    const code = mine.length > 0 && chance.happens(0.7) ? mine.at(-1) : chance.pick(this.#codes);
    if (!code) return;
    const dueMinor = chance.happens(0.8) ? code.amountMinor : code.amountMinor + chance.between(1, 900);
    const password = chance.happens(0.75) && code.password !== null ? code.password : "00000";
    await till.sellCode(code, { dueMinor, password, typed: chance.happens(0.25) });
  }

  async #issue(): Promise<void> {
    const chance = this.#chance;
    const till = chance.pick(this.#tills).id;
    const order = {
      amountMinor: chance.between(100, 9999),
      kind: chance.happens(0.3) ? ("up-to" as const) : ("exact" as const),
      password: chance.happens(0.35) ? PASSWORD : null,
      till,
    };
    const code = await this.#inOffice((office) => office.issue(order));
    if (!code) return;
    this.#codes.push({ ...code, till });
    this.#issued.set(code.cti, code.amountMinor);
  }

  #release(): void {
    for (const { tablet } of this.#tills) {
      tablet.impatient = false;
      tablet.network.hold = () => Promise.resolve();
    }
    for (const go of this.#held.splice(0)) go();
  }

  /** All faults end; time passes; every till says what it has. */
  async heal(): Promise<void> {
    this.steps.push("heal");
    this.#opened.faults?.calm();
    if (this.#opened.faults?.isDown === true) await this.#opened.office.restart();
    for (const till of this.#tills) {
      till.tablet.network.calm();
      failWrites(till.tablet.databaseName, "AbortError", { times: 0 });
      till.tablet.clockOffsetMs = 0;
      till.calmHands();
    }
    this.#release();
    await Promise.all(this.#behind);
    this.#world.pass(61_000);
    for (const till of this.#tills) await till.crash();
    if (this.#chance.happens(0.1)) await this.#clone(this.#chance.pick(this.#tills));
    for (const till of this.#tills) {
      await till.tablet.deliver();
      // The token that its copy asked for has taken the place of its own: the first round only learns that.
      if (till.cloned) await till.tablet.deliver();
      await till.noteReceipt();
    }
  }

  /** A copy of a till's disk sells on beside it, and both deliver. */
  async #clone(till: CounterHands): Promise<void> {
    this.steps.push(`clone ${till.name}`);
    const clone = await till.cloneOn(this.#world, this.#opened.office);
    const pad = await clone.openPad({ purpose: "operator", operatorId: clone.operatorId });
    await clone.enter(pad, PIN);
    await clone.engine.charge(4321);
    await clone.engine.takeCash(4321);
    await till.sellCash(1234);
    // Twice: its token may be refused first, and who was never heard cannot be found.
    await clone.deliver();
    await clone.deliver();
    clone.kill();
  }

  async atEnd(): Promise<AtEnd> {
    const last = new Map<string, boolean>();
    for (const till of this.#tills) {
      await till.tablet.look();
      const sold = await till.sellCash(1);
      await till.tablet.deliver();
      await till.noteReceipt();
      const head = await till.tablet.db.head.get("head");
      last.set(till.id, sold && (till.cloned || till.receiptedSeq === head?.seq));
    }
    const tills = await Promise.all(
      this.#tills.map(async (till): Promise<TillAtEnd> => {
        const { tablet } = till;
        const rows = await tablet.db.journal.toArray();
        const bodies = await tablet.bodies();
        return {
          id: till.id,
          name: till.name,
          journal: rows.flatMap((row, at) => {
            const body = bodies[at];
            return body ? [{ row, body }] : [];
          }),
          brokenAt: await tablet.brokenAt(),
          shownPaid: tablet.shownPaid,
          receiptedSeq: till.receiptedSeq,
          receiptedEarly: till.receiptedEarly,
          unsentCount: tablet.view.link.unsentCount,
          stop: tablet.view.stop,
          cloned: till.cloned,
          tries: new Map((await tablet.db.attempts.toArray()).map((one) => [one.key, one.count])),
          checks: till.checks,
          lastSaleArrived: last.get(till.id) ?? false,
        };
      }),
    );
    return {
      tills,
      office: await this.#opened.office.books(),
      codes: this.#issued,
      strayed: this.#strayed,
      forgotten: this.#forgotten,
    };
  }

  async close(): Promise<void> {
    this.#release();
    await Promise.allSettled(this.#behind);
    for (const till of this.#tills) till.leave();
  }
}
