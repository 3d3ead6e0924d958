import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { GUARDS } from "./guards.ts";

/**
 * Loads the guard's file without it, in this process, from now on. Throws when there is no such guard, and when
 * its file is loaded and the text is not there exactly once: a mutation that changes nothing would call a
 * missing guard a guarded one.
 */
export function takeGuardAway(name: string): void {
  const guard = GUARDS.find((one) => one.name === name);
  if (!guard) throw new Error(`simulation: no guard ${name}`);
  const file = fileURLToPath(new URL(`../../${guard.file}`, import.meta.url));
  let isGone = false;
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== file) return loaded;
      const source = loaded.source === undefined || loaded.source === null ? "" : textOf(loaded.source);
      const places = source.split(guard.find).length - 1;
      if (places !== 1)
        throw new Error(`simulation: guard ${name}: its text stands ${places} times in ${guard.file}`);
      isGone = true;
      return { ...loaded, source: source.replace(guard.find, () => guard.replace) };
    },
  });
  process.on("exit", () => {
    if (!isGone) console.error(`simulation: guard ${name}: ${guard.file} was never loaded`);
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString("utf8");
}
