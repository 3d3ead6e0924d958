// `npm run restored`: to be run once after the data were put back from a backup, before the server is
// started. The tills then know that this server has forgotten what came after the backup, and send it again.
import { sql } from "kysely";
import { atTheData, commandExits } from "./at-the-data.ts";
import type { Database } from "./db/tables.ts";
import { migrate } from "./db/migrate.ts";
import { hasInstance, openInstance } from "./keys/instance.ts";
import { beginLineage } from "./keys/lineage.ts";
import { loadMasterKey } from "./keys/master-key.ts";
import { wordsFor, type StartRefusal } from "./words.ts";

/** Servers and commands that hold this database open, this one not counted. */
async function othersAtWork(db: Database): Promise<number> {
  const asked = await sql<{ others: number }>`select count(*) as others from pg_stat_activity
    where datname = current_database() and application_name = 'guitai' and pid <> pg_backend_pid()`.execute(
    db,
  );
  return asked.rows[0]?.others ?? 0;
}

function refuse(refusal: StartRefusal): number {
  process.stderr.write(`${wordsFor(refusal)}\n`);
  return commandExits.refused;
}

process.exitCode = await atTheData(process.argv.slice(2), async (db, config) => {
  if ((await othersAtWork(db)) > 0) {
    process.stderr.write(
      "A server runs on these data. Stop it first: it would go on answering under the old lineage.\n" +
        "服务器还在运行。请先停止它，再运行这条命令。\n",
    );
    return commandExits.refused;
  }
  const migrated = await migrate(db);
  if (!migrated.ok) return refuse(migrated.refusal);
  if (!(await hasInstance(db))) return refuse({ code: "no-data-yet", directory: config.dataDir });
  const master = await loadMasterKey(config.keyFile, false);
  if (!master.ok) return refuse(master.refusal);
  const instance = await openInstance(db, master.value, Date.now());
  if (!instance.ok) return refuse({ ...instance.refusal, path: config.keyFile });
  const begun = await beginLineage({ db, instance: instance.value, nowMs: () => Date.now() });
  process.stdout.write(
    `A new lineage has begun for ${begun.merchants} shop(s). Start the server: tills send again what it lacks.\n` +
      `${begun.merchants}家店已换新谱系。启动服务器后，收银机会补送缺少的销售。\n`,
  );
  return commandExits.done;
});
