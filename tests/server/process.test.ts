import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { freshDatabase } from "./database.ts";
import { freePort, runServer } from "./server-process.ts";
import type { ServerProcess } from "./server-process.ts";
import { OWNER, cookieOf } from "./services.ts";

const folders: string[] = [];
const running: ServerProcess[] = [];

afterEach(async () => {
  for (const server of running.splice(0)) {
    server.kill("SIGTERM");
    await server.exit;
  }
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A shop's folder, as after a fresh clone: no data, no keys. */
function shopFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "guitai-process-"));
  folders.push(folder);
  return folder;
}

async function start(
  folder: string,
  env: Record<string, string> = {},
): Promise<{ server: ServerProcess; origin: string; token: string }> {
  const port = await freePort();
  const server = runServer("main.ts", folder, { env: { PORT: String(port), ...env } });
  running.push(server);
  const text = await server.said('"started"');
  return { server, origin: `http://127.0.0.1:${port}`, token: /#setup=([\w-]+)/u.exec(text)?.[1] ?? "" };
}

async function post(origin: string, path: string, body: object, cookie = ""): Promise<Response> {
  const headers = { origin, "content-type": "application/json", cookie };
  return await fetch(`${origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

const newShop = { ...OWNER, language: "zh-CN" };

describe("wrong settings", () => {
  it("are each said in a line; nothing is started or made", async () => {
    const folder = shopFolder();
    const server = runServer("main.ts", folder, { env: { PORT: "0", PUBLIC_URL: "x", KEY_FILE: "data/k" } });
    expect(await server.exit).toBe(2);
    expect(server.text().trim().split("\n")).toHaveLength(3);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });
});

describe("one server a data directory", () => {
  it("a second start on the same data is refused with the pid that holds it, and harms nothing", async () => {
    const folder = shopFolder();
    const first = await start(folder);
    const second = runServer("main.ts", folder, { env: { PORT: String(await freePort()) } });
    expect(await second.exit).toBe(3);
    expect(second.text()).toContain(`process ${first.server.pid} `);
    expect((await fetch(`${first.origin}/readyz`)).status).toBe(200);
  });

  it("a port that is taken is said by name, and the data are let go", async () => {
    const folder = shopFolder();
    const other = await start(shopFolder());
    const second = runServer("main.ts", folder, { env: { PORT: new URL(other.origin).port } });
    expect(await second.exit).toBe(3);
    expect(second.text()).toContain("is taken by another program");
    expect(existsSync(join(folder, "data", "server.lock"))).toBe(false);
    expect(existsSync(join(folder, "data", "postgres", "postmaster.pid"))).toBe(false);
  });
});

describe("DATABASE_URL: a PostgreSQL of one's own", () => {
  it("takes two servers with one key file; a sign-in on one is good on the other", async () => {
    const database = await freshDatabase({ migrated: false });
    const folder = shopFolder();
    const env = { DATABASE_URL: database.url };
    const [first, second] = await Promise.all([start(folder, env), start(folder, env)]);
    const token = second.token;
    const done = await post(second.origin, "/api/setup", { token, ...newShop });
    // The server that greeted last printed the link that is good.
    const other = await post(first.origin, "/api/setup", { token: first.token, ...newShop });
    expect([done.status, other.status].filter((status) => status === 201)).toHaveLength(1);
    const { email, password } = OWNER;
    const signedIn = await post(first.origin, "/api/auth/sign-in/email", { email, password });
    const cookie = cookieOf(signedIn);
    expect((await post(second.origin, "/api/auth/sign-out", {}, cookie)).status).toBe(200);
    const events = await database.db.selectFrom("control.audit_log").select("what").execute();
    expect(events.map((event) => event.what)).toContain("signed-out");
    expect(existsSync(join(folder, "data"))).toBe(false);
    for (const { server } of [first, second]) server.kill("SIGTERM");
    expect(await Promise.all([first.server.exit, second.server.exit])).toEqual([0, 0]);
    await database.close();
  });

  it("with another installation's key file is refused by name, and nothing in it is changed", async () => {
    const database = await freshDatabase();
    const mine = await start(shopFolder(), { DATABASE_URL: database.url });
    mine.server.kill("SIGTERM");
    await mine.server.exit;
    const stranger = shopFolder();
    const other = await start(stranger);
    other.server.kill("SIGTERM");
    await other.server.exit;
    const refused = runServer("main.ts", stranger, { env: { DATABASE_URL: database.url } });
    expect(await refused.exit).toBe(3);
    expect(refused.text()).toContain("another installation's master key");
    await database.close();
  });

  it("that does not answer is said in one line, without its password", async () => {
    const env = { DATABASE_URL: `postgres://guitai:hunter2@127.0.0.1:${await freePort()}/guitai` };
    const refused = runServer("main.ts", shopFolder(), { env });
    expect(await refused.exit).toBe(3);
    expect(refused.text()).toContain("The database does not answer (ECONNREFUSED)");
    expect(refused.text()).not.toContain("hunter2");
  });
});

describe("the server is killed", () => {
  it("I2: its database is left behind; the next start stops the orphan, takes the lock over, and has every row", async () => {
    const folder = shopFolder();
    const first = await start(folder);
    const done = await post(first.origin, "/api/setup", { token: first.token, ...newShop });
    expect(done.status).toBe(201);
    const orphan = postmasterPid(folder);
    first.server.kill("SIGKILL");
    await first.server.exit;
    expect(isAlive(orphan)).toBe(true);
    const second = await start(folder);
    expect(second.server.text()).toContain(`"database-orphan-stopped","pid":${orphan}`);
    expect(second.token).toBe("");
    expect(await (await fetch(`${second.origin}/api/setup/state`)).json()).toEqual({ open: false });
    const { email, password } = OWNER;
    expect((await post(second.origin, "/api/auth/sign-in/email", { email, password })).status).toBe(200);
  });
});

describe("the database ends on its own", () => {
  it("the server says so and ends with code 1, instead of answering without books", async () => {
    const folder = shopFolder();
    const { server } = await start(folder);
    process.kill(postmasterPid(folder), "SIGKILL");
    expect(await server.exit).toBe(1);
    expect(server.text()).toContain('"reason":"database-ended"');
    expect(existsSync(join(folder, "data", "server.lock"))).toBe(false);
  });
});

describe("SIGTERM and Ctrl-C", () => {
  it.each(["SIGTERM", "SIGINT"] as const)(
    "%s: a running request is finished, then the database is closed and the exit code is 0",
    async (signal) => {
      const folder = shopFolder();
      const { server, origin } = await start(folder);
      const answer = new Promise<number>((resolve, reject) => {
        const sending = request(`${origin}/api/owner-link`, {
          method: "POST",
          headers: { origin, "content-type": "application/json", expect: "100-continue" },
        });
        sending.once("error", reject);
        sending.once("response", (response) => resolve(response.statusCode ?? 0));
        // The server has the request in hand now: told to stop in the middle of it, it must answer.
        sending.once("continue", () => {
          server.kill(signal);
          server.kill(signal);
          void server
            .said('"stopping"')
            .then(() => sending.end(JSON.stringify({ token: "x".repeat(43) })), reject);
        });
        sending.flushHeaders();
      });
      expect(await answer).toBe(403);
      expect(await server.exit).toBe(0);
      expect(server.text()).toContain('"stopped"');
      expect(server.text()).not.toContain("requests-cut-off");
      expect(existsSync(join(folder, "data", "postgres", "postmaster.pid"))).toBe(false);
      expect(existsSync(join(folder, "data", "server.lock"))).toBe(false);
    },
  );

  it("a new start before set-up prints a fresh link, and the old one is dead", async () => {
    const folder = shopFolder();
    const first = await start(folder);
    first.server.kill("SIGTERM");
    await first.server.exit;
    const second = await start(folder);
    expect(second.token).not.toBe(first.token);
    expect((await post(second.origin, "/api/setup", { token: first.token, ...newShop })).status).toBe(403);
    expect((await post(second.origin, "/api/setup", { token: second.token, ...newShop })).status).toBe(201);
  });
});

describe("beside the running server", () => {
  it("owner-link prints a link that signs in once, while the server runs and when it is stopped", async () => {
    const folder = shopFolder();
    const { server, origin, token } = await start(folder);
    await post(origin, "/api/setup", { token, ...newShop });
    const link = runServer("owner-link.ts", folder);
    expect(await link.exit).toBe(0);
    const linkToken = /#owner-link=([\w-]+)/u.exec(link.text())?.[1] ?? "";
    const used = await post(origin, "/api/owner-link", { token: linkToken });
    expect([used.status, cookieOf(used) !== ""]).toEqual([200, true]);
    expect((await post(origin, "/api/owner-link", { token: linkToken })).status).toBe(403);
    server.kill("SIGTERM");
    await server.exit;
    const later = runServer("owner-link.ts", folder);
    expect(await later.exit).toBe(0);
    expect(existsSync(join(folder, "data", "server.lock"))).toBe(false);
  });

  it("owner-link before the first start says so in a line, and makes no database", async () => {
    const folder = shopFolder();
    const early = runServer("owner-link.ts", folder);
    expect(await early.exit).toBe(3);
    expect(early.text().trim().split("\n")).toHaveLength(1);
    expect(existsSync(join(folder, "data"))).toBe(false);
    const database = await freshDatabase({ migrated: false });
    const empty = runServer("owner-link.ts", folder, { env: { DATABASE_URL: database.url } });
    expect(await empty.exit).toBe(3);
    expect(empty.text()).toContain("There is no owner yet");
    await database.close();
  });

  it("a lost key file stops the start; the printed recovery key makes it again, and the same owner signs in", async () => {
    const folder = shopFolder();
    const first = await start(folder);
    const done = await post(first.origin, "/api/setup", { token: first.token, ...newShop });
    const { recoveryKey } = (await done.json()) as { recoveryKey: string };
    first.server.kill("SIGTERM");
    await first.server.exit;
    const keyFile = join(folder, "keys", "master.key");
    const kept = readFileSync(keyFile, "utf8");
    renameSync(keyFile, `${keyFile}.lost`);
    const refused = runServer("main.ts", folder, { env: { PORT: String(await freePort()) } });
    expect(await refused.exit).toBe(3);
    expect(refused.text()).toContain("npm run recover-key");
    expect(existsSync(keyFile)).toBe(false);
    const mistyped = runServer("recover-key.ts", folder, { input: `${recoveryKey.slice(0, -1)}\n` });
    expect(await mistyped.exit).toBe(3);
    const recovered = runServer("recover-key.ts", folder, { input: `${recoveryKey.toLowerCase()}\n` });
    expect(await recovered.exit).toBe(0);
    expect(readFileSync(keyFile, "utf8")).toBe(kept);
    expect(statSync(keyFile).mode & 0o777).toBe(0o600);
    const again = await start(folder);
    const { email, password } = OWNER;
    expect((await post(again.origin, "/api/auth/sign-in/email", { email, password })).status).toBe(200);
  });
});

function postmasterPid(folder: string): number {
  return Number(readFileSync(join(folder, "data", "postgres", "postmaster.pid"), "utf8").split("\n")[0]);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (fault) {
    return (fault as NodeJS.ErrnoException).code === "EPERM";
  }
}
