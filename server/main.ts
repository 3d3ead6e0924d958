// The server's start and end. Settings, data, keys, routes, in that order; and back in the other order on a
// signal.
import { join } from "node:path";
import { isSetUpOpen, openSetUp } from "./accounts/set-up.ts";
import { allAddresses, hasSecureAddress, mainAddress } from "./addresses.ts";
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { openBooks } from "./books.ts";
import { openData } from "./data.ts";
import { openDemo, type DemoSignIn } from "./demo.ts";
import { createApp } from "./http/app.ts";
import { plausibleTime, readMark } from "./journal/signed-clock.ts";
import { listen } from "./http/listen.ts";
import { openPages } from "./http/pages.ts";
import { startUpkeep } from "./journal/upkeep.ts";
import { createLog, faultFields } from "./log.ts";
import { openServices } from "./open-services.ts";
import type { Services } from "./services.ts";
import { wordsFor } from "./words.ts";

/** Requests that still run at a stop have this long. */
const finishLimitMs = 10_000;
const exitCodes = { stopped: 0, fault: 1, settings: 2, refused: 3 };

async function main(): Promise<number> {
  const settings = readConfig(process.env, process.argv.slice(2), process.cwd());
  if (!settings.ok) {
    for (const problem of settings.problems) process.stderr.write(`${problem}\n`);
    return exitCodes.settings;
  }
  const config = settings.value;
  const log = createLog(process.stdout, () => Date.now());
  const stopping = new AbortController();
  const asked = new Promise<string>((resolve) => {
    // `npm` and the terminal may each send the signal; the second is no reason to leave requests unfinished.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve(signal));
  });
  const data = await openData(config, log);
  if (!data.ok) return say(wordsFor(data.refusal));
  const closers: (() => Promise<unknown>)[] = [() => data.value.close()];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.toReversed()) {
      try {
        await close();
      } catch (fault) {
        // What cannot be closed must not keep the rest open: the database would be left an orphan.
        log.error("close-failed", faultFields(fault));
      }
    }
  };
  try {
    const opened = await openServices({
      config,
      log,
      nowMs: () => Date.now(),
      databaseUrl: data.value.url,
      stopping: stopping.signal,
    });
    if (!opened.ok) {
      await closeAll();
      return say(wordsFor(opened.refusal));
    }
    const { services } = opened.value;
    closers.push(() => opened.value.close());
    const pages = openPages(join(import.meta.dirname, "..", "dist"));
    const demo = config.demo ? await openDemo(services, pages) : null;
    closers.push(startUpkeep(await openBooks(services)));
    const app = createApp(services, pages);
    const listening = await listen(app, config);
    if (!listening.ok) {
      await closeAll();
      return say(wordsFor(listening.refusal));
    }
    await greet(services, config, demo);
    const reason = await Promise.race([asked, data.value.ended.then(() => "database-ended")]);
    log.info("stopping", { reason });
    stopping.abort();
    const finished = await listening.value.close(finishLimitMs);
    if (!finished) log.warn("requests-cut-off", { afterMs: finishLimitMs });
    await closeAll();
    log.info("stopped");
    return reason === "database-ended" ? exitCodes.fault : exitCodes.stopped;
  } catch (fault) {
    await closeAll();
    throw fault;
  }
}

function say(words: string): number {
  process.stderr.write(`${words}\n`);
  return exitCodes.refused;
}

/**
 * What a person at the terminal needs: where the pages are, and on the first run the link that makes the
 * owner.
 */
async function greet(services: Services, config: Config, demo: DemoSignIn | null): Promise<void> {
  const main = mainAddress(config);
  const lines = ["", `Guitai 柜台${config.demo ? " (demo)" : ""}`];
  for (const address of allAddresses(config))
    lines.push(`  till 柜台 ${address}/    office 后台 ${address}/office`);
  if (!hasSecureAddress(config)) {
    lines.push(
      "  Without HTTPS, tablets have no camera and do not work offline: set TLS_CERT and TLS_KEY, or PUBLIC_URL behind a proxy.",
      "  没有 HTTPS，平板不能用摄像头，也不能离线收款：请设置 TLS_CERT 和 TLS_KEY，或在反向代理后设置 PUBLIC_URL。",
    );
  }
  if (demo !== null) {
    lines.push("", `  demo sign-in 试用登录  ${main}/office`, `    ${demo.email}`, `    ${demo.password}`);
  }
  if (plausibleTime(services.nowMs(), await readMark(services.db)) === null) {
    lines.push(
      "  This machine's clock is not believed: tills are not told the time. See npm run confirm-clock.",
      "  这台机器的时钟不可信，收银机不会对时。请运行 npm run confirm-clock。",
    );
  }
  if (await isSetUpOpen(services.db)) {
    const token = await openSetUp(services.db);
    if (token !== null) {
      lines.push(
        "",
        "First run. Open this link once to make the owner's account; it is good until used or restarted.",
      );
      lines.push(
        "第一次运行。打开下面的链接创建店主账号，只能用一次，重启后换新。",
        `  ${main}/office#setup=${token}`,
      );
    }
  }
  process.stdout.write(`${lines.join("\n")}\n\n`);
  services.log.info("started", { port: config.port, https: config.tls !== null, demo: config.demo });
}

try {
  process.exitCode = await main();
} catch (fault) {
  createLog(process.stderr, () => Date.now()).error("start-failed", faultFields(fault));
  process.stderr.write(`${fault instanceof Error ? fault.message : String(fault)}\n`);
  process.exitCode = exitCodes.fault;
}
