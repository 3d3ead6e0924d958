// `npm run confirm-clock`: says which time the server would sign for its tills. `npm run confirm-clock --
// --yes` when it is right: after a leap of more than 16 days, or a clock that once stood too high, nobody but
// a person can tell.
import { audit } from "./audit.ts";
import { readConfig } from "./config.ts";
import { joinData } from "./data.ts";
import { openConnection } from "./db/connection.ts";
import { confirmClock, plausibleTime, readMark } from "./journal/signed-clock.ts";
import { createLog } from "./log.ts";
import { wordsFor } from "./words.ts";

async function main(): Promise<number> {
  const argv = process.argv.slice(2);
  const isYes = argv.includes("--yes");
  const settings = readConfig(
    process.env,
    argv.filter((argument) => argument !== "--yes"),
    process.cwd(),
  );
  if (!settings.ok) {
    for (const problem of settings.problems) process.stderr.write(`${problem}\n`);
    return 2;
  }
  const log = createLog(process.stderr, () => Date.now());
  const data = await joinData(settings.value, log);
  if (!data.ok) {
    process.stderr.write(`${wordsFor(data.refusal)}\n`);
    return 3;
  }
  const connection = openConnection(data.value.url, log, 2);
  try {
    const nowMs = Date.now();
    const markMs = await readMark(connection.db);
    const isSigned = plausibleTime(nowMs, markMs) !== null;
    const written = (ms: number): string => (ms === 0 ? "–" : new Date(ms).toISOString());
    process.stdout.write(`now 现在 ${written(nowMs)}\nlast signed 上次签的 ${written(markMs)}\n`);
    if (isYes) {
      await confirmClock(connection.db, nowMs);
      const detail = { fromMs: markMs, toMs: nowMs };
      await audit(connection.db, {
        merchantId: null,
        atMs: nowMs,
        who: "server",
        what: "clock-confirmed",
        detail,
      });
      process.stdout.write("Confirmed: tills are told this time again. 已确认，收银机会重新对时。\n");
    } else if (isSigned) process.stdout.write("Tills are told this time. 收银机按这个时间对时。\n");
    else {
      process.stdout.write(
        "Tills are not told the time until you confirm it: npm run confirm-clock -- --yes\n" +
          "确认之前收银机不会对时。时间没错就运行上面这条命令。\n",
      );
    }
    return 0;
  } finally {
    await connection.close();
    await data.value.close();
  }
}

process.exitCode = await main();
