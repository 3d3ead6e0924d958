import { join } from "node:path";
import { build } from "vite";
import type * as queue from "./queue-sales.ts";

declare global {
  var queueing: typeof queue;
}

/**
 * A script that gives a page the functions of `queue-sales.ts`, as `queueing`; evaluated by the debugger,
 * whom the till's policy does not bind.
 */
export async function queueingScript(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "error",
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, "queue-sales.ts"), formats: ["iife"], name: "queueing" },
    },
  });
  const [first] = Array.isArray(built) ? built : [built];
  const chunk = first && "output" in first ? first.output[0] : undefined;
  if (chunk === undefined) throw new Error("the script for the tablet could not be built");
  return `${chunk.code}\nglobalThis.queueing = queueing; undefined;`;
}
