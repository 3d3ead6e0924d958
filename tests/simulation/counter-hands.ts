import type { Pad, PadOutcome, PadPurpose, PresentOutcome } from "#protocol/engine-calls.ts";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import { PIN, Tablet, type WorldClock } from "../engine/tablet.ts";
import { failWrites } from "../engine/unreliable-disk.ts";
import type { Office, OfficeCode } from "./office.ts";

/** What the database of a tablet held at some moment; the service worker's tables are not in it. */
export type Disk = ReadonlyMap<string, readonly unknown[]>;

/** A till and the cashier before it: every command ends, whatever the till says. */
export class CounterHands {
  readonly id: string;
  readonly name: string;
  readonly tablet: Tablet;
  receiptedSeq = -1;
  /** A receipt was here before the server had the entry. */
  receiptedEarly: number | null = null;
  checks = 0;
  cloned = false;
  disk: Disk = new Map();
  readonly #world: WorldClock;
  readonly #office: Office;
  readonly #activation: string;

  private constructor(
    world: WorldClock,
    office: Office,
    expected: { id: string; activation: string },
    name: string,
  ) {
    this.#world = world;
    this.#office = office;
    this.id = expected.id;
    this.#activation = expected.activation;
    this.name = name;
    this.tablet = new Tablet({ world, argon2: office.argon2, send: (path, init) => office.send(path, init) });
    this.calmHands();
  }

  /** A till that is enrolled, has a PIN and its operator at it. */
  static async open(world: WorldClock, office: Office, name: string): Promise<CounterHands> {
    const hands = new CounterHands(world, office, await office.expectTill(name), name);
    const { tablet } = hands;
    await tablet.start();
    const enrolled = await tablet.engine.enrol({ text: hands.#activation });
    if (!enrolled.ok) throw new Error(`simulation: ${name} not enrolled: ${enrolled.refusal.code}`);
    await tablet.deliver();
    const set = await tablet.setPin();
    if (set.kind !== "pin-set") throw new Error(`simulation: no PIN: ${JSON.stringify(set)}`);
    hands.disk = await hands.readDisk();
    return hands;
  }

  /** Pin worker and mirror do their work at once again. */
  calmHands(): void {
    this.tablet.pinHands.hold = () => {
      this.checks++;
      return Promise.resolve();
    };
    this.tablet.mirror.hold = () => Promise.resolve();
  }

  /** Somebody signed in, waiting as long as the till asks for. */
  async comeIn(): Promise<void> {
    const { tablet } = this;
    for (let tries = 0; tries < 4 && tablet.view.phase !== "open"; tries++) {
      const purpose: PadPurpose = { purpose: "operator", operatorId: tablet.operatorId };
      const opened = await tablet.engine.openPad(purpose);
      if (opened.ok) await this.enter(opened.value, PIN);
      else this.#world.pass(60_000);
    }
  }

  async sellCash(amountMinor: number): Promise<boolean> {
    await this.comeIn();
    await this.#clear();
    const opened = await this.tablet.engine.charge(amountMinor);
    return opened.ok && (await this.tablet.engine.takeCash(amountMinor + 500)).ok;
  }

  /** Presents a code for a sale of this sum; with cash for what the code leaves over. */
  async sellCode(
    code: OfficeCode,
    how: { dueMinor: number; password: string; typed: boolean },
  ): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine } = this.tablet;
    await engine.charge(how.dueMinor);
    const presented = how.typed
      ? await engine.presentNumber(code.digits)
      : await engine.presentScan(code.text);
    const outcome = presented.kind === "password" ? await this.#answerPad(how.password) : presented;
    if (outcome.kind === "part-paid") await engine.takeCash(outcome.dueMinor);
  }

  /** The customer holds the code out and the cashier taps twice. */
  async presentTwice(code: OfficeCode): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine } = this.tablet;
    await engine.charge(code.amountMinor);
    await Promise.all([
      engine.presentScan(code.text),
      engine.presentNumber(code.digits),
      engine.takeCash(99),
    ]);
  }

  /**
   * A second window opens the same database, and both are paid at once: only a lock of the browser forbids
   * it.
   */
  async sellInTwoWindows(amountMinor: number): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine: first, db } = this.tablet;
    await first.charge(amountMinor);
    await this.tablet.start();
    await this.comeIn();
    const second = this.tablet.engine;
    await second.charge(amountMinor + 1);
    await Promise.all([first.takeCash(amountMinor), second.takeCash(amountMinor + 1)]);
    db.close();
  }

  /** A round of delivery, begun and awaited; how it ends is the network's affair. */
  async deliver(): Promise<void> {
    await this.tablet.loop.poke("asked");
    await this.tablet.engine.serviceWorkerWrote();
    await this.noteReceipt();
  }

  /** A round in the background, as the service worker runs it: a crash of the till does not end it. */
  async deliverBehind(): Promise<void> {
    await this.tablet.loop.poke("commit");
  }

  /** Looks at the receipts, and whether the server has what they say, at this very moment. */
  async noteReceipt(): Promise<void> {
    const receipts = await this.tablet.db.receipts.toArray();
    for (const { seq } of receipts) {
      if (seq <= this.receiptedSeq) continue;
      this.receiptedSeq = seq;
      if (seq > (await this.#office.headSeq(this.id))) this.receiptedEarly ??= seq;
    }
  }

  /** The power goes, and comes back. */
  async crash(): Promise<void> {
    await this.noteReceipt();
    this.tablet.kill();
    this.calmHands();
    await this.tablet.start();
  }

  /** Killed when the commit is on disk and nobody has heard of it. */
  async crashBeforeAnswer(command: () => Promise<unknown>): Promise<void> {
    await this.#crashAt((reached) => {
      this.tablet.mirror.hold = () => never(reached);
    }, command);
  }

  /** Killed when a try is counted and the secret has not been looked at. */
  async crashBeforeCheck(command: () => Promise<unknown>): Promise<void> {
    await this.#crashAt((reached) => {
      this.tablet.pinHands.hold = () => never(reached);
    }, command);
  }

  async #crashAt(arm: (reached: () => void) => void, command: () => Promise<unknown>): Promise<void> {
    await this.comeIn();
    // Whichever comes first: the command may be refused before it gets that far.
    await new Promise<void>((over) => {
      arm(over);
      command().then(
        () => over(),
        () => over(),
      );
    });
    await this.crash();
  }

  /** The disk had said «written» and had not: all since `disk` was read is gone, the mirror is not. */
  async loseTail(): Promise<void> {
    await this.noteReceipt();
    this.tablet.kill();
    failWrites(this.tablet.databaseName, "AbortError", { times: 0 });
    await writeDisk(this.tablet, this.disk);
    this.calmHands();
    await this.tablet.start();
  }

  async readDisk(): Promise<Disk> {
    const tables = this.tablet.db.engineTables;
    return new Map(
      await Promise.all(tables.map(async (table) => [table.name, await table.toArray()] as const)),
    );
  }

  /** A copy of this till's disk on another tablet: the same keys, the same journal, two lives. */
  async cloneOn(world: WorldClock, office: Office): Promise<Tablet> {
    const clone = new Tablet({
      world,
      argon2: office.argon2,
      send: (path, init) => office.send(path, init),
      databaseName: `clone-${toHex(randomBytes(6))}`,
    });
    await clone.start();
    clone.kill();
    await writeDisk(clone, await this.readDisk());
    await clone.start();
    this.cloned = true;
    return clone;
  }

  async enter(pad: Pad, text: string): Promise<PadOutcome> {
    return this.tablet.enter(pad, text);
  }

  async #answerPad(password: string): Promise<PresentOutcome | PadOutcome> {
    const opened = await this.tablet.engine.openPad({ purpose: "code" });
    if (opened.ok) return this.enter(opened.value, password);
    await this.tablet.engine.withdrawCode();
    return { kind: "refused", refusal: opened.refusal };
  }

  async #clear(): Promise<void> {
    await this.tablet.engine.nextSale();
    await this.tablet.engine.cancelSale();
  }
}

async function writeDisk(tablet: Tablet, disk: Disk): Promise<void> {
  await tablet.db.open();
  for (const [name, rows] of disk) {
    await tablet.db.table(name).clear();
    await tablet.db.table(name).bulkPut([...rows]);
  }
  tablet.db.close();
}

function never(reached: () => void): Promise<never> {
  reached();
  return new Promise(() => undefined);
}
