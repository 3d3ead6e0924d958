// `npm run confirm-clock`: says which time the server would sign for its tills. `npm run confirm-clock --
// --yes` when it is right: after a leap of more than 16 days, or a clock that once stood too high, nobody but
// a person can tell.
import { atTheData, commandExits } from "./at-the-data.ts";
import { audit } from "./audit.ts";
import { confirmClock, plausibleTime, readMark } from "./journal/signed-clock.ts";

const argv = process.argv.slice(2);
const flags = argv.filter((argument) => argument !== "--yes");
const written = (ms: number): string => (ms === 0 ? "–" : new Date(ms).toISOString());

process.exitCode = await atTheData(flags, async (db) => {
  const nowMs = Date.now();
  const markMs = await readMark(db);
  process.stdout.write(`now 现在 ${written(nowMs)}\nlast signed 上次签的 ${written(markMs)}\n`);
  if (argv.includes("--yes")) {
    await confirmClock(db, nowMs);
    const detail = { fromMs: markMs, toMs: nowMs };
    await audit(db, { merchantId: null, atMs: nowMs, who: "server", what: "clock-confirmed", detail });
    process.stdout.write("Confirmed: tills are told this time again. 已确认，收银机会重新对时。\n");
  } else if (plausibleTime(nowMs, markMs) !== null) {
    process.stdout.write("Tills are told this time. 收银机按这个时间对时。\n");
  } else {
    process.stdout.write(
      "Tills are not told the time until you confirm it: npm run confirm-clock -- --yes\n" +
        "确认之前收银机不会对时。时间没错就运行上面这条命令。\n",
    );
  }
  return commandExits.done;
});
