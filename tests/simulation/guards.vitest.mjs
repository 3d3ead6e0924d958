import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import everyTest from "../../vitest.config.ts";
import { guardNamed, withoutGuard } from "./guards.ts";

// The ordinary tests, with one guard taken away: GUITAI_WITHOUT_GUARD names it; empty, all of them stand.

const root = fileURLToPath(new URL("../../", import.meta.url));
const name = process.env["GUITAI_WITHOUT_GUARD"] ?? "";

function takenAway() {
  if (name === "") return [];
  const guard = guardNamed(name);
  const file = `${root}${guard.file}`;
  return [
    {
      name: "guard-taken-away",
      enforce: "pre",
      load: (id) => (id === file ? withoutGuard(guard, readFileSync(file, "utf8")) : null),
    },
  ];
}

export default { ...everyTest, root, plugins: takenAway() };
