import { toHex } from "#protocol/bytes.ts";
import type { FeedChange } from "#protocol/feed.ts";

/** What a change is about: a later one of the same takes its place. */
export function keyOf(change: FeedChange): string {
  switch (change.type) {
    case "code":
    case "lease":
    case "lease-wanted":
    case "claim-released":
    case "revoked":
    case "spent":
      return `${change.type}:${toHex(change.cti)}`;
    case "operator":
      return `operator:${toHex(change.operator)}`;
    case "lost-to":
    case "loss":
      return `${change.type}:${change.epoch}:${change.seq}`;
    case "site-key":
      return `site-key:${change.keyEpoch}`;
    case "policy":
    case "outage-policy":
    case "shop":
    case "keyset":
    case "till-state":
      return change.type;
  }
}
