import type { OutagePolicy } from "#domain/outage-policy.ts";
import { BenchTill } from "./bench-till.ts";
import type { HandedCode } from "./handed-code.ts";

/** Two tills of one shop. */
export interface TwoTills {
  readonly one: BenchTill;
  readonly two: BenchTill;
}

export async function twoTills(): Promise<TwoTills> {
  const one = await BenchTill.ready({ name: "1号机" });
  const two = await BenchTill.ready({ server: one.server, world: one.world, name: "2号机" });
  await one.deliver();
  return { one, two };
}

/** A code nobody has leased, in both tills' lists. */
export async function freeCode(
  { one, two }: TwoTills,
  wish: { readonly amountMinor?: number; readonly password?: string } = {},
): Promise<HandedCode> {
  const code = await one.server.issue({ lease: null, ...wish });
  await one.deliver();
  await two.deliver();
  return code;
}

/** The owner's rules reach every till. */
export async function setOutagePolicy(tills: readonly BenchTill[], policy: OutagePolicy): Promise<void> {
  tills[0]?.server.publish({ type: "outage-policy", policy });
  for (const till of tills) await till.deliver();
}

/** The tablet itself says whether there is a network. */
export function sayOnLine(till: BenchTill, onLine: boolean): Promise<void> {
  return till.engine.pageFacts({ onLine, persisted: false, freeBytes: null });
}

/** Kinds of the journal's entries about codes, in order. */
export async function codeKinds(till: BenchTill): Promise<readonly string[]> {
  const kinds = (await till.bodies()).map((body) => body.kind);
  return kinds.filter((kind) =>
    ["claim", "claim-dropped", "lease-released", "sale", "refusal"].includes(kind),
  );
}

/** Every claim in the journal ended in its sale or its drop, or stands in the table of open ones. */
export async function claimsAddUp(till: BenchTill): Promise<boolean> {
  const open = new Set<string>();
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  for (const body of await till.bodies()) {
    if (body.kind === "claim") open.add(hex(body.cti));
    if (body.kind === "claim-dropped") open.delete(hex(body.cti));
    if (body.kind === "sale") {
      for (const tender of body.tenders) if (tender.method === "payment-code") open.delete(hex(tender.cti));
    }
  }
  const kept = (await till.db.claims.toArray()).map((row) => row.cti);
  return JSON.stringify([...open].toSorted()) === JSON.stringify(kept.toSorted());
}
