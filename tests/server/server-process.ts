import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..");
const lineLimitMs = 45_000;

export interface ServerProcess {
  readonly pid: number;
  /** Everything written so far, both streams. */
  text(): string;
  /** Resolves with the output when it holds `part`; rejects when the process ends without it. */
  said(part: string): Promise<string>;
  /** Exit code, or the signal's name. */
  readonly exit: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

/** Runs one of the server's programs in `cwd`, as npm's scripts do. */
export function runServer(
  program: "main.ts" | "owner-link.ts" | "recover-key.ts" | "restored.ts" | "rebuild-books.ts",
  cwd: string,
  { env = {}, args = [], input }: { env?: Record<string, string>; args?: string[]; input?: string } = {},
): ServerProcess {
  const child = spawn(process.execPath, [join(root, "server", program), ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOST: "127.0.0.1", ...env },
  });
  let text = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      for (const look of waiting) look();
    });
  }
  child.stdin.end(input ?? "");
  const exit = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
  return {
    pid: child.pid ?? -1,
    text: () => text,
    exit,
    kill: (signal) => void child.kill(signal),
    said: (part) =>
      new Promise((resolve, reject) => {
        const fail = (why: string): void => {
          waiting.delete(look);
          clearTimeout(limit);
          reject(new Error(`${why} without «${part}»:\n${text}`));
        };
        const limit = setTimeout(() => fail("time over"), lineLimitMs);
        const look = (): void => {
          if (!text.includes(part)) return;
          waiting.delete(look);
          clearTimeout(limit);
          resolve(text);
        };
        waiting.add(look);
        look();
        void exit.then(() => {
          if (waiting.has(look)) fail("ended");
        });
      }),
  };
}

/** A port nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
