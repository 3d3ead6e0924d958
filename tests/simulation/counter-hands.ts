import type { Pad, PadOutcome, PadPurpose, PaidView, PresentOutcome } from "#protocol/engine-calls.ts";
import type { OperatorRow } from "#storage/schema.ts";
import { PIN, type WorldClock } from "../engine/tablet.ts";
import { readDisk, rowsOf, writeDisk } from "./memory-disk.ts";
import type { Office, OfficeCode, PreparedTill } from "./office.ts";
import { isFailedStart, TabletInShop } from "./tablet-in-shop.ts";

/** Nobody is known here, or nobody has a PIN here yet. */
const NO_PIN_HERE: ReadonlySet<string> = new Set(["no-operator", "pin-needs-manager"]);

/** A till and the cashier before it: every command ends, whatever the till says. */
export class CounterHands extends TabletInShop {
  /** A sale that was called unpaid and stands in the journal. */
  calledFailed: string | null = null;

  /** A till that is enrolled, has a PIN and its operator at it. */
  static async open(world: WorldClock, office: Office, name: string): Promise<CounterHands> {
    const { id, activation } = await office.expectTill(name);
    const hands = new CounterHands(world, office, id, name);
    const { tablet } = hands;
    await tablet.start();
    const enrolled = await tablet.engine.enrol({ text: activation });
    if (!enrolled.ok) throw new Error(`simulation: ${name} not enrolled: ${enrolled.refusal.code}`);
    await tablet.deliver();
    await hands.comeIn();
    if (!(await tablet.engine.charge(1)).ok) throw new Error(`simulation: nobody came in at ${name}`);
    await tablet.engine.cancelSale();
    await tablet.deliver();
    hands.noteLife();
    hands.watch();
    return hands;
  }

  /** The same once and for many schedules. */
  static async prepare(world: WorldClock, office: Office, name: string): Promise<PreparedTill> {
    const hands = await CounterHands.open(world, office, name);
    const { id, tablet } = hands;
    hands.cut();
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
    await tablet.start();
    hands.noteLife();
    hands.disk = prepared.disk;
    hands.watch();
    return hands;
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
      const came = opened.ok
        ? await this.enter(opened.value, PIN)
        : ({ kind: "refused", refusal: opened.refusal } as const);
      const refusal = came.kind === "refused" ? came.refusal.code : null;
      if (refusal !== null && NO_PIN_HERE.has(refusal)) {
        if (!(await this.#setFirstPin())) return;
      } else if (!opened.ok) this.world.pass(60_000);
    }
  }

  /** After an activation nobody has a PIN yet; false where none can be set now. */
  async #setFirstPin(): Promise<boolean> {
    const purpose: PadPurpose = { purpose: "new-pin", operatorId: this.operatorId };
    const opened = await this.tablet.engine.openPad(purpose);
    if (!opened.ok) return false;
    const once = await this.enter(opened.value, PIN);
    const set = once.kind === "again" ? await this.enter(opened.value, PIN) : once;
    return set.kind === "pin-set";
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

  /** Shows a code, and goes away with it before all is paid. */
  async presentInVain(code: OfficeCode, dueMinor: number): Promise<void> {
    await this.comeIn();
    await this.#clear();
    const { engine } = this.tablet;
    await engine.charge(dueMinor);
    const presented = await engine.presentScan(code.text);
    if (presented.kind === "paid") this.#shown(presented.paid);
    await engine.withdrawCode();
    await engine.cancelSale();
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

  /**
   * Somebody scans an activation code at this tablet. Null: it has become that till; else why it did not come
   * to that.
   */
  async enrolAgain(activation: string): Promise<string | null> {
    this.brokenBefore ??= await this.#brokenNow();
    const { powerCuts } = this;
    try {
      const enrolled = await this.tablet.engine.enrol({ text: activation, deliberate: true });
      return enrolled.ok ? null : enrolled.refusal.code;
    } catch (cause) {
      // The page says that the till stopped, and whoever stands before it loads it again.
      if (!isFailedStart(cause)) throw cause;
      // Loaded twice at once, each start would be the end of the other.
      if (this.powerCuts > powerCuts) return "cut";
      await this.crash();
      return "disk";
    } finally {
      this.noteLife();
    }
  }

  /** Chain and signatures of the epoch that may be about to end. */
  async #brokenNow(): Promise<string | null> {
    const at = this.isEnrolled ? await this.tablet.brokenAt() : null;
    return at === null ? null : `${this.life}:${at}`;
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
