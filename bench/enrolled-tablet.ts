// A shop on a real server and a tablet that is enrolled with it, for measurements of the whole way.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { prepareServer, type ServerProcess } from "../tests/e2e/server-process.ts";
import { Cashier, cameraFile, holdBeforeCamera, Owner } from "../tests/e2e/shopkeeper.ts";
import { prepareTablet, type Tablet } from "../tests/e2e/tablet.ts";

export interface Shop {
  readonly server: ServerProcess;
  /** Running, its first screen behind it, its program kept. */
  readonly tablet: Tablet;
  remove(): Promise<void>;
}

/**
 * Builds the pages, starts a server with a database of its own and enrols a tablet. `addressOf`: the till's
 * address, where it is not the server's own.
 */
export async function openShop(addressOf?: (server: ServerProcess) => Promise<string>): Promise<Shop> {
  await buildPages();
  const folder = await mkdtemp(join(tmpdir(), "guitai-shop-"));
  const server = await prepareServer();
  const laptop = await prepareTablet();
  const tablet = await prepareTablet();
  const remove = async (): Promise<void> => {
    await Promise.all([laptop.remove(), tablet.remove()]);
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.start();
    const url = (await addressOf?.(server)) ?? server.url;
    const owner = new Owner(await laptop.start());
    const video = cameraFile(folder);
    holdBeforeCamera(video, await owner.createShop(server.setupLink()));
    const cashier = new Cashier(await tablet.start({ cameraVideo: video }));
    await cashier.enrol(url);
    await cashier.expectToSee("已连接");
    await cashier.programKept();
    await laptop.close();
    return { server, tablet, remove };
  } catch (cause) {
    await remove();
    throw cause;
  }
}

/** dist/ as the checkout is now; what the build says goes to standard error. */
async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, ["server/start.mjs", "--build-only"], {
    cwd: resolve(import.meta.dirname, ".."),
    stdio: ["ignore", 2, 2],
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error("the pages could not be built: see the message above");
}
