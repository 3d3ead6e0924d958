// One PostgreSQL for a whole run of the tests, with a database ready to be copied.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { openConnection } from "../../server/db/connection.ts";
import { startCluster } from "../../server/db/embedded/cluster.ts";
import { migrate } from "../../server/db/migrate.ts";
import type { Log } from "../../server/log.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Connection URLs of the run's PostgreSQL, without a database's name. */
    adminUrl: string;
    ownerUrl: string;
  }
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
// A power cut during the tests loses nothing that matters.
const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200"];

let stopAll: (() => Promise<void>) | undefined;

export async function teardown(): Promise<void> {
  await stopAll?.();
}

export async function setup(project: TestProject): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "guitai-tests-"));
  const started = await startCluster({ dataDir, log: silent, settings });
  if (!started.ok) throw new Error(`no database for the tests: ${JSON.stringify(started.refusal)}`);
  const { value: cluster } = started;
  const { url, adminUrl } = cluster;
  stopAll = async () => {
    await cluster.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query("create database template_guitai owner guitai");
  await admin.end();
  const template = openConnection(url.replace(/\/guitai$/u, "/template_guitai"), silent, 2);
  const migrated = await migrate(template.db);
  await template.close();
  if (!migrated.ok) throw new Error(`migrations refused: ${migrated.refusal.code}`);
  project.provide("adminUrl", adminUrl);
  project.provide("ownerUrl", url.replace(/\/guitai$/u, ""));
}
