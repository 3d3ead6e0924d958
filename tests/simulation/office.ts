import type { Argon2 } from "#engine/vault/pin-desk.ts";

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
  /** Hex id of the till that holds the lease. */
  readonly till: string;
}

/** What stands in the server's books at the end, read past all caches. Ids are hex. */
export interface OfficeBooks {
  readonly entries: readonly BookedEntry[];
  readonly quarantined: ReadonlySet<string>;
  /** Sum of all booked sales of a till. */
  readonly salesMinor: ReadonlyMap<string, number>;
  readonly claims: ReadonlyMap<string, { readonly till: string; readonly seq: number }>;
  readonly losses: readonly { readonly till: string; readonly seq: number; readonly lossMinor: number }[];
  /** Tills whose journal was found forked or damaged. */
  readonly found: ReadonlySet<string>;
}

export interface BookedEntry {
  readonly till: string;
  readonly seq: number;
  readonly hash: string;
  /** Order of arrival within the shop. */
  readonly arrival: number;
}

/** One shop and its server, as a schedule needs them: made of protocol functions, or the real one. */
export interface Office {
  readonly argon2: Argon2;
  send(path: string, init: RequestInit): Promise<Response>;
  expectTill(name: string): Promise<{ readonly id: string; readonly activation: string }>;
  /** Null when the office may not issue it now. */
  issue(order: CodeOrder): Promise<OfficeCode | null>;
  revokeCode(cti: string): Promise<void>;
  savePolicy(validDays: number): Promise<void>;
  revokeTill(id: string): Promise<void>;
  /** The server's process ends and begins anew: what it held in memory is gone. */
  restart(): Promise<void>;
  /** The highest seq that is stored of a till; −1 for none. */
  headSeq(id: string): Promise<number>;
  books(): Promise<OfficeBooks>;
}

export type OpenOffice = (nowMs: () => number) => Promise<Office>;
