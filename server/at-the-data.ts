// What every command beside the server begins and ends with: settings judged, the data joined (a running
// server's, or opened for the moment), a connection, and all of it closed again.
import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";
import { joinData } from "./data.ts";
import { openConnection } from "./db/connection.ts";
import type { Database } from "./db/tables.ts";
import { createLog } from "./log.ts";
import { wordsFor } from "./words.ts";

/** Exit codes as the server's own: 2 wrong settings, 3 refused. */
export const commandExits: { readonly done: number; readonly settings: number; readonly refused: number } = {
  done: 0,
  settings: 2,
  refused: 3,
};

/**
 * Runs `work` on the shop's database and answers the exit code. `flags` are the command's arguments for the
 * settings (`--demo`); anything wrong is said on stderr, one line each.
 */
export async function atTheData(
  flags: readonly string[],
  work: (db: Database, config: Config) => Promise<number>,
): Promise<number> {
  const settings = readConfig(process.env, flags, process.cwd());
  if (!settings.ok) {
    for (const problem of settings.problems) process.stderr.write(`${problem}\n`);
    return commandExits.settings;
  }
  const log = createLog(process.stderr, () => Date.now());
  const data = await joinData(settings.value, log);
  if (!data.ok) {
    process.stderr.write(`${wordsFor(data.refusal)}\n`);
    return commandExits.refused;
  }
  const connection = openConnection(data.value.url, log, 2);
  try {
    return await work(connection.db, settings.value);
  } finally {
    await connection.close();
    await data.value.close();
  }
}
