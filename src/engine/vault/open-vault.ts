import type { PinWorker, VaultMaterial } from "#protocol/pin-calls.ts";
import type { TillDatabase } from "#storage/till-database.ts";

/** A pin.worker on loan: its calls, a way to hand it the pad's port, and its end. */
export interface HiredPinWorker {
  readonly calls: PinWorker;
  /** Hands the worker its end of the pad's line (moved, not copied). */
  readonly attach: (port: MessagePort) => Promise<void>;
  readonly dismiss: () => void;
}

export type HirePinWorker = () => HiredPinWorker;

/**
 * The vault's material on disk and the workers that may open it. Nothing is ever opened in the engine itself.
 */
export class OpenVault {
  readonly #db: TillDatabase;
  readonly #hire: HirePinWorker;

  constructor(db: TillDatabase, hire: HirePinWorker) {
    this.#db = db;
    this.#hire = hire;
  }

  hire(): HiredPinWorker {
    return this.#hire();
  }

  /**
   * What opens the vault. Throws when the till has none: it is written with the certificate, in one
   * transaction.
   */
  async material(): Promise<VaultMaterial> {
    const row = await this.#db.vault.get("vault");
    if (!row) throw new Error("vault: missing on an enrolled till");
    return { wrapKey: row.wrapKey, wrappedVk: row.wrappedVk, wrappedPrivate: row.wrappedPrivate };
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
