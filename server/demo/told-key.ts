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
    case "secret":
    case "secret-withdrawn":
      return `${change.type}:${toHex(change.subject)}:${change.version}`;
    case "unlocked":
      return `unlocked:${toHex(change.id)}`;
    case "method-policy":
      return `method-policy:${change.method}`;
    case "unlock-key":
    case "vault-level":
    case "vault-lease":
    case "policy":
    case "outage-policy":
    case "shop":
    case "keyset":
    case "till-state":
      return change.type;
  }
}
