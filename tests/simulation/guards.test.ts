import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { GUARDS, withoutGuard } from "./guards.ts";

const root = new URL("../../", import.meta.url);

/** The text of a file of the checkout. */
function textOf(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, root)), "utf8");
}

describe("the guards that `npm run test:guards` takes away", () => {
  it.each(GUARDS)("$name stands once where it is looked for", (guard) => {
    const source = textOf(guard.file);
    expect(withoutGuard(guard, source)).not.toBe(source);
  });

  it("each has a name of its own", () => {
    expect(new Set(GUARDS.map(({ name }) => name)).size).toBe(GUARDS.length);
  });

  it.each(GUARDS.flatMap(({ name, test }) => (test ? [{ name, ...test }] : [])))(
    "$name is missed by a test that is there",
    ({ file, title }) => {
      expect(textOf(file)).toContain(title);
    },
  );
});
