import type { StopReason } from "#domain/refusal.ts";
import { sameBytes } from "#protocol/bytes.ts";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import type { PinWorker, VaultMaterial } from "#protocol/pin-calls.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { VaultRow } from "#storage/vault-rows.ts";

/** A pin.worker on loan: its calls, a way to hand it the pad's port, and its end. */
export interface HiredPinWorker {
  readonly calls: PinWorker;
  /** Hands the worker its end of the pad's line (moved, not copied). */
  readonly attach: (port: MessagePort) => Promise<void>;
  readonly dismiss: () => void;
}

/** At which level the vault is, and whether its secrets can be checked. */
export interface Standing {
  readonly level: VaultLevel;
  readonly open: boolean;
}

export type HirePinWorker = () => HiredPinWorker;

/**
 * The vault's material on disk and the workers that may open it. Nothing is ever opened in the engine itself.
 */
export class OpenVault {
  readonly #db: TillDatabase;
  readonly #hire: HirePinWorker;
  /** What wraps VK at a level whose key is not on this disk, and the wrap it belongs to: in memory only. */
  #held: { readonly wrapKey: CryptoKey; readonly wrappedVk: Uint8Array } | null = null;

  constructor(db: TillDatabase, hire: HirePinWorker) {
    this.#db = db;
    this.#hire = hire;
  }

  hire(): HiredPinWorker {
    return this.#hire();
  }

  /** Keeps the key that opened this row's vault until the program ends. */
  hold(wrapKey: CryptoKey, { wrappedVk }: Pick<VaultRow, "wrappedVk">): void {
    this.#held = { wrapKey, wrappedVk };
  }

  /** How the vault stands now. */
  async standing(): Promise<Standing> {
    return this.judge(await this.#db.vault.get("vault"), (await this.#db.setting("stop"))?.reason ?? null);
  }

  /** How it stands by what lies on the disk: one made in the place of a lost one opens nothing yet. */
  judge(row: VaultRow | undefined, stop: StopReason | null): Standing {
    const open = row !== undefined && stop !== "vault-lost" && this.#keyOf(row) !== null;
    return { level: row?.level ?? "basic", open };
  }

  /**
   * What opens the vault. Throws while it is closed or gone: whoever asks looks at `standing` first, and says
   * so by name.
   */
  async material(): Promise<VaultMaterial> {
    const row = await this.#db.vault.get("vault");
    const wrapKey = row && this.#keyOf(row);
    if (!wrapKey) throw new Error("vault: closed, or missing on an enrolled till");
    return { wrapKey, wrappedVk: row.wrappedVk, wrappedPrivate: row.wrappedPrivate };
  }

  #keyOf(row: VaultRow): CryptoKey | null {
    if (row.level === "basic") return row.wrapKey;
    const held = this.#held;
    // Enrolled anew or wrapped anew meanwhile: what is held opens the vault of before.
    return held && sameBytes(held.wrappedVk, row.wrappedVk) ? held.wrapKey : null;
  }

  /** One question to a fresh worker, which is gone afterwards whatever comes of it. */
  async withWorker<T>(ask: (calls: PinWorker, material: VaultMaterial) => Promise<T>): Promise<T> {
    const worker = this.#hire();
    try {
      return await ask(worker.calls, await this.material());
    } finally {
      worker.dismiss();
    }
  }
}
