/** An answer that may be a refusal. Refusals are part of the signature; only bugs throw. */
export type Result<T, R> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: R };

/** Wraps an accepted answer. */
export function accepted<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** Wraps a refusal. */
export function refused<R>(refusal: R): { readonly ok: false; readonly refusal: R } {
  return { ok: false, refusal };
}

/** Throws when a thing that must hold does not: a bug, never a refusal. `what` names the broken promise. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`assertion: ${what}`);
}

/** Makes a switch exhaustive: a state somebody added and nobody handled does not compile. */
export function assertNever(value: never): never {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
}
