import type { RenewalReason } from "#protocol/office-losses-api.ts";
import type { ClaimRow } from "#storage/schema.ts";
import { PIN } from "../engine/tablet.ts";
import type { CounterHands } from "./counter-hands.ts";
import { lifeOf } from "./kept-on-tablet.ts";
import { rowsOf } from "./memory-disk.ts";
import type { Stage } from "./stage.ts";

// A tablet becomes a till again: replaced, lost, stolen, its data gone; with sales nobody has signed for.

const REASONS: readonly RenewalReason[] = ["replaced", "lost", "stolen", "data-lost"];
/** Scanned so often the code is one that does not work here. */
const MOST_SCANS = 6;
/** One finds the token refused, one hears of the lineage, one says hello. */
const ROUNDS_TO_COME_BACK = 4;
const DAY_MS = 86_400_000;

/** All that happens to whose till a tablet is. */
export class NewLives {
  readonly #stage: Stage;
  /** Codes that were scanned and not heard of: the server may have taken them. */
  readonly #open = new Map<CounterHands, string>();
  /** Epochs, as `till:epoch`, whose late entries are set apart: the office, or a restore, said so. */
  readonly setApart = new Set<string>();
  /** Epochs that began on a tablet of which nothing was left. */
  readonly bornEmpty = new Set<string>();
  readonly #emptied = new Set<CounterHands>();

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Whoever stands before this tablet is given an activation code and scans it; the power may go over it. */
  async renew(till: CounterHands): Promise<void> {
    const { chance } = this.#stage;
    const reason = chance.pick(till.isEnrolled ? REASONS : (["lost", "data-lost"] as const));
    const steps = chance.happens(0.3) ? chance.between(1, 80) : null;
    if (!(await this.#hand(till, reason))) return;
    await this.#scan(till, steps);
  }

  /**
   * The browser threw the site's data away, with the second copy or without; scanned again in most cases.
   * Answers whether all is gone.
   */
  async empty(till: CounterHands): Promise<boolean> {
    const all = this.#stage.chance.happens(0.3);
    this.#stage.note(`  ${all ? "with" : "without"} the second copy`);
    await till.empty(all);
    if (all) {
      this.#emptied.add(till);
      // What it took is forgotten on it, and the lease comes back with its next life.
      for (const { cti, till: holder } of this.#stage.codes)
        if (holder === null || till.lives.includes(holder)) this.#stage.strayed.add(cti);
    }
    if (this.#stage.chance.happens(0.7)) await this.renew(till);
    return all;
  }

  /** A copy of a till's disk sells on beside it, and both deliver. */
  async copy(till: CounterHands): Promise<void> {
    this.#stage.note(`clone ${till.name}`);
    await till.comeIn();
    const clone = await till.cloneOn(this.#stage.world, this.#stage.opened.office);
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

  /** After the faults: every tablet is a till again that the server takes entries of. */
  async settle(till: CounterHands): Promise<void> {
    for (let scans = 0; await this.#isNobody(till); scans++) {
      if (scans >= MOST_SCANS) throw new Error(`simulation: ${till.name} could not be enrolled again`);
      const handed =
        this.#open.has(till) || (await this.#hand(till, till.isEnrolled ? "replaced" : "data-lost"));
      if (handed) await this.#scan(till, null);
    }
  }

  /**
   * A tablet that a restored server does not know shows it the root's own word, some rounds later; then the
   * owner looks at it, and says «same».
   */
  async confirm(till: CounterHands): Promise<void> {
    const { office } = this.#stage.opened;
    for (let rounds = 0; rounds < ROUNDS_TO_COME_BACK; rounds++) {
      if ((await office.standing(till.id, till.epoch)) !== null) break;
      await till.tablet.deliver();
    }
    if ((await office.standing(till.id, till.epoch)) === "pending") await office.sayItIsTheSame(till.id);
  }

  /** A restored server does not know some of these: what they left is set apart until the owner decides. */
  async serverRestored(): Promise<void> {
    const { office } = this.#stage.opened;
    for (const till of this.#stage.tills)
      for (const [id, epoch] of till.allLives)
        if ((await office.standing(id, epoch)) === null) this.setApart.add(lifeOf({ till: id, epoch }));
  }

  /** The owner stops a till; of one that still waits for «same» nobody will say it any more. */
  async noteIfWaiting(till: CounterHands): Promise<void> {
    const { office } = this.#stage.opened;
    const waits = (await office.standing(till.id, till.epoch)) === "pending";
    if (waits) this.setApart.add(lifeOf({ till: till.id, epoch: till.epoch }));
  }

  /** Thirty days and some, with the server heard in between, so that what it signed for is let go. */
  async monthPasses(backUp: () => void): Promise<void> {
    const { chance, tills, world } = this.#stage;
    const backUpAt = chance.between(0, 3);
    for (const [nth, days] of [2, chance.between(5, 20), 12, 15].entries()) {
      world.pass(days * DAY_MS);
      for (const till of tills) if (!till.tablet.impatient) await till.deliver();
      if (nth === backUpAt) backUp();
    }
  }

  async #hand(till: CounterHands, reason: RenewalReason): Promise<boolean> {
    const life = lifeOf({ till: till.id, epoch: till.epoch });
    this.#stage.note(`  ${reason}`);
    await this.noteIfWaiting(till);
    // Codes it has asked for and not sold are free for others from then on.
    for (const { cti } of rowsOf<ClaimRow>(till.tablet.databaseName, "claims")) this.#stage.strayed.add(cti);
    if (reason === "stolen") this.setApart.add(life);
    const known = till.id;
    const handed = await this.#stage.inOffice(async (office) => {
      const activation = await office.activate(known, reason);
      // One that was stopped for good is not enrolled again: the tablet becomes another till of the shop.
      return activation ?? (await office.expectTill(`${till.name}′`)).activation;
    });
    if (handed === null) return false;
    this.#open.set(till, handed);
    return true;
  }

  async #scan(till: CounterHands, powerCutAfter: number | null): Promise<void> {
    const activation = this.#open.get(till);
    if (activation === undefined) return;
    const before = `${till.id}:${till.epoch}`;
    let refusal: string | null = "cut";
    const scanned = async (): Promise<void> => {
      refusal = await till.enrolAgain(activation);
    };
    if (powerCutAfter === null) await scanned();
    else await till.untilPowerCut(powerCutAfter, scanned);
    till.noteLife();
    this.#stage.note(`  scanned: ${refusal ?? "taken"}${till.burntAt === null ? "" : `, ${till.burntAt}`}`);
    till.burntAt = null;
    const now = `${till.id}:${till.epoch}`;
    if (till.isEnrolled && now !== before) {
      if (this.#emptied.delete(till)) this.bornEmpty.add(now);
      this.#open.delete(till);
    }
    // By name: this very code is good for nothing any more.
    else if (refusal?.startsWith("activation-") === true) this.#open.delete(till);
  }

  async #isNobody(till: CounterHands): Promise<boolean> {
    if (!till.isEnrolled || this.#open.has(till)) return true;
    const standing = await this.#stage.opened.office.standing(till.id, till.epoch);
    return standing === "closed";
  }
}
