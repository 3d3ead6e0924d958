// `npm start`: on a machine with only git and npm, installs, builds what is stale and starts the server.
//   --build-only   stops after the build (`npm run build`)
// Everything else on the command line, and the whole environment, goes to server/main.ts.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { buildPages, installDependencies, pinnedNode, projectEnvironment, rootDir } from "./prepare.mjs";

const major = Number(process.versions.node.split(".")[0]);
if (major < 20) {
  console.error(`Guitai needs Node 20 or later to start; this is ${process.version}.`);
  process.exit(1);
}

const args = process.argv.slice(2);
try {
  await installDependencies();
  const built = await buildPages();
  if (args.includes("--build-only")) {
    console.log(built ? "dist/ is built." : "dist/ is up to date.");
    process.exit(0);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

// A process group of its own: Ctrl-C reaches every program in the shell's group, and a database that hears
// it too stops before the server has finished its last request. The server hears it once, from here.
const server = spawn(pinnedNode, [join(rootDir, "server", "main.ts"), ...args], {
  cwd: rootDir,
  env: projectEnvironment(),
  stdio: "inherit",
  detached: process.platform !== "win32",
});

let asked = false;
/** Passes the wish to stop on, once: a server that hears it twice may give up the request it is finishing. */
function stop(signal) {
  if (asked) return;
  asked = true;
  server.kill(signal);
}
process.on("SIGINT", () => stop("SIGINT"));
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGHUP", () => stop("SIGTERM"));

// npm runs us through a shell, and a SIGTERM sent to npm ends that shell without reaching us. Without this
// look at who our parent is, the server would keep the port and the database after its starter is gone.
if (process.env["npm_lifecycle_event"] !== undefined) {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent) stop("SIGTERM");
  }, 500).unref();
}

server.once("error", (error) => {
  console.error(`The server could not be started: ${error.message}`);
  process.exit(1);
});
server.once("exit", (code, signal) => {
  process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]);
});
