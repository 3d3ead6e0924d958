import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { guardNamed, withoutGuard } from "./guards.ts";

/**
 * Loads the guard's file without it, in this process, from now on. Throws when there is no such guard, and
 * when its file is loaded and the text is not there exactly once.
 */
export function takeGuardAway(name: string): void {
  const guard = guardNamed(name);
  const file = fileURLToPath(new URL(`../../${guard.file}`, import.meta.url));
  let isGone = false;
  registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!url.startsWith("file:") || fileURLToPath(url) !== file) return loaded;
      const source = loaded.source === undefined || loaded.source === null ? "" : textOf(loaded.source);
      const mutated = withoutGuard(guard, source);
      isGone = true;
      return { ...loaded, source: mutated };
    },
  });
  process.on("exit", () => {
    if (!isGone) console.error(`guards: ${name}: ${guard.file} was never loaded`);
  });
}

function textOf(source: string | ArrayBuffer | NodeJS.TypedArray): string {
  return typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString("utf8");
}
