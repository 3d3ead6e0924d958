import { argon2id } from "hash-wasm";
import type { Bytes } from "#protocol/bytes.ts";
import { concat, randomBytes, sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeCertificate } from "#protocol/certificate.ts";
import { decodeEntry, genesisPrev, hashEntry, verifyEntry } from "#protocol/entry.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import { importPublicKey, sha256 } from "#protocol/crypto.ts";
import type {
  Pad,
  PadMessage,
  PadOutcome,
  PadPurpose,
  PaidView,
  SyncPoke,
  TillView,
} from "#protocol/engine-calls.ts";
import { openSealed, seal } from "#protocol/sealed.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { MirrorFile } from "#engine/mirror.ts";
import { DeliveryLoop } from "#engine/sync/delivery-loop.ts";
import { Engine } from "#engine/till-engine.ts";
import type { HirePinWorker } from "#engine/vault/open-vault.ts";
import { PinDesk, type Argon2 } from "#engine/vault/pin-desk.ts";
import { TillDatabase } from "#storage/till-database.ts";
import { UnreliableNetwork } from "./unreliable-network.ts";

// A till on a workbench: the real engine over IndexedDB in memory, the pin worker in this very thread, a
// clock that is pushed on by hand and a network that does as it is told.

/** Argon2id as the till uses it. */
export const realArgon2: Argon2 = async (secret, salt, profile) =>
  (await argon2id({
    password: secret,
    salt,
    iterations: profile.iterations,
    parallelism: profile.parallelism,
    memorySize: profile.memoryKib,
    hashLength: profile.bytes,
    outputType: "binary",
  })) as Bytes;

/** In its place where the time it takes is not what is looked at. */
export const quickArgon2: Argon2 = (secret, salt) => sha256(Uint8Array.of(...salt, ...secret));

export const PIN = "271828";
export const START_MS = 1_780_000_000_000;

/** The world's time; a device's clock may stand elsewhere. */
export class WorldClock {
  ms: number = START_MS;
  pass(ms: number): void {
    this.ms += ms;
  }
}

/** The mirror's file, with a pen that may break. */
export class MemoryMirror implements MirrorFile {
  broken = false;
  /** Waits after a write reached the file; a kill between commit and answer stands here. */
  hold: () => Promise<void> = () => Promise.resolve();
  readonly #pieces: Uint8Array[] = [];

  /** The whole file. */
  get bytes(): Bytes {
    const whole = concat(...this.#pieces);
    this.#pieces.splice(0, this.#pieces.length, whole);
    return whole;
  }

  set bytes(bytes: Uint8Array) {
    this.#pieces.splice(0, this.#pieces.length, bytes);
  }

  async append(bytes: Uint8Array): Promise<void> {
    if (this.broken) throw new DOMException("no room", "QuotaExceededError");
    this.#pieces.push(bytes);
    await this.hold();
  }

  async readAll(): Promise<Bytes> {
    return this.bytes.slice();
  }

  async truncate(length: number): Promise<void> {
    this.bytes = this.bytes.slice(0, length);
  }
}

/** The hands of the pin worker: a test may stop them between the count and the check. */
export interface PinHands {
  hold: () => Promise<void>;
}

export interface TabletParts {
  readonly world: WorldClock;
  readonly argon2: Argon2;
  readonly send: (path: string, init: RequestInit) => Promise<Response>;
  readonly databaseName?: string;
  /** Told of every step over the program's border, before it and after it; a kill happens in here. */
  readonly step?: (actor: Actor, what: string) => void;
}

type Bound = <T>(what: string, work: () => Promise<T>) => Promise<T>;

/** Who takes a step: the page with its engine, or the service worker. */
export type Actor = "page" | "service-worker";

/**
 * A tablet and its program: what a process, a disk and a network are to the engine. Knows no particular
 * server.
 */
export class Tablet {
  readonly world: WorldClock;
  readonly network: UnreliableNetwork;
  readonly mirror: MemoryMirror = new MemoryMirror();
  readonly pinHands: PinHands = { hold: () => Promise.resolve() };
  readonly databaseName: string;
  /** How far the device's clock stands beside the world's. */
  clockOffsetMs = 0;
  /** How often somebody was asked to carry. */
  wantedSyncs = 0;
  /** How many rounds of delivery began. */
  rounds = 0;
  /** The few seconds that a command waits for news are over before they begin. */
  impatient = false;
  /** Every sale that was ever shown as paid. */
  readonly shownPaid: PaidView[] = [];
  db!: TillDatabase;
  engine!: Engine;
  loop!: DeliveryLoop;
  view!: TillView;
  /** False: nobody looks at the screen until `look` is called. */
  watched = true;
  readonly #argon2: Argon2;
  readonly #step: (actor: Actor, what: string) => void;
  readonly #lives: Record<Actor, number> = { page: 0, "service-worker": 0 };
  #bootMs = 0;
  #workerEnds: Promise<void> = Promise.resolve();
  #workerEnded: () => void = () => undefined;

  constructor(parts: TabletParts) {
    this.world = parts.world;
    this.#step = parts.step ?? (() => undefined);
    this.#argon2 = parts.argon2;
    this.network = new UnreliableNetwork(parts.send);
    this.databaseName = parts.databaseName ?? `till-${toHex(randomBytes(6))}`;
  }

  /** The first operator of the shop, hex. */
  get operatorId(): string {
    return this.view.operators[0]?.id ?? "";
  }

  /**
   * Starts the program on the same disk: a new process, monotonic time from nought. `elsewhereMs`: so long it
   * stands behind another window before it gets the till. `beside`: another window whose program goes on.
   */
  async start({ elsewhereMs = 0, beside = false } = {}): Promise<void> {
    const page = this.#bound("page", beside);
    this.db = new TillDatabase(this.databaseName);
    const bootMs = this.world.ms;
    const surroundings = {
      clockMs: () => Math.floor(this.world.ms) + this.clockOffsetMs,
      // As `performance.now()` does: with fractions.
      monotonicMs: () => this.world.ms - bootMs + 0.3,
      randomBytes,
      fetch: (path: string, init: RequestInit) =>
        page("request", () => {
          // With a request held nobody at the counter waits for it: its time is over before it begins.
          if (this.impatient) throw new DOMException("no answer", "TimeoutError");
          return this.network.fetch(path, init);
        }),
      build: "0.1.0+bench",
    };
    this.#bootMs = bootMs;
    if (!beside) this.startWorker();
    this.engine = new Engine({
      db: this.db,
      surroundings,
      hirePinWorker: this.#hire(page),
      askServer: () => (this.impatient ? Promise.resolve() : this.poke("asked")),
      quiet: () => Promise.resolve(),
      handOver: (value) => value,
      mirrorFile: {
        append: (bytes) => page("copy", () => this.mirror.append(bytes)),
        readAll: () => page("copy read", () => this.mirror.readAll()),
        truncate: (length) => page("copy cut", () => this.mirror.truncate(length)),
      },
      loop: { poke: (reason) => this.poke(reason) },
      wantSync: () => {
        this.wantedSyncs++;
      },
    });
    if (this.watched) await this.look();
    if (elsewhereMs > 0) await this.engine.waitElsewhere();
    this.world.pass(elsewhereMs);
    await this.engine.boot();
  }

  /** A round of delivery. Settles as well when the service worker is stopped in the middle of it. */
  poke(reason: SyncPoke["reason"]): Promise<void> {
    return Promise.race([this.loop.poke(reason), this.#workerEnds]);
  }

  /** The service worker's program, begun anew; the page goes on as it is. */
  startWorker(): void {
    this.#workerEnded();
    this.#workerEnds = new Promise((resolve) => {
      this.#workerEnded = resolve;
    });
    this.loop = this.#newLoop(this.#bound("service-worker"));
  }

  /** A second carrier on the same books: another window of a tablet without a service worker. */
  carrierBeside(): DeliveryLoop {
    return this.#newLoop(this.#bound("service-worker", true));
  }

  #newLoop(worker: Bound): DeliveryLoop {
    const bootMs = this.#bootMs;
    return new DeliveryLoop({
      clockMs: () => Math.floor(this.world.ms) + this.clockOffsetMs,
      monotonicMs: () => this.world.ms - bootMs + 0.3,
      randomBytes,
      fetch: (path, init) => worker("request", () => this.network.fetch(path, init)),
      databaseName: this.databaseName,
      onLine: () => true,
      announce: () => undefined,
      alone: (work) => {
        this.rounds++;
        return work();
      },
    });
  }

  /** Somebody looks at the screen from now on. */
  async look(): Promise<void> {
    await this.engine.watch((view) => {
      this.view = view;
      const paid = view.sale?.paid;
      if (paid && this.shownPaid.at(-1)?.saleId !== paid.saleId) this.shownPaid.push(paid);
    });
  }

  /** The power is cut: the engine object is dropped as it stands. */
  kill(): void {
    this.#lives.page++;
    this.#lives["service-worker"]++;
    this.#workerEnded();
    this.db.close();
  }

  /** What a program asks of the world: one that is over asks nothing and hears nothing any more. */
  #bound(actor: Actor, beside = false): Bound {
    const life = beside ? this.#lives[actor] : ++this.#lives[actor];
    const isOver = (): boolean => this.#lives[actor] !== life;
    return async (what, work) => {
      if (!isOver()) this.#step(actor, what);
      if (isOver()) return new Promise<never>(() => undefined);
      try {
        return await work();
      } finally {
        if (!isOver()) this.#step(actor, `${what} done`);
        // Nobody is there any more to hear how it ended.
        if (isOver()) await new Promise<never>(() => undefined);
      }
    };
  }

  /** Killed and started again, the operator signed in. */
  async restart(): Promise<void> {
    this.kill();
    await this.start();
  }

  #hire(page: Bound): HirePinWorker {
    return () => {
      const desk = new PinDesk(this.#argon2, { open: openSealed, seal });
      let line: MessagePort | null = null;
      let gone = false;
      // A worker that was thrown away answers nothing any more, not even that it is gone.
      const whileThere = async <T>(answer: Promise<T>): Promise<T> => {
        const given = await answer;
        return gone ? new Promise<never>(() => undefined) : given;
      };
      return {
        calls: {
          attach: (port) => desk.attach(port),
          makeVault: () => desk.makeVault(),
          opens: (material) => whileThere(desk.opens(material)),
          opensSealed: (...asked) => whileThere(desk.opensSealed(...asked)),
          rewrap: (...asked) => whileThere(desk.rewrap(...asked)),
          checkUnlock: (...asked) => whileThere(desk.checkUnlock(...asked)),
          passphraseKey: async (salt) => {
            await page("check", () => this.pinHands.hold());
            return whileThere(desk.passphraseKey(salt));
          },
          newPassphrase: (salt) => whileThere(desk.newPassphrase(salt)),
          timeProfile: (profile) => whileThere(desk.timeProfile(profile)),
          numberTags: (...asked) => whileThere(desk.numberTags(...asked)),
          newRecord: (...asked) => whileThere(desk.newRecord(...asked)),
          checkSecret: async (...asked) => {
            await page("check", () => this.pinHands.hold());
            return whileThere(desk.checkSecret(...asked));
          },
          checkCode: async (...asked) => {
            await page("check", () => this.pinHands.hold());
            return whileThere(desk.checkCode(...asked));
          },
        },
        attach: async (port) => {
          line = port;
          await desk.attach(port);
        },
        dismiss: () => {
          gone = true;
          line?.close();
        },
      };
    };
  }

  /**
   * A round of delivery as the service worker makes it, and the engine's look at what came; until nothing
   * moves.
   */
  async deliver(): Promise<void> {
    for (let rounds = 0; rounds < 20; rounds++) {
      const before = this.wantedSyncs;
      await this.loop.poke("asked");
      await this.engine.serviceWorkerWrote();
      if (this.wantedSyncs === before) return;
    }
    throw new Error("bench: delivery never comes to rest");
  }

  async openPad(purpose: PadPurpose): Promise<Pad> {
    const opened = await this.engine.openPad(purpose);
    if (!opened.ok) throw new Error(`bench: no pad: ${opened.refusal.code}`);
    return opened.value;
  }

  /** Types on a pad and presses Confirm. */
  async enter(pad: Pad, text: string): Promise<PadOutcome> {
    await this.press(pad, text);
    const outcome = await this.engine.confirmPad(pad.padId);
    if (outcome.kind !== "again") pad.port.close();
    return outcome;
  }

  /** Types on a pad and waits until every character has arrived. */
  async press(pad: Pad, text: string): Promise<void> {
    const characters = [...text];
    if (characters.length === 0) return;
    await new Promise<void>((resolve) => {
      pad.port.onmessage = (event: MessageEvent<{ readonly count: number }>) => {
        if (event.data.count >= characters.length) resolve();
      };
      for (const char of characters) pad.port.postMessage({ type: "char", char } satisfies PadMessage);
    });
  }

  async setPin(pin: string = PIN): Promise<PadOutcome> {
    const pad = await this.openPad({ purpose: "new-pin", operatorId: this.operatorId });
    const once = await this.enter(pad, pin);
    return once.kind === "again" ? this.enter(pad, pin) : once;
  }

  async signIn(pin: string = PIN): Promise<PadOutcome> {
    return this.enter(await this.openPad({ purpose: "operator", operatorId: this.operatorId }), pin);
  }

  /** Scans a code that asks for a password, and enters one. */
  async scanWithPassword(text: string, password: string): Promise<PadOutcome> {
    const presented = await this.engine.presentScan(text);
    if (presented.kind !== "password") return presented;
    return this.enter(await this.openPad({ purpose: "code" }), password);
  }

  /** What the journal says, in order: the bodies of all entries, read from their signed bytes. */
  async bodies(): Promise<readonly TillBody[]> {
    return (await this.db.journal.toArray()).map((row) => {
      const entry = decodeEntry(row.bytes);
      const body = entry && decodeTillBody(entry.kind, entry.body);
      if (!body) throw new Error(`bench: entry ${row.seq} does not read back`);
      return body;
    });
  }

  async lastBody(): Promise<TillBody> {
    const body = (await this.bodies()).at(-1);
    if (!body) throw new Error("bench: the journal is empty");
    return body;
  }

  /**
   * Every entry verified with the certificate alone, from genesis on, or from where the journal begins since
   * older ones were let go; the first seq that does not hold, or null.
   */
  async brokenAt(): Promise<number | null> {
    const identity = await this.db.enrolled();
    const certificate = identity && decodeCertificate(identity.certificate);
    if (!identity || !certificate) return null;
    const device = await importPublicKey(certificate.deviceKey);
    const floor = await this.db.setting("floor");
    const begin = floor?.epoch === identity.epoch ? floor : null;
    let prev = begin?.hash ?? (await genesisPrev(identity.certificate));
    const first = (begin?.seq ?? -1) + 1;
    const rows = await this.db.journal.toArray();
    for (const [nth, row] of rows.entries()) {
      const at = first + nth;
      const entry = decodeEntry(row.bytes);
      const hash = await hashEntry(row.bytes);
      const holds =
        entry?.seq === at &&
        row.seq === at &&
        sameBytes(entry.prev, prev) &&
        sameBytes(hash, row.hash) &&
        (await verifyEntry(device, row));
      if (!holds) return at;
      prev = hash;
    }
    const head = await this.db.head.get("head");
    const whole =
      head === undefined
        ? rows.length === 0
        : head.seq === first + rows.length - 1 && sameBytes(head.hash, prev);
    return whole ? null : first + rows.length;
  }
}
