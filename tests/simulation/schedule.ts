import { START_MS, WorldClock } from "../engine/tablet.ts";
import { failWrites } from "../engine/unreliable-disk.ts";
import type { Fault } from "../engine/unreliable-network.ts";
import { lookAtTheEnd } from "./at-end.ts";
import { Chance } from "./chance.ts";
import { CounterHands } from "./counter-hands.ts";
import { CodeWays } from "./code-ways.ts";
import { ExportFiles } from "./export-files.ts";
import { INVARIANTS, type AtEnd } from "./invariants.ts";
import { seedRandomness, followClock } from "./quick-platform.ts";
import { StepWatch } from "./each-step.ts";
import { lifeOf } from "./kept-on-tablet.ts";
import { NewLives } from "./new-lives.ts";
import { Broken, type HandedCode, type Stage } from "./stage.ts";
import { ServerDays } from "./server-days.ts";
import { STEPS, type Bias, type Step } from "./steps.ts";
import type { House, Office, OpenedOffice } from "./office.ts";

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

class Run implements Stage {
  readonly steps: string[] = [];
  readonly chance: Chance;
  readonly world: WorldClock;
  readonly opened: OpenedOffice;
  readonly tills: CounterHands[] = [];
  readonly codes: HandedCode[] = [];
  readonly strayed = new Set<string>();
  readonly #weights: Readonly<Record<Step, number>>;
  readonly #lives: NewLives = new NewLives(this);
  readonly #files: ExportFiles = new ExportFiles(this);
  readonly #ways: CodeWays = new CodeWays(this);
  readonly #issued = new Map<string, number>();
  readonly #forgotten = new Set<string>();
  readonly #watches = new Map<CounterHands, StepWatch>();
  readonly #server: ServerDays;
  readonly #held: (() => void)[] = [];
  readonly #behind: Promise<void>[] = [];

  private constructor(
    chance: Chance,
    world: WorldClock,
    opened: OpenedOffice,
    weights: Readonly<Record<Step, number>>,
  ) {
    this.#weights = weights;
    this.chance = chance;
    this.world = world;
    this.opened = opened;
    this.#server = new ServerDays(this);
  }

  static async open(seed: number, house: House, bias: Bias): Promise<Run> {
    const world = new WorldClock();
    seedRandomness(seed);
    followClock(() => world.ms - START_MS);
    const opened = await house.openOffice(() => world.ms);
    const run = new Run(new Chance(seed), world, opened, { ...STEPS, ...bias });
    const { office, tills } = opened;
    const count = { one: 1, two: 2, three: 3 }[run.chance.weighted({ one: 4, two: 4, three: 2 })];
    const watched = run.chance.happens(WATCHED_SHARE);
    for (const name of ["1号机", "2号机", "3号机"].slice(0, count)) {
      const prepared = tills.find((till) => till.name === name);
      run.tills.push(
        prepared
          ? await CounterHands.switchOn(world, office, prepared, { watched })
          : await CounterHands.open(world, office, name),
      );
    }
    for (let codes = run.chance.between(0, 2); codes >= 0; codes--)
      await run.issue(run.chance.pick(run.tills).id);
    for (const till of run.tills) await till.deliver();
    await run.#lookAtAll();
    return run;
  }

  note(line: string): void {
    this.steps.push(line);
  }

  get serverFaults(): readonly string[] {
    return this.opened.faults?.unexpected ?? [];
  }

  async play(): Promise<void> {
    // Most of what goes wrong needs few steps: many short schedules, and some long ones.
    const length = this.chance.happens(LONG_SHARE) ? this.chance.between(25, 50) : this.chance.between(6, 16);
    for (let n = 0; n < length; n++) {
      const step = this.chance.weighted(this.#weights);
      const till = this.chance.pick(this.tills);
      if (this.opened.faults?.isDown === true && this.chance.happens(0.5)) await this.opened.office.restart();
      this.note(`${step} ${till.name}`);
      await this.#do(step, till);
      await this.#lookAtAll();
      this.world.pass(this.chance.between(1, 4000));
    }
  }

  /** Every till against its own past and the server's rows. Throws what is broken. */
  async #lookAtAll(): Promise<void> {
    for (const till of this.tills) await till.noteReceipt();
    const stored = await this.opened.office.storedRuns();
    for (const till of this.tills) {
      const broken = await this.#watchOf(till).look(stored);
      if (broken !== null) throw new Broken(broken);
    }
  }

  #watchOf(till: CounterHands): StepWatch {
    const watch = this.#watches.get(till) ?? new StepWatch(till);
    this.#watches.set(till, watch);
    return watch;
  }

  async #do(step: Step, till: CounterHands): Promise<void> {
    const chance = this.chance;
    const { tablet } = till;
    switch (step) {
      case "sellCash":
        await till.sellCash(chance.between(1, 9999));
        return;
      case "sellCode":
        await this.#sellCode(till);
        return;
      case "presentTwice":
        await till.presentTwice(chance.pick(this.codes));
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
        // A tablet that starts carries first what lies on it for others.
        if (this.tills.some((one) => this.#files.isCarrier(one))) return;
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
        this.#server.fault();
        return;
      case "rememberDisk":
        till.rememberDisk();
        return;
      case "loseTail":
        await till.loseTail();
        this.#watchOf(till).wentBack();
        return;
      case "renewTill":
        await this.#lives.renew(till);
        return;
      case "emptyDisk":
        await this.#emptyDisk(till);
        return;
      case "monthPasses":
        await this.#lives.monthPasses(() => this.#server.backUp());
        return;
      case "saveFile":
        await this.#files.save(till);
        return;
      case "codeWay":
        await this.#ways.choose();
        return;
      case "sellFree":
        await this.#ways.sell(till);
        return;
      case "letGo":
        await this.#ways.letGo(till);
        return;
      case "releaseClaim":
        await this.#ways.release();
        return;
      case "backUp":
        this.#server.backUp();
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
        this.world.pass(chance.pick([0, 30_000, 3_600_000, 4 * 3_600_000]));
        return;
      case "issue":
        await this.issue(this.chance.pick(this.tills).id);
        return;
      case "revokeCode":
        await this.inOffice((office) => office.revokeCode(chance.pick(this.codes).cti));
        return;
      case "policy":
        await this.inOffice((office) => office.savePolicy(chance.between(1, 60)));
        return;
      case "serverRestart":
        await this.opened.office.restart();
        return;
      case "revokeTill":
        await this.#lives.noteIfWaiting(till);
        await this.inOffice((office) => office.revokeTill(till.id));
        return;
      case "strayLease": {
        // As a floor limit would, or a list gone wrong: this till takes a code that is leased next door.
        const code = chance.pick(this.codes);
        const { cti, amountMinor } = code;
        this.strayed.add(cti);
        // Written by our hand: a disk that is to fail the till must not fail the one who sets the scene.
        till.disksAnswerLies = false;
        await tablet.db.leases.put({ cti, till: till.id, tillName: till.name });
        const holder = this.tills.find((one) => one.id === code.till) ?? till;
        const how = { dueMinor: amountMinor, password: code.password ?? "", typed: false };
        for (const one of [till, holder]) await one.sellCode(code, how);
      }
    }
  }

  /** The power goes at one of the steps of a command, whichever that is. */
  async #powerCut(till: CounterHands): Promise<void> {
    const chance = this.chance;
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
    if (!(await this.#server.restore())) return;
    for (const till of this.tills) till.serverRestored();
    for (const watch of this.#watches.values()) watch.forgetServer();
    const { office } = this.opened;
    for (const { cti } of this.codes) if (!(await office.knowsCode(cti))) this.#forgotten.add(cti);
    this.#ways.serverRestored();
    await this.#lives.serverRestored();
  }

  /** A tablet of which nothing, or only the second copy, is left. */
  async #emptyDisk(till: CounterHands): Promise<void> {
    this.#watchOf(till).emptied();
    // What was signed for is nowhere but on the server then: of older backups nobody could refill it.
    this.#server.spoilBackup();
    if (await this.#lives.empty(till)) this.#files.emptied(till);
  }

  inOffice<T>(work: (office: Office) => Promise<T>): Promise<T | null> {
    return this.#server.inOffice(work);
  }

  async #sellCode(till: CounterHands): Promise<void> {
    const chance = this.chance;
    const mine = this.codes.filter((code) => code.till === till.id);
    // Mostly one of its own that is new; sometimes any, also one that was used here or next door.
    const code = mine.length > 0 && chance.happens(0.7) ? mine.at(-1) : chance.pick(this.codes);
    if (!code) return;
    const dueMinor = chance.happens(0.8) ? code.amountMinor : code.amountMinor + chance.between(1, 900);
    const password = chance.happens(0.75) && code.password !== null ? code.password : "00000";
    await till.sellCode(code, { dueMinor, password, typed: chance.happens(0.25) });
  }

  async issue(till: string | null): Promise<void> {
    const chance = this.chance;
    const order = {
      amountMinor: chance.between(100, 9999),
      kind: chance.happens(0.3) ? ("up-to" as const) : ("exact" as const),
      password: chance.happens(0.35) ? PASSWORD : null,
      till,
    };
    const code = await this.inOffice((office) => office.issue(order));
    if (!code) return;
    this.codes.push({ ...code, till, kind: order.kind });
    this.#issued.set(code.cti, code.amountMinor);
  }

  #release(): void {
    for (const { tablet } of this.tills) {
      tablet.impatient = false;
      tablet.network.hold = () => Promise.resolve();
    }
    for (const go of this.#held.splice(0)) go();
  }

  /** All faults end; time passes; every till says what it has. */
  async heal(): Promise<void> {
    this.steps.push("heal");
    this.opened.faults?.calm();
    if (this.opened.faults?.isDown === true) await this.opened.office.restart();
    for (const till of this.tills) {
      till.tablet.network.calm();
      failWrites(till.tablet.databaseName, "AbortError", { times: 0 });
      till.tablet.clockOffsetMs = 0;
      till.calmHands();
    }
    this.#release();
    await Promise.all(this.#behind);
    this.world.pass(61_000);
    for (const till of this.tills) await till.crash();
    for (const till of this.tills) await this.#lives.settle(till);
    if (this.chance.happens(0.1)) await this.#lives.copy(this.chance.pick(this.tills));
    for (const till of this.tills) {
      await till.tablet.deliver();
      // The token that its copy asked for has taken the place of its own: the first round only learns that.
      if (till.isCloned) await till.tablet.deliver();
      await till.noteReceipt();
      await this.#lives.confirm(till);
      // A till that was found out is enrolled again, with what it sold beside its copy.
      if (!till.isCloned || this.chance.happens(0.5)) continue;
      await this.#lives.renew(till);
      await this.#lives.settle(till);
      await till.tablet.deliver();
    }
    await this.#files.settle();
    this.#ways.noteStrayed();
    // What a restored server took up again is the till's once the owner has said so.
    for (const till of this.tills) {
      await this.#lives.confirm(till);
      await till.tablet.deliver();
    }
  }

  async atEnd(): Promise<AtEnd> {
    const last = new Map<CounterHands, boolean>();
    for (const till of this.tills) {
      await till.tablet.look();
      const sold = await till.sellCash(1);
      await till.tablet.deliver();
      await till.noteReceipt();
      const head = await till.tablet.db.head.get("head");
      const receipted = till.receipts.highest.get(lifeOf({ till: till.id, epoch: till.epoch }));
      last.set(till, sold && (till.isCloned || receipted === head?.seq));
    }
    await this.#lookAtAll();
    const tills = await Promise.all(
      this.tills.map((till) => lookAtTheEnd(till, this.#watchOf(till), last.get(till) ?? false)),
    );
    return {
      tills,
      office: await this.opened.office.books(),
      codes: this.#issued,
      strayed: this.strayed,
      forgotten: this.#forgotten,
      setApart: this.#lives.setApart,
      bornEmpty: this.#lives.bornEmpty,
    };
  }

  async close(): Promise<void> {
    this.#release();
    await Promise.allSettled(this.#behind);
    for (const till of this.tills) till.leave();
  }
}
