import type { TillDatabase } from "#storage/till-database.ts";
import type { MirrorFile } from "./mirror.ts";
import type { Surroundings } from "./surroundings.ts";
import type { DeliveryLoop } from "./sync/delivery-loop.ts";
import type { HirePinWorker } from "./vault/open-vault.ts";

/** What the engine is built on. */
export interface EngineParts {
  readonly db: TillDatabase;
  readonly surroundings: Surroundings;
  readonly hirePinWorker: HirePinWorker;
  /** The second copy outside IndexedDB; null where the browser has no place for it. */
  readonly mirrorFile: MirrorFile | null;
  /** Carries entries from here when there is no service worker, and once right after enrolment. */
  readonly loop: Pick<DeliveryLoop, "poke">;
  /** Asks whoever carries to begin a round. */
  readonly wantSync: () => void;
  /** One round of delivery now; settles after a few seconds at the latest, whatever the network does. */
  readonly askServer: () => Promise<void>;
  /** Settles when the first screen has had the processor to itself for a moment. */
  readonly quiet: () => Promise<void>;
  /** Marks what of an answer is moved to the page, not copied. */
  readonly handOver: <T extends object>(answer: T, ...moved: Transferable[]) => T;
  /** Where the server's public keys are kept beside the database; absent where there is no such place. */
  readonly openKeysFile?: () => Promise<MirrorFile | null>;
}
