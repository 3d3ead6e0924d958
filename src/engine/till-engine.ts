import { refused, accepted, type Result } from "#domain/result.ts";
import type { CodeRefusal, EnrolRefusal, TillRefusal } from "#domain/refusal.ts";
import { fromHex } from "#protocol/bytes.ts";
import type {
  Activation,
  ActivationPreview,
  Pad,
  PadOutcome,
  PadPurpose,
  PaidView,
  PresentOutcome,
  RefusalRow,
  SaleCursor,
  SaleRow,
  SaleView,
  TillEngine,
  TillView,
} from "#protocol/engine-calls.ts";
import type { IdentityRow, OperatorRow } from "#storage/schema.ts";
import type { PresentableCode } from "./code-desk.ts";
import type { Presented } from "./counter.ts";
import type { SaleFigures } from "./carried.ts";
import { openDesks, type Desks } from "./desks.ts";
import type { EngineParts } from "./engine-parts.ts";
import { WaysOut } from "./export-ways.ts";
import { figuresOfCopy, opensBooks } from "./books-at-start.ts";
import type { MirrorFile } from "./mirror.ts";
import type { PadDesk } from "./pad-desk.ts";
import { RefusalRecord } from "./refusal-record.ts";
import type { TenderOutcome } from "./sale-desk.ts";
import type { Settling } from "./settling.ts";
import { Turns } from "./turns.ts";
import { buildView, type PageFacts, type ViewParts } from "./till-view.ts";
import { OpenVault } from "./vault/open-vault.ts";

/** The till without a screen: commands in, views out. One instance owns the database's engine tables. */
export class Engine implements TillEngine {
  readonly #p: EngineParts;
  readonly #vault: OpenVault;
  readonly #waysOut: WaysOut;
  #desks: Desks | null = null;
  #mirrorFile: MirrorFile | null;
  #operator: OperatorRow | null = null;
  /** Whoever is in came while no PIN could be checked. */
  #unchecked = false;
  #facts: PageFacts = { onLine: true, offlineSinceMs: null, persisted: false, freeBytes: null };
  #carrier: "service-worker" | "engine" = "service-worker";
  #listener: ((view: TillView) => void) | null = null;
  #phase: TillView["phase"] | null = "booting";
  readonly #turns = new Turns();
  /** What the second copy holds beside a database that is empty; null: nothing was lost. */
  #lost: SaleFigures | null = null;
  #unopenable = false;
  #settling: Promise<Settling> | null = null;
  readonly #refusals: RefusalRecord;

  constructor(parts: EngineParts) {
    this.#p = parts;
    this.#mirrorFile = parts.mirrorFile;
    this.#vault = new OpenVault(parts.db, parts.hirePinWorker);
    const { db, surroundings, loop, openKeysFile: keysFile } = parts;
    this.#refusals = new RefusalRecord(surroundings.monotonicMs);
    const mirrorFile = (): MirrorFile | null => this.#mirrorFile;
    const askServer = (): Promise<void> => loop.poke("asked");
    const ways = {
      db,
      surroundings,
      keysFile,
      mirrorFile,
      askServer,
      keyset: () => this.#desks?.keyset ?? null,
    };
    this.#waysOut = new WaysOut(ways, parts.handOver);
  }

  /** Shows that another window holds the till, until `boot`. */
  async waitElsewhere(): Promise<void> {
    this.#phase = "elsewhere";
    await this.#show();
  }

  /** Names the second copy's file, once this window holds the till and may open it. */
  useMirror(file: MirrorFile | null): void {
    this.#mirrorFile = file;
  }

  /** Opens the database, takes back what only the mirror still has, and is ready for commands. */
  async boot(): Promise<void> {
    await this.#openBooks();
    this.#phase = null;
    await this.#show();
    await this.#p.quiet();
    await this.#inTurn(() => this.#settle());
    this.#wantSync();
    // The keypad stands; what the first code will need comes while nobody waits.
    await this.#desks?.counter();
    await this.#desks?.pads();
    if (this.#desks) await this.#waysOut.keep(this.#desks.time.read().nowMs);
  }

  /** Takes the database as it is: a till's, a new tablet's, emptied, or one that cannot be opened. */
  async #openBooks(): Promise<void> {
    this.#desks = null;
    this.#operator = null;
    this.#unopenable = !(await opensBooks(this.#p.db));
    const identity = this.#unopenable ? null : await this.#p.db.enrolled();
    if (identity) await this.#openDesks(identity);
    else this.#lost = await figuresOfCopy(this.#mirrorFile);
  }

  async watch(listener: (view: TillView) => void): Promise<void> {
    this.#listener = listener;
    await this.#show();
  }

  async setCarrier(carrier: "service-worker" | "engine"): Promise<void> {
    this.#carrier = carrier;
    this.#wantSync();
  }

  async serviceWorkerWrote(): Promise<void> {
    await this.#inTurn(() => (this.#phase === null ? this.#settle() : Promise.resolve()));
  }

  async pageFacts(facts: Omit<PageFacts, "offlineSinceMs">): Promise<void> {
    const cameBack = facts.onLine && !this.#facts.onLine;
    const before = this.#facts.offlineSinceMs;
    const offlineSinceMs = facts.onLine ? null : (before ?? this.#p.surroundings.clockMs());
    this.#facts = { ...facts, offlineSinceMs };
    this.#desks?.ledger.noteRoom(facts.freeBytes);
    await this.#show();
    if (cameBack) this.#wantSync();
  }

  async previewActivation(activation: Activation): Promise<Result<ActivationPreview, EnrolRefusal>> {
    return (await import("./enrol.ts")).previewOf(activation.text);
  }

  enrol(activation: Activation): Promise<Result<{ readonly compareDigits: string | null }, EnrolRefusal>> {
    return this.#inTurn(async () => {
      const { enrolHere } = await import("./enrol.ts");
      const here = { ...this.#p, vault: this.#vault, copyFile: this.#mirrorFile };
      const enrolled = await enrolHere({ ...here, unopenable: this.#unopenable }, activation);
      this.#unopenable = false;
      if (!enrolled.ok) return enrolled;
      this.#operator = null;
      this.#lost = null;
      await this.#openDesks(enrolled.value);
      await this.#show();
      // The first settings come right away, by this very worker: the owner is waiting with the PIN in mind.
      await this.#p.loop.poke("asked");
      await this.#settle();
      if (this.#desks) await this.#waysOut.keep(this.#desks.time.read().nowMs);
      return accepted({ compareDigits: enrolled.value.compareDigits });
    });
  }

  openPad(purpose: PadPurpose): Promise<Result<Pad, Extract<PadOutcome, { kind: "refused" }>["refusal"]>> {
    return this.#inTurn(async () => {
      if (!this.#desks) return refused({ code: "not-enrolled" });
      const opened = await (await this.#desks.pads()).open(purpose);
      // After the answer, or the screen that asked would be gone before it learns why. A database that closes
      // meanwhile is met by the next command.
      if (!opened.ok) this.#show().catch(() => undefined);
      return opened.ok ? this.#p.handOver(opened, opened.value.port) : opened;
    });
  }

  confirmPad(padId: string): Promise<PadOutcome> {
    return this.#inTurn(async () => {
      if (!this.#desks) return { kind: "refused", refusal: { code: "not-enrolled" } };
      const outcome = await (await this.#desks.pads()).confirm(padId);
      await this.#changed();
      return outcome;
    });
  }

  async closePad(padId: string): Promise<void> {
    (await this.#desks?.pads())?.close(padId);
  }

  lock(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#operator) return;
      await this.#operatorOut(this.#operator);
      await this.#changed();
    });
  }

  async #operatorOut(operator: OperatorRow): Promise<void> {
    const desks = this.#desks;
    if (!desks) return;
    this.#operator = null;
    (await desks.pads()).operatorLeft();
    // Its customer may be gone when the next operator comes; the code is unspent and can be shown again.
    desks.sales.takeCodeBack();
    await desks.ledger.append({ body: () => ({ kind: "operator-out", operator: fromHex(operator.id) }) });
  }

  readonly unlockChallenge: TillEngine["unlockChallenge"] = (id) =>
    this.#atPads((pads) => pads.challenge(id));
  readonly answerUnlock: TillEngine["answerUnlock"] = (answer) =>
    this.#atPads((pads) => pads.answer(answer.operatorId, answer.digits));
  readonly enterUnchecked: TillEngine["enterUnchecked"] = (id) =>
    this.#atPads((pads) => pads.enterUnchecked(id));

  openVault(): Promise<boolean> {
    return this.#inTurn(async () => {
      await this.#settle();
      return (await this.#vault.standing()).open;
    });
  }

  #atPads<T, R>(
    command: (pads: PadDesk) => Promise<Result<T, R>>,
  ): Promise<Result<T, R | { readonly code: "not-enrolled" }>> {
    return this.#inTurn(async () => {
      if (!this.#desks) return refused({ code: "not-enrolled" });
      const answer = await command(await this.#desks.pads());
      await this.#changed();
      return answer;
    });
  }

  charge(amountMinor: number): Promise<Result<SaleView, TillRefusal>> {
    return this.#inTurn(async () => {
      const ready = this.#ready();
      if (!ready.ok) return ready;
      const opened = await ready.value.desks.sales.open(amountMinor);
      await this.#show();
      return opened;
    });
  }

  presentScan(text: string): Promise<PresentOutcome> {
    return this.#present({ via: "scan", text });
  }

  presentNumber(digits: string): Promise<PresentOutcome> {
    return this.#present({ via: "number", text: digits });
  }

  takeCash(receivedMinor: number): Promise<Result<PaidView, CodeRefusal | TillRefusal>> {
    return this.#inTurn(async () => {
      const ready = this.#ready();
      if (!ready.ok) return ready;
      const taken = await ready.value.desks.sales.takeCash(receivedMinor, ready.value.operator);
      await this.#changed();
      return taken;
    });
  }

  withdrawCode(): Promise<void> {
    return this.#inTurn(async () => {
      this.#desks?.sales.takeCodeBack();
      await this.#show();
    });
  }

  cancelSale(): Promise<Result<void, TillRefusal>> {
    return this.#inTurn(async () => {
      const sales = this.#desks?.sales;
      if (!sales?.saleId) return refused({ code: "no-sale" });
      if (sales.isPaid) return refused({ code: "sale-already-paid" });
      sales.drop();
      await this.#show();
      return accepted(undefined);
    });
  }

  nextSale(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#desks?.sales.isPaid) this.#desks.sales.drop();
      await this.#show();
    });
  }

  async sales(page: {
    readonly before: SaleCursor | null;
    readonly limit: number;
  }): Promise<readonly SaleRow[]> {
    const { saleRows } = await import("./sales-list.ts");
    return saleRows(this.#p.db, page);
  }

  async refusals(limit: number): Promise<readonly RefusalRow[]> {
    const { refusalRows } = await import("./sales-list.ts");
    return refusalRows(this.#p.db, limit);
  }

  async syncNow(): Promise<void> {
    if (this.#carrier === "engine") {
      await this.#p.loop.poke("asked");
      await this.#inTurn(() => this.#settle());
    } else this.#p.wantSync();
  }

  // Not in turn: a command that hangs on a broken disk must not stand before the way out.
  readonly exportOverview: TillEngine["exportOverview"] = () => this.#waysOut.overview();
  readonly exportFile: TillEngine["exportFile"] = (index) => this.#waysOut.file(index);
  readonly takeParcel: TillEngine["takeParcel"] = (bytes) => this.#waysOut.take(bytes);
  readonly parcels: TillEngine["parcels"] = () => this.#waysOut.parcels();

  lookForRoom(): Promise<boolean> {
    return this.#inTurn(async () => {
      const hasRoom = (await this.#desks?.ledger.layReserve()) ?? true;
      await this.#show();
      return hasRoom;
    });
  }

  async mayUpdate(): Promise<{ saleOpen: boolean; unsentCount: number; unsentMinor: number }> {
    const { unsentCount, unsentMinor } = (await this.#view()).link;
    const sales = this.#desks?.sales;
    const saleOpen = sales !== undefined && sales.saleId !== null && !sales.isPaid;
    return { saleOpen, unsentCount, unsentMinor };
  }

  /** One command at a time: a double tap finds the sale paid, it does not pay it twice. */
  #inTurn<T>(command: () => Promise<T>): Promise<T> {
    return this.#turns.run(async () => {
      const answer = await command();
      // Whatever way a sale went: codes it asked for and did not take are let go.
      if (await this.#desks?.loose.tidy()) this.#wantSync();
      return answer;
    });
  }

  #present(presented: Presented): Promise<PresentOutcome> {
    return this.#inTurn(async () => {
      const ready = this.#ready();
      if (!ready.ok) return { kind: "refused", refusal: ready.refusal };
      const outcome = await (await ready.value.desks.counter()).present(presented);
      await this.#changed();
      return outcome;
    });
  }

  async #takeCode(
    code: PresentableCode,
    inside: () => Promise<void>,
  ): Promise<Result<TenderOutcome, CodeRefusal | TillRefusal>> {
    const ready = this.#ready();
    if (!ready.ok) return ready;
    return ready.value.desks.sales.takeCode(code, ready.value.operator, inside);
  }

  async #askForNews(): Promise<void> {
    await this.#p.askServer();
    await this.#settle();
  }

  #ready(): Result<{ readonly desks: Desks; readonly operator: OperatorRow }, TillRefusal> {
    if (!this.#desks) return refused({ code: "not-enrolled" });
    if (!this.#operator) return refused({ code: "no-operator" });
    return accepted({ desks: this.#desks, operator: this.#operator });
  }

  async #openDesks(identity: IdentityRow): Promise<void> {
    this.#desks = await openDesks({
      db: this.#p.db,
      surroundings: this.#p.surroundings,
      vault: this.#vault,
      mirrorFile: this.#mirrorFile,
      identity,
      keyset: () => this.#desks?.keyset ?? null,
      askForNews: () => (this.#facts.onLine ? this.#askForNews() : null),
      onLine: () => this.#facts.onLine,
      askServer: () => this.#p.askServer(),
      operatorIn: (operator, how) => {
        this.#operator = operator;
        this.#unchecked = how === "unchecked";
      },
      present: () => this.#operator,
      takeCode: (code, inside) => this.#takeCode(code, inside),
      recordRefusal: (refusal, cti) => this.#refusals.record(this.#desks, refusal, cti),
    });
    this.#desks.ledger.noteRoom(this.#facts.freeBytes);
  }

  /** Takes in what the carrier wrote; what does so comes with the first of it. */
  async #settle(): Promise<void> {
    const desks = this.#desks;
    if (desks) {
      this.#settling ??= import("./settling.ts").then(
        ({ Settling: Loaded }) => new Loaded({ ...this.#p, vault: this.#vault }),
      );
      const settled = await (await this.#settling).settle(desks, this.#operator);
      this.#desks = { ...desks, identity: settled.identity };
      if (settled.operatorGone) this.#operator = null;
      if (settled.moreWaits) this.#wantSync();
      if (settled.gone) await this.#openBooks();
      await this.#sendUncheckedOut();
    }
    await this.#show();
  }

  /** Who came in while no PIN could be checked shows one as soon as it can be: no code before that. */
  async #sendUncheckedOut(): Promise<void> {
    if (!this.#operator || !this.#unchecked || !(await this.#vault.standing()).open) return;
    await this.#operatorOut(this.#operator);
  }

  async #changed(): Promise<void> {
    if (this.#desks?.ledger.gone) await this.#openBooks();
    await this.#sendUncheckedOut();
    await this.#show();
    this.#wantSync();
  }

  #wantSync(): void {
    if (!this.#desks) return;
    if (this.#carrier === "service-worker") this.#p.wantSync();
    // Delivery settles by itself and tells through `announce`; the counter does not wait for it.
    else void this.#p.loop.poke("commit");
  }

  async #view(): Promise<TillView> {
    const desks = this.#desks;
    const time = desks?.time.read();
    const parts: ViewParts = {
      phase: this.#phase,
      identity: desks?.identity ?? null,
      operator: this.#operator,
      sale: desks?.sales.view() ?? null,
      clock: time?.quality ?? "plausible",
      clockMs: this.#p.surroundings.clockMs(),
      nowMs: time?.nowMs ?? 0,
      vault: this.#vault,
      full: desks?.ledger.full ?? false,
      lost: desks === null ? this.#lost : null,
      copyFailed: desks?.mirror?.broken ?? false,
      facts: this.#facts,
      build: this.#p.surroundings.build,
    };
    try {
      if (!this.#unopenable) return await buildView(this.#p.db, parts);
    } catch (cause) {
      // While it starts nobody has tried twice yet; afterwards this is a fault like any other.
      if (this.#phase === null) throw cause;
    }
    return (await import("./unopenable.ts")).viewWithoutBooks(parts);
  }

  async #show(): Promise<void> {
    this.#listener?.(await this.#view());
  }
}
