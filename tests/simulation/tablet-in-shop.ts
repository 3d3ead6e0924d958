import { isDiskFault } from "#storage/till-database.ts";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import { parcelDatabaseName } from "#storage/parcel-database.ts";
import { Tablet, type Actor, type WorldClock } from "../engine/tablet.ts";
import { failWrites } from "../engine/unreliable-disk.ts";
import {
  entriesInCopy,
  entriesOn,
  identityOn,
  lifeOf,
  ReceiptsSeen,
  type KeptRow,
} from "./kept-on-tablet.ts";
import {
  cutPower,
  readDisk,
  stopServiceWorker,
  watchDisk,
  wipeDisk,
  writeDisk,
  type DiskImage,
} from "./memory-disk.ts";
import type { Office } from "./office.ts";

/** The tables of the service worker: what only it writes is not lost with the engine's last commits. */
const WORKER_TABLES: ReadonlySet<string> = new Set(["receipts", "delivery", "inbox"]);

/** A tablet and what may happen to it: power, disk, service worker, a copy of it, a new life as a till. */
export class TabletInShop {
  readonly name: string;
  readonly tablet: Tablet;
  /** Hex ids of all tills this tablet ever was; the last one it is now. */
  readonly lives: string[];
  /** The epoch as it stands on the disk; 0 before the first. */
  epoch = 0;
  readonly #allLives: (readonly [string, number])[] = [];
  readonly receipts: ReceiptsSeen = new ReceiptsSeen();
  checks = 0;
  /** Epochs of which somebody has a copy that sells on, as `till:epoch`. */
  readonly cloned = new Set<string>();
  /** First entry of an epoch that is over whose chain or signature does not hold. */
  brokenBefore: string | null = null;
  /** The next write is on disk, and the disk says that it failed. */
  disksAnswerLies = false;
  /** What a disk that lies goes back to. */
  disk: DiskImage | null = null;
  protected readonly world: WorldClock;
  readonly #office: Office;
  /** Steps until the power goes, or until the browser stops the service worker. */
  readonly #fuses: { power: number; worker: number } = { power: Infinity, worker: Infinity };
  #powerCut: () => void = () => undefined;
  /** How often the power went in the middle of something: it is switched on again by whoever planned that. */
  protected powerCuts = 0;
  /** Where the last fuse burnt through: for whoever reads the steps of a schedule. */
  burntAt: string | null = null;

  protected constructor(world: WorldClock, office: Office, id: string, name: string) {
    this.world = world;
    this.#office = office;
    this.lives = [id];
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

  /** Hex id of the till this tablet is now. */
  get id(): string {
    return this.lives.at(-1) ?? "";
  }

  /** A copy of its disk sells on beside it. */
  get isCloned(): boolean {
    return this.cloned.has(this.life);
  }

  get worldMs(): number {
    return this.world.ms;
  }

  get isEnrolled(): boolean {
    return identityOn(this.tablet.databaseName) !== null;
  }

  protected get life(): string {
    return lifeOf({ till: this.id, epoch: this.epoch });
  }

  /** The schedule is over: the till is switched off, its disk goes. */
  leave(): void {
    this.cut();
    watchDisk(this.tablet.databaseName, null);
    wipeDisk(this.tablet.databaseName);
    wipeDisk(parcelDatabaseName(this.tablet.databaseName));
  }

  /** Till (hex) and epoch of every life of this tablet, the first one first. */
  get allLives(): readonly (readonly [string, number])[] {
    return this.#allLives;
  }

  /** Whose till this tablet is now, by its disk. */
  noteLife(): void {
    const identity = identityOn(this.tablet.databaseName);
    if (identity === null) return;
    const till = toHex(identity.till);
    if (till === this.id && identity.epoch === this.epoch) return;
    if (till !== this.id) this.lives.push(till);
    this.epoch = identity.epoch;
    this.#allLives.push([till, identity.epoch]);
    // A disk that lies goes back some moments; an activation takes people minutes.
    this.rememberDisk();
  }

  /**
   * Every entry that lies on this tablet: in its journal, carried, and in the second copy while the database
   * is empty.
   */
  async entriesOnDisk(): Promise<readonly KeptRow[]> {
    this.noteLife();
    const { databaseName, mirror } = this.tablet;
    const rows = entriesOn(databaseName);
    return this.isEnrolled ? rows : [...rows, ...(await entriesInCopy(mirror.bytes))];
  }

  protected watch(): void {
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
      this.powerCuts++;
      this.burntAt = `${actor}: ${what}`;
      this.cut();
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

  protected cut(): void {
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
    await this.#startAgain();
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
    this.noteLife();
    await this.receipts.note(this.tablet.databaseName, this.id, this.#office);
  }

  /** The server went back to a backup. */
  serverRestored(): void {
    this.receipts.forget();
  }

  /** The power goes, and comes back. */
  async crash(): Promise<void> {
    await this.noteReceipt();
    this.cut();
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
      if (!isFailedStart(cause)) throw cause;
      this.cut();
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
    this.cut();
    failWrites(this.tablet.databaseName, "AbortError", { times: 0 });
    if (this.disk) writeDisk(this.tablet.databaseName, this.disk, WORKER_TABLES);
    this.calmHands();
    await this.#startAgain();
  }

  /**
   * The browser throws the site's data away: the database, and with `all` the second copy and the files of
   * others with it.
   */
  async empty(all: boolean): Promise<void> {
    await this.noteReceipt();
    this.cut();
    const { databaseName } = this.tablet;
    failWrites(databaseName, "AbortError", { times: 0 });
    wipeDisk(databaseName);
    if (all) {
      wipeDisk(parcelDatabaseName(databaseName));
      this.tablet.mirror.bytes = new Uint8Array(0);
    }
    // What was remembered of the disk is gone with it.
    this.disk = null;
    this.epoch = 0;
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
    this.cloned.add(this.life);
    return clone;
  }
}

/** Did the disk keep the books from being opened, or a new journal from being begun? */
export function isFailedStart(cause: unknown): boolean {
  return isDiskFault(cause) || (cause instanceof Error && cause.message.includes("could not be begun"));
}
