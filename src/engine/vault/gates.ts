import type { TillRefusal } from "#domain/refusal.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { TillTime } from "../till-time.ts";
import type { OpenVault } from "./open-vault.ts";

const HOUR_MS = 3_600_000;

/** What stands before codes and overrides. */
export interface Gate {
  readonly db: TillDatabase;
  readonly time: TillTime;
  readonly vault: OpenVault;
}

/**
 * Why this till takes no code and no override now, or null. Cash, the journal and delivery do not ask this
 * (PROTOCOL §10).
 */
export async function closedGate({ db, time, vault }: Gate): Promise<TillRefusal | null> {
  const [stop, wish, heard, standing] = await Promise.all([
    db.setting("stop"),
    db.setting("vault-wish"),
    db.setting("heard"),
    vault.standing(),
  ]);
  if (stop) return { code: "till-stopped", stop: stop.reason };
  if (!standing.open) return { code: "vault-closed" };
  const hours = wish?.leaseHours ?? null;
  if (hours === null) return null;
  const heardMs = heard?.atMs ?? null;
  const over = heardMs === null || time.read().nowMs >= heardMs + hours * HOUR_MS;
  return over ? { code: "lease-over", heardMs } : null;
}
