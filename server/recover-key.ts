// `npm run recover-key`: makes KEY_FILE again from the printed recovery key, read from standard input so that
// it stands in no command history.
import { atTheData, commandExits } from "./at-the-data.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/tables.ts";
import { writeMasterKey } from "./keys/master-key.ts";
import { openWithRecoveryKey } from "./keys/recovery-key.ts";

const words = {
  "no-recovery-key": "This database has no recovery key: set-up was never done on it.",
  "recovery-key-mistyped":
    "That is not a whole recovery key: compare it with the printed one. Nothing was changed.",
  "recovery-key-wrong": "That recovery key belongs to another installation. Nothing was changed.",
  "key-file-there": "KEY_FILE is there already. Move it away first; nothing is overwritten.",
};
const longestInput = 1000;

async function recover(db: Database, config: Config): Promise<number> {
  const row = await db.selectFrom("control.instance").select("recovery_wrap").executeTakeFirst();
  const wrap = row?.recovery_wrap ?? null;
  if (wrap === null) return refuse("no-recovery-key");
  if (process.stdin.isTTY)
    process.stdout.write("Type the recovery key and press Enter. 输入恢复密钥后按回车。\n");
  const opened = await openWithRecoveryKey(await readLine(), wrap);
  if (!opened.ok) return refuse(opened.refusal.code);
  try {
    writeMasterKey(config.keyFile, opened.value);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "EEXIST") return refuse("key-file-there");
    throw fault;
  }
  process.stdout.write(`The master key is back in ${config.keyFile}.\n`);
  return commandExits.done;
}

function refuse(code: keyof typeof words): number {
  process.stderr.write(`${words[code]}\n`);
  return commandExits.refused;
}

async function readLine(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes("\n") || text.length > longestInput) break;
  }
  return text.split("\n")[0]?.trim() ?? "";
}

process.exitCode = await atTheData(process.argv.slice(2), recover);
