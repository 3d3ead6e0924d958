import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashRaw } from "@node-rs/argon2";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import { startCluster } from "../../server/db/embedded/cluster.ts";
import { openPages } from "../../server/http/pages.ts";
import type { Log } from "../../server/log.ts";
import { openServices } from "../../server/open-services.ts";
import type { House } from "./office.ts";
import { foundShop, ServerOffice } from "./server-office.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The same function as the till's own, several times as fast: it is not what is looked at. */
const nativeArgon2: Argon2 = async (secret, salt, profile) =>
  new Uint8Array(
    await hashRaw(secret, {
      // Argon2id; the package's enum is a constant of its declarations only.
      algorithm: 2,
      memoryCost: profile.memoryKib,
      timeCost: profile.iterations,
      parallelism: profile.parallelism,
      outputLen: profile.bytes,
      salt,
    }),
  );

/**
 * The real server over a real PostgreSQL of its own, with many connections: what waits for a lock is seen
 * here and nowhere else in the simulation. A shop in it for each schedule.
 */
export async function openPostgresHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "sim-postgres-"));
  mkdirSync(join(folder, "data"));
  const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
  const cluster = await startCluster({ dataDir: join(folder, "data"), log: silent, settings });
  if (!cluster.ok) throw new Error(`simulation: no database: ${cluster.refusal.code}`);
  let nowMs: () => number = () => 0;
  const opened = await openServices({
    config: {
      port: 8080,
      host: "127.0.0.1",
      dataDir: join(folder, "data"),
      databaseUrl: cluster.value.url,
      publicUrl: null,
      tls: null,
      keyFile: join(folder, "keys", "master.key"),
      trustedProxies: [],
      demo: false,
    },
    log: silent,
    nowMs: () => nowMs(),
    databaseUrl: cluster.value.url,
    stopping: new AbortController().signal,
  });
  if (!opened.ok) throw new Error(`simulation: the server refused: ${opened.refusal.code}`);
  const { services } = opened.value;
  const pages = openPages(join(folder, "dist"));
  const never = new Promise<never>(() => undefined);
  return {
    openOffice: async (clock) => {
      nowMs = clock;
      // Each schedule begins at the same moment: what the last one signed must not be later than that.
      await services.db.deleteFrom("control.clock_mark").execute();
      const shop = await foundShop(services);
      const process = { services, over: never };
      const parts = { start: () => process, inspect: services.db, argon2: nativeArgon2 };
      const office = await ServerOffice.open(parts, pages, shop);
      await office.savePolicy(30);
      return { office, tills: [], faults: null };
    },
    close: async () => {
      await opened.value.close();
      await cluster.value.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
