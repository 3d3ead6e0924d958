import { join } from "node:path";
import type { Page } from "playwright-core";
import { build } from "vite";
import type * as queue from "./queue-sales.ts";

declare global {
  var queueing: typeof queue;
}

let script: string | null = null;

/** Gives the page in front the functions of `queue-sales.ts`, as `queueing`. */
export async function bringQueueing(page: Page): Promise<void> {
  script ??= await bundled();
  await page.evaluate(script);
}

async function bundled(): Promise<string> {
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
