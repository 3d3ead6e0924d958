import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestServer } from "./services.ts";
import { signedInOwner, testServer } from "./services.ts";
import { freePort, runServer, type ServerProcess } from "./server-process.ts";
import { HeadlessTill, type Wire } from "../../server/demo/headless-till.ts";
import { openConnection } from "../../server/db/connection.ts";
import { runningClusterUrl } from "../../server/db/embedded/cluster.ts";
import { silentLog } from "./database.ts";
import { cookieOf, OWNER } from "./services.ts";
import type { AuditRow, Page, TodayAnswer } from "../../src/protocol/office-api.ts";
import { shortId } from "../../src/protocol/ids.ts";
import { toHex } from "../../src/protocol/bytes.ts";

describe("the commands beside the server that make the books right again", () => {
  let server: TestServer;
  let merchant: string;
  const folder = mkdtempSync(join(tmpdir(), "books-commands-"));
  beforeAll(async () => {
    server = await testServer();
    merchant = shortId((await signedInOwner(server)).merchantId);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function run(
    program: "restored.ts" | "rebuild-books.ts",
    args: string[] = [],
  ): Promise<{ readonly code: number | string; readonly text: string }> {
    const env = { DATABASE_URL: server.databaseUrl, KEY_FILE: server.services.config.keyFile };
    const child = runServer(program, folder, { env, args });
    const code = await child.exit;
    return { code, text: child.text() };
  }

  it("rebuild-books says what it made and what differed; a shop that is not there is said", async () => {
    const done = await run("rebuild-books.ts", ["--merchant", merchant]);
    expect(done).toMatchObject({ code: 0 });
    expect(done.text).toContain(`${merchant} 林记杂货: 0 sales`);
    expect(done.text).toContain("no difference");
    expect(await run("rebuild-books.ts", ["--merchant", "0123456789AB"])).toMatchObject({ code: 3 });
    expect(await run("rebuild-books.ts", ["--shop"])).toMatchObject({ code: 2 });
  });

  it("§2: restored is refused while a server runs, which would go on under the old lineage", async () => {
    const { db } = server.services;
    const lineage = async (): Promise<string> =>
      toHex((await db.selectFrom("control.instance").select("lineage").executeTakeFirstOrThrow()).lineage);
    const before = await lineage();
    const done = await run("restored.ts");
    expect(done).toMatchObject({ code: 3 });
    expect(done.text).toContain("Stop it first");
    expect(await lineage()).toBe(before);
  });
});

describe("a data directory is put back from a copy, and the commands make it whole", () => {
  const folder = mkdtempSync(join(tmpdir(), "books-restored-"));
  const data = join(folder, "data");
  const copy = join(folder, "copy");
  let running: { server: ServerProcess; origin: string; token: string };
  let cookie = "";
  // With its owners: the database refuses a directory that is not its own.
  const copyAll = (from: string, to: string): void => void execFileSync("cp", ["-a", from, to]);

  async function start(): Promise<typeof running> {
    const port = await freePort();
    const server = runServer("main.ts", folder, { env: { PORT: String(port) } });
    const text = await server.said('"started"');
    const token = /#setup=([\w-]+)/u.exec(text)?.[1] ?? "";
    return { server, origin: `http://127.0.0.1:${port}`, token };
  }
  async function stop(): Promise<void> {
    running.server.kill("SIGTERM");
    expect(await running.server.exit).toBe(0);
  }
  afterAll(async () => {
    running.server.kill("SIGTERM");
    await running.server.exit;
    rmSync(folder, { recursive: true, force: true });
  });
  const wire: Wire = (path, init) => fetch(`${running.origin}${path}`, init);
  async function post(path: string, body: object): Promise<Response> {
    const headers = { origin: running.origin, "content-type": "application/json", cookie };
    return await wire(path, { method: "POST", headers, body: JSON.stringify(body) });
  }
  const ask = async <T>(path: string): Promise<T> =>
    (await (await wire(path, { headers: { cookie } })).json()) as T;
  async function command(program: "restored.ts" | "rebuild-books.ts"): Promise<string> {
    const child = runServer(program, folder);
    expect([await child.exit, child.text()]).toEqual([0, expect.any(String)]);
    return child.text();
  }

  it("I2 §2: npm run restored, then the till sends again what the copy lacked; rebuild-books finds a lost row", async () => {
    running = await start();
    const done = await post("/api/setup", { token: running.token, ...OWNER, language: "zh-CN" });
    cookie = cookieOf(done);
    const { tillId } = (await done.json()) as { tillId: string };
    const { qrText } = (await (await post(`/api/office/tills/${tillId}/activation`, {})).json()) as {
      qrText: string;
    };
    const enrolled = await HeadlessTill.enrol(wire, qrText, () => Date.now());
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const till = enrolled.value;
    await till.sellCash(100);
    await till.deliver();
    await stop();
    copyAll(data, copy);
    running = await start();
    await till.sellCash(200);
    await till.deliver();
    await stop();
    rmSync(data, { recursive: true });
    copyAll(copy, data);
    expect(await command("restored.ts")).toContain("A new lineage has begun for 1 shop(s)");
    running = await start();
    const today = (): Promise<TodayAnswer> => ask<TodayAnswer>("/api/office/today");
    expect(await today()).toMatchObject({ count: 1, totalMinor: 100 });
    const before = toHex(till.lineage);
    expect(await till.hello()).toMatchObject({ result: "ok", seq: 1 });
    expect(toHex(till.lineage)).not.toBe(before);
    await till.deliver();
    expect(await today()).toMatchObject({ count: 2, totalMinor: 300 });
    // Somebody's hand in the tables: what the office shows is made again from what was signed.
    const connection = openConnection(runningClusterUrl(data) ?? "", silentLog, 1);
    await connection.db.deleteFrom("books.sales").where("total_minor", "=", 200).execute();
    await connection.close();
    expect(await today()).toMatchObject({ count: 1 });
    const said = await command("rebuild-books.ts");
    expect(said).toContain("2 sales");
    expect(said).toContain("  sales: +1 -0");
    expect(await today()).toMatchObject({ count: 2, totalMinor: 300 });
    expect(await command("rebuild-books.ts")).toContain("no difference");
    const { rows } = await ask<Page<AuditRow>>("/api/office/audit");
    const told = rows.map((row) => row.what);
    expect(told.filter((what) => what === "server-restored")).toHaveLength(1);
    expect(told.filter((what) => what === "books-rebuilt")).toHaveLength(2);
  });
});
