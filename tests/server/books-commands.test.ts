import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestServer } from "./services.ts";
import { signedInOwner, testServer } from "./services.ts";
import { runServer } from "./server-process.ts";
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
