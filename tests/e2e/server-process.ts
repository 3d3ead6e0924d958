// A real server of its own data, started and stopped as a shopkeeper's is: by its program and by signals.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

export interface ServerProcess {
  readonly url: string;
  readonly dataDir: string;
  /**
   * Starts the program on its data and waits until it answers; resolves with what it printed so far.
   * `program`: the folder of another version of it.
   */
  start(extraArgs?: readonly string[], program?: string): Promise<string>;
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>;
  /** SIGKILL: nothing is finished, nothing closed. */
  kill(): Promise<void>;
  /** The one-time link printed at the first start. */
  setupLink(): string;
  /** Everything printed since the first start: what a log may not contain is searched here. */
  output(): string;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

/** Prepares a server on a free loopback port; `start` runs it. */
export async function prepareServer(env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> {
  const base = await mkdtemp(join(tmpdir(), "guitai-e2e-"));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  let child: ChildProcess | null = null;
  let printed = "";

  const ended = (process: ChildProcess): Promise<void> =>
    process.exitCode !== null || process.signalCode !== null
      ? Promise.resolve()
      : new Promise((done) => process.once("exit", () => done()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = null;
    if (!running) return;
    running.kill(signal);
    await ended(running);
  };

  return {
    url,
    dataDir: join(base, "data"),
    async start(extraArgs = [], program = root) {
      const started = spawn(process.execPath, ["server/main.ts", ...extraArgs], {
        cwd: program,
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: process.env["HOME"] ?? base,
          PORT: String(port),
          HOST: "127.0.0.1",
          DATA_DIR: join(base, "data"),
          KEY_FILE: join(base, "keys", "master.key"),
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      for (const stream of [started.stdout, started.stderr]) {
        stream.setEncoding("utf8");
        stream.on("data", (text: string) => {
          printed += text;
        });
      }
      await waitUntilReady(url, started, () => printed);
      return printed;
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
    setupLink() {
      const link = printed.match(/http:\/\/\S+#setup=\S+/g)?.at(-1);
      if (!link) throw new Error(`no set-up link was printed:\n${printed}`);
      return link.replace(/^http:\/\/[^/]+/, url);
    },
    output: () => printed,
    async remove() {
      await end("SIGTERM");
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function waitUntilReady(url: string, child: ChildProcess, printed: () => string): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${printed()}`);
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`the server was not ready in time:\n${printed()}`);
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer();
    probe.once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
