// Token buckets: so many tries at once, then one every while. In memory, so each process counts for itself,
// and a restart forgets; what must never be given back (a PIN's tries) is counted in the database elsewhere.

export interface RateLimit {
  /** 0 when the try may be made (and it is then counted), else how long to wait. */
  takeMs(key: string): number;
  /** Gives back the try just made, and no other: it was none of those that are counted. */
  giveBack(key: string): void;
  /** Forgets a key: after success the earlier slips no longer count. */
  forget(key: string): void;
}

export interface RateLimitRule {
  /** Tries at once. */
  readonly burst: number;
  /** One more try each so many ms. */
  readonly everyMs: number;
  /** Keys kept; the one used longest ago goes first. */
  readonly mostKeys: number;
}

/** @param nowMs a clock that never goes back */
export function rateLimit(rule: RateLimitRule, nowMs: () => number): RateLimit {
  /** When the bucket will be full again. Order of insertion is order of use. */
  const fullAt = new Map<string, number>();
  return {
    takeMs: (key) => {
      const now = nowMs();
      const full = Math.max(fullAt.get(key) ?? now, now);
      const waitMs = full + rule.everyMs - now - rule.burst * rule.everyMs;
      fullAt.delete(key);
      fullAt.set(key, waitMs > 0 ? full : full + rule.everyMs);
      if (fullAt.size > rule.mostKeys) fullAt.delete(fullAt.keys().next().value ?? key);
      return Math.max(0, Math.ceil(waitMs));
    },
    giveBack: (key) => {
      const full = fullAt.get(key);
      if (full !== undefined) fullAt.set(key, full - rule.everyMs);
    },
    forget: (key) => {
      fullAt.delete(key);
    },
  };
}

/** What an address counts as: IPv4 alone, IPv6 by its /64, which is what one household or attacker holds. */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/u, "").toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/u.exec(bare)?.[1];
  if (mapped !== undefined) return mapped;
  if (!bare.includes(":")) return bare;
  const [head = "", tail] = bare.split("::");
  const groups = head === "" ? [] : head.split(":");
  if (tail !== undefined) {
    const last = tail === "" ? [] : tail.split(":");
    while (groups.length + last.length < 8) groups.push("0");
    groups.push(...last);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
