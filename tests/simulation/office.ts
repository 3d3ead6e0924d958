import type { OutagePolicy } from "#domain/outage-policy.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { DiskImage } from "./memory-disk.ts";

/** A payment code as it was handed out. */
export interface OfficeCode {
  readonly cti: string;
  readonly text: string;
  readonly digits: string;
  readonly password: string | null;
  readonly amountMinor: number;
}

export interface CodeOrder {
  readonly amountMinor: number;
  readonly kind: "exact" | "up-to";
  readonly password: string | null;
  /** Hex id of the till that holds the lease; null: nobody's. */
  readonly till: string | null;
}

/** What stands in the server's books at the end, read past all caches. Ids are hex. */
export interface OfficeBooks {
  readonly entries: readonly BookedEntry[];
  readonly quarantined: ReadonlySet<string>;
  /** Every booked sale, of the chains and out of quarantine. */
  readonly sales: readonly BookedSale[];
  readonly claims: ReadonlyMap<string, EntryPlace>;
  /** What codes did not fund of a sale. */
  readonly losses: readonly (EntryPlace & { readonly lossMinor: number })[];
  /** What is missing of epochs, by name. */
  readonly shortfalls: readonly {
    readonly till: string;
    readonly epoch: number;
    /** The first entry that is still missing. */
    readonly nextSeq: number;
  }[];
  /** Epochs whose journal was found forked or damaged, as `till:epoch`. */
  readonly found: ReadonlySet<string>;
}

/** Till (hex), epoch and number of an entry. */
export interface EntryPlace {
  readonly till: string;
  readonly epoch: number;
  readonly seq: number;
}

export interface BookedEntry extends EntryPlace {
  readonly hash: string;
  /** Order of arrival within the shop. */
  readonly arrival: number;
}

export interface BookedSale extends EntryPlace {
  readonly totalMinor: number;
}

/** How far the server has a till's journal: as stored, not as cached. */
export interface StoredRun {
  readonly till: string;
  readonly epoch: number;
  readonly lastSeq: number;
  readonly count: number;
}

/** One shop and its server, as a schedule needs them. */
export interface Office {
  readonly argon2: Argon2;
  send(path: string, init: RequestInit): Promise<Response>;
  expectTill(name: string): Promise<{ readonly id: string; readonly activation: string }>;
  /**
   * Another activation code for a till that is there already: a new epoch, and why there is one. Null for one
   * that was stopped for good.
   */
  activate(id: string, reason: RenewalReason | null): Promise<string | null>;
  /** How an epoch stands; null where the server knows none. */
  standing(id: string, epoch: number): Promise<"pending" | "open" | "frozen" | "damaged" | "closed" | null>;
  /** The owner looks at a tablet that waits, and says «same». */
  sayItIsTheSame(id: string): Promise<void>;
  /** Brings a till's export file in; false when it was not taken. */
  importFile(bytes: Bytes): Promise<boolean>;
  /** The owner frees a code that a till has in hand. */
  releaseClaim(cti: string): Promise<void>;
  /** Null when the office may not issue it now. */
  issue(order: CodeOrder): Promise<OfficeCode | null>;
  revokeCode(cti: string): Promise<void>;
  savePolicy(validDays: number, outage?: OutagePolicy): Promise<void>;
  revokeTill(id: string): Promise<void>;
  /** The server's process ends and begins anew: what it held in memory is gone. */
  restart(): Promise<void>;
  /** The highest seq that is stored of an epoch; −1 for none. */
  headSeq(id: string, epoch: number): Promise<number>;
  /** The lineage under which the server signs now, hex. */
  readonly lineage: string;
  /** Is this code in its books? */
  knowsCode(cti: string): Promise<boolean>;
  /** How far the server has each till's journal, by (till, epoch). */
  storedRuns(): Promise<readonly StoredRun[]>;
  books(): Promise<OfficeBooks>;
}

/** What may happen to a server and its database; counts are of what is asked from now on, 1 is the next. */
export interface ServerFaults {
  /** The process ended by one of these and nobody has started it again. */
  readonly isDown: boolean;
  /** Faults the server wrote into its log that nobody had asked for, in this schedule. */
  readonly unexpected: readonly string[];
  /** The database refuses this statement, as it does when two transactions met (40001). */
  refuseStatement(after: number): void;
  /** The process dies before this statement. */
  endAtStatement(after: number): void;
  /** The process dies when this commit has come through and nobody was told. */
  endAfterCommit(after: number): void;
  /** None of these any more. */
  calm(): void;
  /** A backup is taken of all that is committed. */
  backUp(): void;
  /**
   * The process ends, the database is as it was when the backup was taken, and `npm run restored` began a new
   * lineage.
   */
  restore(): Promise<void>;
}

/** A till that was enrolled once, to begin schedules with. */
export interface PreparedTill {
  readonly id: string;
  readonly name: string;
  readonly disk: DiskImage;
  readonly copy: Bytes;
}

/** An office at the beginning of a schedule, with the tills that stand in it ready. */
export interface OpenedOffice {
  readonly office: Office;
  /** Enrolled, with a PIN, all delivered; none where every till has to be enrolled first. */
  readonly tills: readonly PreparedTill[];
  /** Null where nothing can be done to the server. */
  readonly faults: ServerFaults | null;
}

/** Where schedules are played, one after the other. */
export interface House {
  openOffice(nowMs: () => number): Promise<OpenedOffice>;
  close(): Promise<void>;
}
