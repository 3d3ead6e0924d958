// `npm run recover-key`: makes KEY_FILE again from the printed recovery key, read from standard input so that
// it stands in no command history.
import { openConnection } from "./db/connection.ts";
import { readConfig } from "./config.ts";
import { joinData } from "./data.ts";
import { writeMasterKey } from "./keys/master-key.ts";
import { openWithRecoveryKey } from "./keys/recovery-key.ts";
import { createLog } from "./log.ts";
import { wordsFor } from "./words.ts";

const words = {
  "no-recovery-key": "This database has no recovery key: set-up was never done on it.",
  "recovery-key-mistyped":
    "That is not a whole recovery key: compare it with the printed one. Nothing was changed.",
  "recovery-key-wrong": "That recovery key belongs to another installation. Nothing was changed.",
  "key-file-there": "KEY_FILE is there already. Move it away first; nothing is overwritten.",
};
const longestInput = 1000;

async function main(): Promise<number> {
  const settings = readConfig(process.env, process.argv.slice(2), process.cwd());
  if (!settings.ok) {
    for (const problem of settings.problems) process.stderr.write(`${problem}\n`);
    return 2;
  }
  const config = settings.value;
  const log = createLog(process.stderr, () => Date.now());
  const data = await joinData(config, log);
  if (!data.ok) {
    process.stderr.write(`${wordsFor(data.refusal)}\n`);
    return 3;
  }
  const connection = openConnection(data.value.url, log, 2);
  try {
    const row = await connection.db.selectFrom("control.instance").select("recovery_wrap").executeTakeFirst();
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
    return 0;
  } finally {
    await connection.close();
    await data.value.close();
  }
}

function refuse(code: keyof typeof words): number {
  process.stderr.write(`${words[code]}\n`);
  return 3;
}

async function readLine(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.includes("\n") || text.length > longestInput) break;
  }
  return text.split("\n")[0]?.trim() ?? "";
}

process.exitCode = await main();
