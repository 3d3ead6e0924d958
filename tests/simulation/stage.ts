import type { WorldClock } from "../engine/tablet.ts";
import type { Chance } from "./chance.ts";
import type { CounterHands } from "./counter-hands.ts";
import type { Office, OfficeCode, OpenedOffice } from "./office.ts";

/** A code that was handed out, and to which till. */
export interface HandedCode extends OfficeCode {
  readonly kind: "exact" | "up-to";
  /** Hex id of the till that holds its lease; null: nobody's. */
  readonly till: string | null;
}

/** One schedule under way, as its steps see it. */
export interface Stage {
  readonly chance: Chance;
  readonly world: WorldClock;
  readonly opened: OpenedOffice;
  readonly tills: readonly CounterHands[];
  readonly codes: readonly HandedCode[];
  /** Codes that two tills may take by no fault of a program. */
  readonly strayed: Set<string>;
  /** The office issues a code, leased to this till (hex) or to nobody. */
  issue(till: string | null): Promise<void>;
  /** For whoever reads the steps of a schedule. */
  note(line: string): void;
  /** The office does something; null when its server died over it: nobody knows whether it came to pass. */
  inOffice<T>(work: (office: Office) => Promise<T>): Promise<T | null>;
}

/** An invariant that does not hold after a step. */
export class Broken extends Error {}
