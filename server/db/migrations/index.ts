import type { Kysely } from "kysely";
import * as control from "./0001-control.ts";
import * as books from "./0002-books.ts";
import * as ownerLinkSignIns from "./0003-owner-link-sign-ins.ts";
import * as lineageAndLosses from "./0004-lineage-and-losses.ts";
import * as claimedAt from "./0005-claimed-at.ts";
import * as feedEnds from "./0006-feed-ends.ts";
import * as codesAtSeveralTills from "./0010-codes-at-several-tills.ts";
import * as parcels from "./0020-parcels.ts";
import * as tillHealth from "./0030-till-health.ts";
import * as secrets from "./0040-secrets.ts";

export interface Migration {
  /** `0001-kebab-name`: order and identity. Never renamed once released. */
  readonly name: string;
  up(tx: Kysely<unknown>): Promise<void>;
}

/** Every migration, in order. A new one is added at the end. */
export const migrations: readonly Migration[] = [
  { name: "0001-control", up: control.up },
  { name: "0002-books", up: books.up },
  { name: "0003-owner-link-sign-ins", up: ownerLinkSignIns.up },
  { name: "0004-lineage-and-losses", up: lineageAndLosses.up },
  { name: "0005-claimed-at", up: claimedAt.up },
  { name: "0006-feed-ends", up: feedEnds.up },
  { name: "0010-codes-at-several-tills", up: codesAtSeveralTills.up },
  { name: "0020-parcels", up: parcels.up },
  { name: "0030-till-health", up: tillHealth.up },
  { name: "0040-secrets", up: secrets.up },
];
