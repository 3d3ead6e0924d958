// What every part of the server is given. Built once in main.ts; tests build their own.
import type { Accounts } from "./accounts/accounts.ts";
import type { Config } from "./config.ts";
import type { Database } from "./db/tables.ts";
import type { WakeUps } from "./http/wake-up.ts";
import type { Instance } from "./keys/instance.ts";
import type { MasterKey } from "./keys/master-key.ts";
import type { MerchantKeyring } from "./keys/merchant-keys.ts";
import type { Log } from "./log.ts";

export interface Services {
  readonly config: Config;
  readonly log: Log;
  /** The wall clock, ms. */
  readonly nowMs: () => number;
  readonly db: Database;
  readonly master: MasterKey;
  readonly instance: Instance;
  readonly merchants: MerchantKeyring;
  readonly wakeUps: WakeUps;
  readonly accounts: Accounts;
  /** Aborted when the server begins to stop: streams end then. */
  readonly stopping: AbortSignal;
}
