// `npm run torture -- --rounds N [--from S] [--backend leveldb|sqlite] [--power] [--vault]`
// A real browser, server and database, killed and cut at random moments. The last line is
// `{"rounds","lost","doubled","stuck"}`; exit 1 when any of the three is not 0. With `--power` the power is
// cut (Linux, root), and a run without durability must lose: exit 1 too where it does not. With `--vault`
// PINs and passwords are checked, and the browser is killed at every step of that.
import { parseArgs } from "node:util";
import { canCutPower } from "./loop-disk.ts";
import { tortureByPower } from "./power.ts";
import { tortureRounds } from "./rounds.ts";
import { tortureVault } from "./vault-rounds.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    from: { type: "string", default: "1" },
    backend: { type: "string", default: "leveldb" },
    port: { type: "string", default: "21700" },
    power: { type: "boolean", default: false },
    vault: { type: "boolean", default: false },
  },
});
const [rounds, from, port] = [values.rounds, values.from, values.port].map(Number);
const isWhole = [rounds, from, port].every((number) => Number.isSafeInteger(number) && Number(number) >= 0);
const { backend } = values;
if (!isWhole || (backend !== "leveldb" && backend !== "sqlite")) {
  console.error("--rounds, --from and --port are whole numbers; --backend is leveldb or sqlite");
  process.exit(2);
}
const asked = {
  rounds: Number(rounds),
  from: Number(from),
  port: Number(port),
  backend,
  say: (text: string): void => console.log(text),
} as const;
if (values.power) {
  if (!canCutPower()) {
    console.error("--power needs Linux, root and loop devices");
    process.exit(2);
  }
  const { done, bites } = await tortureByPower(asked);
  if (!bites) console.error("the run without durability lost nothing: these cuts prove nothing");
  console.log(JSON.stringify(done));
  process.exit(done.lost + done.doubled + done.stuck === 0 && bites ? 0 : 1);
}
const databaseUrl = process.env["DATABASE_URL"] ?? null;
const torture = values.vault ? tortureVault : tortureRounds;
const done = await torture({ ...asked, databaseUrl });
console.log(JSON.stringify(done));
process.exit(done.lost + done.doubled + done.stuck === 0 ? 0 : 1);
