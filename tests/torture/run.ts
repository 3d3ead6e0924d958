// `npm run torture -- --rounds N [--from S] [--backend leveldb|sqlite] [--power [--weak]]`
// A real browser, server and database, killed and cut at random moments. The last line is
// `{"rounds","lost","doubled","stuck"}`; exit 1 when any of the three is not 0.
import { parseArgs } from "node:util";
import { tortureRounds } from "./rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    from: { type: "string", default: "1" },
    backend: { type: "string", default: "leveldb" },
    port: { type: "string", default: "21700" },
  },
});
const [rounds, from, port] = [values.rounds, values.from, values.port].map(Number);
const isWhole = [rounds, from, port].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
const { backend } = values;
if (!isWhole || (backend !== "leveldb" && backend !== "sqlite")) {
  console.error("--rounds, --from and --port are whole numbers; --backend is leveldb or sqlite");
  process.exit(2);
}
const done = await tortureRounds({
  rounds: Number(rounds),
  from: Number(from),
  port: Number(port),
  backend,
  databaseUrl: process.env["DATABASE_URL"] ?? null,
  say: (text) => console.log(text),
});
console.log(JSON.stringify(done));
process.exit(done.lost + done.doubled + done.stuck === 0 ? 0 : 1);
