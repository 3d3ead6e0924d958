import { isDiskFault } from "#storage/till-database.ts";
import type { Pad, PadOutcome, PadPurpose, PaidView, PresentOutcome } from "#protocol/engine-calls.ts";
import { decodeCbor } from "#protocol/cbor.ts";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import type { OperatorRow, ReceiptRow } from "#storage/schema.ts";
import { PIN, Tablet, type Actor, type WorldClock } from "../engine/tablet.ts";
import { failWrites } from "../engine/unreliable-disk.ts";
import {
  cutPower,
  readDisk,
  rowsOf,
  stopServiceWorker,
  watchDisk,
  wipeDisk,
  writeDisk,
  type DiskImage,
} from "./memory-disk.ts";
import type { Office, OfficeCode, PreparedTill } from "./office.ts";

/** The tables of the service worker: what only it writes is not lost with the engine's last commits. */
const WORKER_TABLES: ReadonlySet<string> = new Set(["receipts", "delivery", "inbox"]);

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
  /** The next write is on disk, and the disk says that it failed. */
  disksAnswerLies = false;
  /** A sale that was called unpaid and stands in the journal. */
  calledFailed: string | null = null;
  /** What a disk that lies goes back to. */
  disk: DiskImage | null = null;
  readonly #world: WorldClock;
  readonly #office: Office;
  /** Steps until the power goes, or until the browser stops the service worker. */
  readonly #fuses: { power: number; worker: number } = { power: Infinity, worker: Infinity };
  #powerCut: () => void = () => undefined;
  /** Where the last fuse burnt through: for whoever reads the steps of a schedule. */
  burntAt: string | null = null;

  private constructor(world: WorldClock, office: Office, id: string, name: string) {
    this.#world = world;
    this.#office = office;
    this.id = id;
    this.name = name;
    this.tablet = new Tablet({
      world,
      argon2: office.argon2,
      send: (path, init) => office.send(path, init),
      step: (actor, what) => void this.#step(actor, what),
      databaseName: `till-${id}`,
    });
    this.calmHands();
  }

  /** A till that is enrolled, has a PIN and its operator at it. */
  static async open(world: WorldClock, office: Office, name: string): Promise<CounterHands> {
    const { id, activation } = await office.expectTill(name);
    const hands = new CounterHands(world, office, id, name);
    const { tablet } = hands;
    await tablet.start();
    const enrolled = await tablet.engine.enrol({ text: activation });
    if (!enrolled.ok) throw new Error(`simulation: ${name} not enrolled: ${enrolled.refusal.code}`);
    await tablet.deliver();
    const set = await tablet.setPin();
    if (set.kind !== "pin-set") throw new Error(`simulation: no PIN: ${JSON.stringify(set)}`);
    await tablet.deliver();
    hands.rememberDisk();
    hands.#watch();
    return hands;
  }

  /** The same once and for many schedules. */
  static async prepare(world: WorldClock, office: Office, name: string): Promise<PreparedTill> {
    const hands = await CounterHands.open(world, office, name);
    const { id, tablet } = hands;
    hands.#cut();
    const prepared = { id, name, disk: readDisk(tablet.databaseName), copy: tablet.mirror.bytes };
    hands.leave();
    return prepared;
  }

  /** A prepared till, switched on. `watched`: somebody looks at its screen all the time. */
  static async switchOn(
    world: WorldClock,
    office: Office,
    prepared: PreparedTill,
    { watched }: { readonly watched: boolean },
  ): Promise<CounterHands> {
    const hands = new CounterHands(world, office, prepared.id, prepared.name);
    const { tablet } = hands;
    writeDisk(tablet.databaseName, prepared.disk);
    tablet.mirror.bytes = prepared.copy;
    tablet.watched = watched;
    hands.disk = prepared.disk;
    await tablet.start();
    hands.#watch();
    return hands;
  }

  /** The schedule is over: the till is switched off, its disk goes. */
  leave(): void {
    this.#cut();
    watchDisk(this.tablet.databaseName, null);
    wipeDisk(this.tablet.databaseName);
  }

  #watch(): void {
    watchDisk(this.tablet.databaseName, {
      reached: (actor, what) => this.#step(actor, what),
      lies: () => {
        const lie = this.disksAnswerLies;
        this.disksAnswerLies = false;
        return lie;
      },
    });
  }

  /** One step of a program over its border. Answers whether that program has just come to its end. */
  #step(actor: Actor, what: string): boolean {
    const fuses = this.#fuses;
    if (--fuses.power === 0) {
      this.burntAt = `${actor}: ${what}`;
      this.#cut();
      this.#powerCut();
      return true;
    }
    if (actor === "service-worker" && --fuses.worker === 0) {
      this.burntAt = `${actor}: ${what}`;
      stopServiceWorker(this.tablet.databaseName);
      this.tablet.startWorker();
      return true;
    }
    return false;
  }

  #cut(): void {
    this.#fuses.power = Infinity;
    this.#fuses.worker = Infinity;
    cutPower(this.tablet.databaseName);
    this.tablet.kill();
  }

  /**
   * Does something at this till while the power will go after so many steps: at a request of a transaction,
   * between a commit and its answer, before or after anything is sent, copied or checked. Switched on again
   * afterwards.
   */
  async untilPowerCut(steps: number, command: () => Promise<unknown>): Promise<void> {
    const { tablet } = this;
    const cut = new Promise<"cut">((resolve) => {
      this.#powerCut = () => resolve("cut");
    });
    this.#fuses.power = steps;
    const done = command().then(() => "done" as const);
    // What the command throws when its program was cut off under it is nobody's concern.
    done.catch(() => undefined);
    const end = await Promise.race([done, cut]);
    this.#fuses.power = Infinity;
    this.#powerCut = () => undefined;
    if (end === "done") return;
    this.calmHands();
    await tablet.start();
  }

  /** The browser stops the service worker after so many of its steps. */
  stopWorkerAfter(steps: number): void {
    this.#fuses.worker = steps;
  }

  /** Pin worker and mirror do their work at once again. */
  calmHands(): void {
    this.tablet.pinHands.hold = () => {
      this.checks++;
      return Promise.resolve();
    };
    this.tablet.mirror.hold = () => Promise.resolve();
  }

  /** The first operator of the shop, as the till knows him. */
  get operatorId(): string {
    return rowsOf<OperatorRow>(this.tablet.databaseName, "operators")[0]?.id ?? "";
  }

  /** Somebody signed in, waiting as long as the till asks for. */
  async comeIn(): Promise<void> {
    const { tablet } = this;
    for (let tries = 0; tries < 4; tries++) {
      const asked = await tablet.engine.charge(1);
      if (asked.ok || asked.refusal.code !== "no-operator") return;
      const purpose: PadPurpose = { purpose: "operator", operatorId: this.operatorId };
      const opened = await tablet.engine.openPad(purpose);
      if (opened.ok) await this.enter(opened.value, PIN);
      else this.#world.pass(60_000);
    }
  }

  async sellCash(amountMinor: number): Promise<boolean> {
    await this.comeIn();
    await this.#clear();
    const opened = await this.tablet.engine.charge(amountMinor);
    if (!opened.ok) return false;
    const before = this.#salesOnDisk();
    const paid = await this.tablet.engine.takeCash(amountMinor + 500);
    if (paid.ok) this.#shown(paid.value);
    else this.#saidNo(before, paid.refusal.code);
    return paid.ok;
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
    const before = this.#salesOnDisk();
    const presented = how.typed
      ? await engine.presentNumber(code.digits)
      : await engine.presentScan(code.text);
    const outcome = presented.kind === "password" ? await this.#answerPad(how.password) : presented;
    if (outcome.kind === "paid") this.#shown(outcome.paid);
    if (outcome.kind === "refused") this.#saidNo(before, outcome.refusal.code);
    if (outcome.kind !== "part-paid") return;
    const rest = await engine.takeCash(outcome.dueMinor);
    if (rest.ok) this.#shown(rest.value);
    else this.#saidNo(before, rest.refusal.code);
  }

  #salesOnDisk(): number {
    const rows = rowsOf<{ readonly kind: string }>(this.tablet.databaseName, "journal");
    return rows.filter(({ kind }) => kind === "sale").length;
  }

  /** I10: whoever is told «no» is asked to pay again; then nothing may have been sold. */
  #saidNo(before: number, code: string): void {
    const after = this.#salesOnDisk();
    if (after > before) this.calledFailed = `said ${code}, and the sale is in the journal`;
  }

  /** The customer holds the code out and the cashier taps twice. */
  async presentTwice(code: OfficeCode): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine } = this.tablet;
    await engine.charge(code.amountMinor);
    const [scanned, typed, cash] = await Promise.all([
      engine.presentScan(code.text),
      engine.presentNumber(code.digits),
      engine.takeCash(99),
    ]);
    for (const outcome of [scanned, typed]) if (outcome.kind === "paid") this.#shown(outcome.paid);
    if (cash.ok) this.#shown(cash.value);
  }

  /** What was said to be paid is as good as what a screen shows. */
  #shown(paid: PaidView): void {
    const { shownPaid } = this.tablet;
    if (shownPaid.every((one) => one.saleId !== paid.saleId)) shownPaid.push(paid);
  }

  /**
   * A second window opens the same database, and both are paid at once: only a lock of the browser forbids
   * it.
   */
  async sellInTwoWindows(amountMinor: number): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine: first } = this.tablet;
    await first.charge(amountMinor);
    await this.tablet.start({ beside: true });
    await this.comeIn();
    const second = this.tablet.engine;
    await second.charge(amountMinor + 1);
    const paid = [first.takeCash(amountMinor), second.takeCash(amountMinor + 1)];
    for (const outcome of await Promise.all(paid)) if (outcome.ok) this.#shown(outcome.value);
  }

  /** A round of delivery, begun and awaited; how it ends is the network's affair. */
  async deliver(): Promise<void> {
    await this.tablet.poke("asked");
    await this.tablet.engine.serviceWorkerWrote();
    await this.noteReceipt();
  }

  /** A round in the background, as the service worker runs it: a crash of the till does not end it. */
  async deliverBehind(): Promise<void> {
    await this.tablet.poke("commit");
  }

  /** Looks at the receipts, and whether the server has what they say, at this very moment. */
  async noteReceipt(): Promise<void> {
    const { lineage } = this.#office;
    for (const { seq, answer } of rowsOf<ReceiptRow>(this.tablet.databaseName, "receipts")) {
      // What a server signed before it was restored speaks of a past that it has forgotten.
      const decoded = decodeCbor(answer);
      const said: unknown = decoded.ok && Array.isArray(decoded.value) ? decoded.value[1] : null;
      if (!(said instanceof Uint8Array) || toHex(said) !== lineage || seq <= this.receiptedSeq) continue;
      this.receiptedSeq = seq;
      if (seq > (await this.#office.headSeq(this.id))) this.receiptedEarly ??= seq;
    }
  }

  /** The server went back to a backup: nothing counts as receipted until it has signed for it again. */
  serverRestored(): void {
    this.receiptedSeq = -1;
  }

  /** The power goes, and comes back. */
  async crash(): Promise<void> {
    await this.noteReceipt();
    this.#cut();
    this.calmHands();
    await this.#startAgain();
  }

  /**
   * A disk that fails while the books are repaired stops the start: going on from an older head would be a
   * fork. The page says that the till stopped, and whoever stands before it loads it again.
   */
  async #startAgain(): Promise<void> {
    try {
      await this.tablet.start();
    } catch (cause) {
      if (!isDiskFault(cause)) throw cause;
      this.#cut();
      await this.tablet.start();
    }
  }

  rememberDisk(): void {
    const { databaseName } = this.tablet;
    // Only what is committed: a transaction under way is in nobody's copy.
    this.disk = readDisk(databaseName);
  }

  /** The disk had said «written» and had not: all since `disk` was read is gone, the mirror is not. */
  async loseTail(): Promise<void> {
    await this.noteReceipt();
    this.#cut();
    failWrites(this.tablet.databaseName, "AbortError", { times: 0 });
    if (this.disk) writeDisk(this.tablet.databaseName, this.disk, WORKER_TABLES);
    this.calmHands();
    await this.#startAgain();
  }

  /** A copy of this till's disk on another tablet: the same keys, the same journal, two lives. */
  async cloneOn(world: WorldClock, office: Office): Promise<Tablet> {
    const databaseName = `clone-${toHex(randomBytes(6))}`;
    const send = (path: string, init: RequestInit): Promise<Response> => office.send(path, init);
    const clone = new Tablet({ world, argon2: office.argon2, send, databaseName });
    writeDisk(databaseName, readDisk(this.tablet.databaseName));
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
