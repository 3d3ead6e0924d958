import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFailed } from "vitest";
import type { Tablet } from "./tablet.ts";

/** When the running test fails: a picture of every screen, as it stood, in the folder that is printed. */
export function pictureOnFailure(tablets: Readonly<Record<string, Tablet>>): void {
  onTestFailed(async ({ task }) => {
    const folder = join(tmpdir(), "guitai-failures", task.id);
    mkdirSync(folder, { recursive: true });
    for (const [name, tablet] of Object.entries(tablets)) {
      const path = join(folder, `${name}.png`);
      try {
        await tablet.page().screenshot({ path, timeout: 5000 });
        console.error(`picture of ${name}: ${path}`);
      } catch (cause) {
        console.error(`no picture of ${name}: ${cause instanceof Error ? cause.message : String(cause)}`);
      }
    }
  });
}
