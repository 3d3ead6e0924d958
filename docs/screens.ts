// `npm run screens [zh-CN|en]`: every screen of till and office as
// docs/screens/WHERE-SCREEN-WIDTHxHEIGHT-LANGUAGE.png, taken of a real shop on a real server. Ends with 1
// when anything overflows on a screen of the till.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { cameraFile } from "../tests/e2e/shopkeeper.ts";
import { prepareTablet } from "../tests/e2e/tablet.ts";
import { takeInsecureOffice, takeOffice } from "./office-screens.ts";
import { type Language, PictureBook } from "./picture-book.ts";
import { openShop } from "./shop-for-pictures.ts";
import { takeInsecureTill, takeRevokedTill, takeTill } from "./till-screens.ts";

const root = resolve(import.meta.dirname, "..");
const folder = process.env["SCREENS_DIR"] ?? join(root, "docs", "screens");
const asked = process.argv.slice(2);
const languages = (["zh-CN", "en"] as const).filter((one) => asked.length === 0 || asked.includes(one));

/** The manifest's pictures, which an installing browser shows: by hand they would soon show an older till. */
const forManifest = {
  "keypad-wide.png": "till-sell-1280x800-zh.png",
  "paid-wide.png": "till-paid-offline-1280x800-zh.png",
  "keypad-narrow.png": "till-sell-360x640-zh.png",
};

/** What is open now: an interrupted run leaves no browser and no server behind. */
const open = new Set<() => Promise<void>>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.all([...open].map((close) => close())).finally(() => process.exit(1));
  });
}

await buildPages();
const offenders: string[] = [];
for (const language of languages) offenders.push(...(await takeAll(language)));
if (languages.includes("zh-CN")) {
  const target = join(root, "public", "screens");
  mkdirSync(target, { recursive: true });
  for (const [name, source] of Object.entries(forManifest))
    copyFileSync(join(folder, source), join(target, name));
}
console.log(offenders.length === 0 ? "Nothing overflows." : `Overflows:\n${offenders.join("\n")}`);
process.exit(offenders.length === 0 ? 0 : 1);

async function takeAll(language: Language): Promise<readonly string[]> {
  const book = new PictureBook(folder, language);
  const scratch = await mkdtemp(join(tmpdir(), "guitai-screens-"));
  const [laptop, tablet] = await Promise.all([prepareTablet(), prepareTablet()]);
  let server: { remove(): Promise<void> } | null = null;
  const close = async (): Promise<void> => {
    await Promise.all([laptop.remove(), tablet.remove()]);
    await server?.remove();
    await rm(scratch, { recursive: true, force: true });
  };
  open.add(close);
  try {
    const shop = await openShop(book, scratch, () => laptop.start({ language }));
    server = shop.server;
    const video = cameraFile(scratch);
    (await tablet.start({ language, cameraVideo: video })).setDefaultTimeout(40_000);
    await takeTill(book, shop, tablet, video);
    await takeOffice(book, shop);
    await takeRevokedTill(book, shop, tablet);
    const address = addressOnTheNetwork();
    if (address === undefined) {
      console.error("This machine has no network: the pictures of an insecure address are left as they are.");
    } else {
      const insecure = new URL(shop.server.url);
      insecure.hostname = address;
      await takeInsecureTill(book, tablet.page(), insecure.origin);
      await takeInsecureOffice(book, shop, insecure.origin);
    }
    console.log(`${language}: ${book.written} pictures in ${folder}`);
    return book.offenders;
  } catch (cause) {
    for (const [name, device] of Object.entries({ laptop, tablet })) {
      const path = join(tmpdir(), `guitai-screens-${name}.png`);
      const taken = await device
        .page()
        .screenshot({ path, timeout: 5000 })
        .then(
          () => path,
          () => "none",
        );
      console.error(`where the ${name} stood: ${taken}`);
    }
    throw cause;
  } finally {
    open.delete(close);
    await close();
  }
}

function addressOnTheNetwork(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find((one) => one.family === "IPv4" && !one.internal)?.address;
}

async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, ["server/start.mjs", "--build-only"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error("the pages could not be built: see the message above");
}
