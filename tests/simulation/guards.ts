import type { Guard } from "./guard.ts";
import { GUARDS_OF_SERVER } from "./guards-of-server.ts";
import { GUARDS_OF_TILL } from "./guards-of-till.ts";
import { GUARDS_OF_VAULT } from "./guards-of-vault.ts";

// The guards of the ledger and of the sync, each with what takes it away: one replacement in the text of a
// file. `npm run test:guards` plays schedules without each in turn, and something must turn red. The same by
// hand: `npm run simulate -- --mutate NAME`.

export const GUARDS: readonly Guard[] = [...GUARDS_OF_TILL, ...GUARDS_OF_VAULT, ...GUARDS_OF_SERVER];

/** The guard of that name. Throws when there is none. */
export function guardNamed(name: string): Guard {
  const guard = GUARDS.find((one) => one.name === name);
  if (!guard) throw new Error(`guards: no guard ${name}`);
  return guard;
}

/**
 * The source without the guard. Throws when the guard's text is not there exactly once: a mutation that
 * changes nothing would call a missing guard a guarded one.
 */
export function withoutGuard(guard: Guard, source: string): string {
  const places = source.split(guard.find).length - 1;
  if (places !== 1)
    throw new Error(`guards: ${guard.name}: its text stands ${places} times in ${guard.file}`);
  return source.replace(guard.find, () => guard.replace);
}
