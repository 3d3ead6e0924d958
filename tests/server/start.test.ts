import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// `npm start` on a checkout of its own: the real start script, build and packages; pages and server are
// stand-ins.

const root = join(import.meta.dirname, "..", "..");
let checkout = "";

/**
 * Says its arguments, then how often it was asked to stop, and leaves with a code that nothing else would
 * give.
 */
const standInServer = `
let asked = 0;
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.on(signal, () => {
    asked += 1;
    if (asked === 1) setTimeout(() => { console.log(signal, "heard", asked); process.exit(7); }, 300);
  });
}
setInterval(() => {}, 1000);
console.log("serving", process.argv.slice(2).join(" "), process.env.PORT);
`;

beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "guitai-start-"));
  const kept = ["package.json", "package-lock.json", "vite.config.ts", "manifest.webmanifest"];
  for (const name of [...kept, "index.html", "office.html"])
    copyFileSync(join(root, name), join(checkout, name));
  cpSync(join(root, "public"), join(checkout, "public"), { recursive: true });
  const written: Record<string, string> = {
    "src/till/main.tsx": 'document.body.textContent = "till";\n',
    "src/office/main.tsx": 'document.body.textContent = "office";\n',
    "workers/service-worker.ts": "console.log(self.__WB_MANIFEST);\n",
    "server/main.ts": standInServer,
  };
  for (const folder of ["src/till", "src/office", "workers", "server"]) {
    mkdirSync(join(checkout, folder), { recursive: true });
  }
  for (const [path, content] of Object.entries(written)) writeFileSync(join(checkout, path), content);
  for (const name of ["start.mjs", "prepare.mjs"]) {
    copyFileSync(join(root, "server", name), join(checkout, "server", name));
  }
  mkdirSync(join(checkout, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    symlinkSync(join(root, "node_modules", name), join(checkout, "node_modules", name));
  }
  // The stamp is written, so it must not be a way into the real one.
  rmSync(join(checkout, "node_modules", ".guitai-installed"), { force: true });
});

afterAll(() => {
  rmSync(checkout, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Settles when the output holds `words`; fails when the program ends without them. */
  readonly says: (words: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const { npm_lifecycle_event: _ofTheTestRun, ...clean } = process.env;
  const child = spawn(process.execPath, [join(checkout, "server", "start.mjs"), ...args], {
    env: { ...clean, ...env },
    detached: true,
  });
  let output = "";
  const heard = new Set<() => void>();
  const add = (chunk: Buffer): void => {
    output += chunk.toString();
    for (const look of heard) look();
  };
  child.stdout.on("data", add);
  child.stderr.on("data", add);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = async (words: string): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (output.includes(words)) resolve();
      };
      heard.add(look);
      look();
      void ended.then(() => reject(new Error(`ended without «${words}»:\n${output}`)));
    });
  };
  return { child, output: () => output, says, ended };
}

describe("npm start", () => {
  it("two starts at once build the pages once, and both find them", async () => {
    const both = [start(["--build-only"]), start(["--build-only"])];
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([0, 0]);
    const said = both.map(({ output }) => output()).join("");
    expect(said.match(/Building the pages/gu)).toHaveLength(1);
    expect(said).not.toContain("Installing");
    expect(existsSync(join(checkout, "dist", "index.html"))).toBe(true);
    expect(existsSync(join(checkout, "dist", "service-worker.js"))).toBe(true);
  });

  it("builds again exactly when a source has changed", async () => {
    const same = start(["--build-only"]);
    expect(await same.ended).toBe(0);
    expect(same.output()).toContain("up to date");
    writeFileSync(join(checkout, "src/till/main.tsx"), 'document.body.textContent = "till, mended";\n');
    const changed = start(["--build-only"]);
    expect(await changed.ended).toBe(0);
    expect(changed.output()).toContain("dist/ is built");
  });

  it("leaves the old pages in place when a build fails", async () => {
    const source = join(checkout, "src/till/main.tsx");
    const [good, page] = [readFileSync(source), readFileSync(join(checkout, "dist/index.html"))];
    writeFileSync(source, "this is no program\n");
    const broken = start([]);
    expect(await broken.ended).toBe(1);
    expect(broken.output()).toContain("the build failed");
    expect(readFileSync(join(checkout, "dist/index.html"))).toEqual(page);
    writeFileSync(source, good);
  });

  it("keeps only the till for when the network is down: nothing of the office is in the precache", () => {
    const worker = readFileSync(join(checkout, "dist/service-worker.js"), "utf8");
    const assets = readdirSync(join(checkout, "dist/assets")).filter((name) => !name.endsWith(".map"));
    const office = assets.filter((name) => name.startsWith("office"));
    expect(office).not.toHaveLength(0);
    expect(office.filter((name) => worker.includes(name))).toEqual([]);
    expect(assets.filter((name) => !worker.includes(name))).toEqual(office);
    expect(worker).toContain('"index.html"');
    expect(worker).not.toContain("office.html");
    expect(worker).not.toContain('.map"');
  });

  it("hands arguments, environment and exit code through", async () => {
    const run = start(["--demo"], { PORT: "18199" });
    await run.says("serving --demo 18199");
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(7);
    expect(run.output()).toContain("SIGTERM heard 1");
  });

  it("lets the server hear a Ctrl-C once, however often and to however many it is sent", async () => {
    const run = start([]);
    await run.says("serving");
    // What a shell does: the signal goes to every process in the group.
    process.kill(-(run.child.pid ?? 0), "SIGINT");
    process.kill(-(run.child.pid ?? 0), "SIGTERM");
    expect(await run.ended).toBe(7);
    // Which of two signals that wait together comes first is the kernel's affair; that one is heard is ours.
    expect(run.output()).toMatch(/SIG(?:INT|TERM) heard 1/u);
    expect(run.output().match(/ heard /gu)).toHaveLength(1);
  });
});
