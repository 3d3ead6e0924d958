// Runs one of the checkout's own scripts on the pinned Node, on a machine whose own Node may not read
// TypeScript:
//   node server/run-script.mjs bench/main.ts list --json
import { installDependencies, pinnedNode, run } from "./prepare.mjs";

const [script, ...args] = process.argv.slice(2);
if (script === undefined) {
  console.error("Which script? For example: node server/run-script.mjs bench/main.ts list --json");
  process.exit(2);
}
try {
  await installDependencies();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
// Ctrl-C reaches the script by itself; ending first would take the prompt back while it still cleans up.
process.on("SIGINT", () => undefined);
process.exit(await run(pinnedNode, [script, ...args]));
