// Where a story plays: one server of its own, the owner's laptop, tablets, and a film for their cameras.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { pictureOnFailure } from "./failure-pictures.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { cameraFile, Cashier, holdBeforeCamera, type Interactions, Owner } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

export interface Scene<Name extends string> {
  /** What the story saves goes here, and with the story. */
  readonly folder: string;
  /** The film that every tablet's camera shows. */
  readonly video: string;
  readonly server: ServerProcess;
  readonly laptop: Tablet;
  readonly tablets: Readonly<Record<Name, Tablet>>;
  /** Whoever has the office open; throws before `openShop`. */
  readonly owner: Owner;
  /** Creates the shop from the printed link; answers the text of its first activation. */
  openShop(count?: Interactions): Promise<string>;
  /** Starts the tablet before the film and enrols it with this activation. */
  enrol(name: Name, activation: string, count?: Interactions): Promise<Cashier>;
  /** Turns the tablet on at the till's address and signs the operator in. */
  turnOn(name: Name): Promise<Cashier>;
}

/**
 * Sets the scene before the first test of the file and clears it after the last. When a test fails, a picture
 * of every screen is kept. The parts are there from the first test on, not while the file is read.
 */
export function setScene<Name extends string>(story: string, ...names: readonly Name[]): Scene<Name> {
  let folder: string;
  let server: ServerProcess;
  let laptop: Tablet;
  let tablets: Record<Name, Tablet>;
  let owner: Owner | null = null;
  let hasPin = false;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), `guitai-${story}-`));
    server = await prepareServer();
    laptop = await prepareTablet();
    const prepared = names.map(async (name) => [name, await prepareTablet()] as const);
    tablets = Object.fromEntries(await Promise.all(prepared)) as Record<Name, Tablet>;
    await server.start();
  });
  beforeEach(() => {
    pictureOnFailure({ laptop, ...tablets });
  });
  afterAll(async () => {
    await Promise.all([laptop, ...names.map((name) => tablets[name])].map((one) => one.remove()));
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const startBefore = async (name: Name, count?: Interactions): Promise<Cashier> =>
    new Cashier(await tablets[name].start({ cameraVideo: cameraFile(folder) }), count);
  return {
    get folder() {
      return folder;
    },
    get video() {
      return cameraFile(folder);
    },
    get server() {
      return server;
    },
    get laptop() {
      return laptop;
    },
    get tablets() {
      return tablets;
    },
    get owner() {
      if (owner === null) throw new Error("nobody has opened the shop yet");
      return owner;
    },
    async openShop(count) {
      owner = new Owner(await laptop.start(), count);
      return await owner.createShop(server.setupLink());
    },
    async enrol(name, activation, count) {
      holdBeforeCamera(cameraFile(folder), activation);
      const cashier = await startBefore(name, count);
      if (hasPin) await cashier.enrolBeside(server.url);
      else await cashier.enrol(server.url);
      hasPin = true;
      return cashier;
    },
    async turnOn(name) {
      const cashier = await startBefore(name);
      await cashier.open(server.url);
      await cashier.unlock();
      return cashier;
    },
  };
}
