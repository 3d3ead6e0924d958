import type { Bytes } from "#protocol/bytes.ts";
import type { CounterHands } from "./counter-hands.ts";
import { Broken, type Stage } from "./stage.ts";

// Sealed files of what a till has no receipt for: brought to the office, or carried by another till. Whoever
// brings them, and however often, and though the till delivers by itself as well: each entry is there once.

interface ExportFile {
  readonly bytes: Bytes;
  /** The tablet that carries it; null: somebody brings it to the office. */
  carrier: CounterHands | null;
}

/** The files of one schedule. */
export class ExportFiles {
  readonly #stage: Stage;
  readonly #files: ExportFile[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Somebody saves to files what is unreceipted here, and hands them on. */
  async save(till: CounterHands): Promise<void> {
    const { engine } = till.tablet;
    const overview = await engine.exportOverview();
    if (!overview.ok) return;
    for (const index of overview.value.files.keys()) {
      const saved = await engine.exportFile(index);
      if (saved.ok) await this.#hand(saved.value.bytes, till);
    }
  }

  async #hand(bytes: Bytes, from: CounterHands): Promise<void> {
    const { chance, tills } = this.#stage;
    const others = tills.filter((till) => till !== from && till.isEnrolled && !till.tablet.impatient);
    const carrier = others.length > 0 && chance.happens(0.5) ? chance.pick(others) : null;
    const file: ExportFile = { bytes, carrier: null };
    this.#files.push(file);
    this.#stage.note(`  to ${carrier?.name ?? "the office"}`);
    if (carrier === null) await this.#stage.inOffice((office) => office.importFile(bytes));
    else if ((await carrier.tablet.engine.takeParcel(bytes)).ok) file.carrier = carrier;
  }

  /** Does this tablet carry somebody else's file? */
  isCarrier(till: CounterHands): boolean {
    return this.#files.some((file) => file.carrier === till);
  }

  /** All that was on this tablet is gone, files of others with it; what they were saved on is still there. */
  emptied(till: CounterHands): void {
    for (const file of this.#files) if (file.carrier === till) file.carrier = null;
  }

  /** What was saved is brought to the office once more; what is carried has been carried. */
  async settle(): Promise<void> {
    for (const { bytes, carrier } of this.#files)
      if (carrier === null) await this.#stage.inOffice((office) => office.importFile(bytes));
    for (const till of this.#stage.tills) {
      if (!this.isCarrier(till)) continue;
      // Begun again where the first start found no token to carry them with.
      await till.crash();
      const waits = (await till.tablet.engine.parcels()).find(({ state }) => state === "carrying");
      if (waits) throw new Broken(`I6: ${till.name} still carries ${waits.hash.slice(0, 8)} of another till`);
    }
  }
}
