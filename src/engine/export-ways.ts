import type { Result } from "#domain/result.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type {
  ExportedFile,
  ExportOverview,
  ExportTillRefusal,
  ParcelRefusal,
  ParcelView,
} from "#protocol/engine-calls.ts";
import type { ExportDesk, ExportDeskParts } from "./export-desk.ts";
import type { ParcelDesk, ParcelParts } from "./export-parcels.ts";

/**
 * The ways out of this tablet that are files: its own unreceipted entries, and other tills' files that it
 * carries. Both desks are loaded when somebody first asks, so that they cost the first screen nothing.
 */
export class WaysOut {
  readonly #parts: ExportDeskParts & ParcelParts;
  /** Marks buffers inside an answer as moved to the page. */
  readonly #handOver: <T extends object>(answer: T, ...moved: Transferable[]) => T;
  #exports: Promise<ExportDesk> | null = null;
  #parcels: Promise<ParcelDesk> | null = null;

  constructor(
    parts: ExportDeskParts & ParcelParts,
    handOver: <T extends object>(answer: T, ...moved: Transferable[]) => T,
  ) {
    this.#parts = parts;
    this.#handOver = handOver;
  }

  /** What a lost database would need to be saved, and files that an earlier start did not finish carrying. */
  async keep(nowMs: number): Promise<void> {
    await (await this.#exportDesk()).keepKeys();
    try {
      await (await this.#parcelDesk()).resume(nowMs);
    } catch (cause) {
      // Somebody else's files must never keep this till from selling; its list of them says how they stand.
      if (!(cause instanceof Error)) throw cause;
    }
  }

  async overview(): Promise<Result<ExportOverview, ExportTillRefusal>> {
    return (await this.#exportDesk()).overview();
  }

  async file(index: number): Promise<Result<ExportedFile, ExportTillRefusal>> {
    const file = await (await this.#exportDesk()).file(index);
    return file.ok ? this.#handOver(file, file.value.bytes.buffer) : file;
  }

  async take(bytes: Bytes): Promise<Result<ParcelView, ParcelRefusal>> {
    return (await this.#parcelDesk()).take(bytes);
  }

  async parcels(): Promise<readonly ParcelView[]> {
    return (await this.#parcelDesk()).list();
  }

  #exportDesk(): Promise<ExportDesk> {
    this.#exports ??= import("./export-desk.ts").then(({ ExportDesk: Loaded }) => new Loaded(this.#parts));
    return this.#exports;
  }

  #parcelDesk(): Promise<ParcelDesk> {
    this.#parcels ??= import("./export-parcels.ts").then(({ ParcelDesk: Loaded }) => new Loaded(this.#parts));
    return this.#parcels;
  }
}
