import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Page, SaleListRow, SetupAnswer } from "../../../src/protocol/office-api.ts";
import { HeadlessTill } from "../headless-till.ts";
import { freePort, runServer, type ServerProcess } from "../server-process.ts";
import { cookieOf, OWNER } from "../services.ts";

const folder = mkdtempSync(join(tmpdir(), "guitai-killed-"));
const running: ServerProcess[] = [];
afterAll(async () => {
  for (const server of running) {
    server.kill("SIGTERM");
    await server.exit;
  }
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<{ server: ServerProcess; origin: string; token: string }> {
  const port = await freePort();
  const server = runServer("main.ts", folder, { env: { PORT: String(port) } });
  running.push(server);
  const text = await server.said('"started"');
  return { server, origin: `http://127.0.0.1:${port}`, token: /#setup=([\w-]+)/u.exec(text)?.[1] ?? "" };
}

async function post(origin: string, path: string, body: object): Promise<Response> {
  const headers = { origin, "content-type": "application/json" };
  return await fetch(`${origin}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
}

describe("the server is killed while tills deliver", () => {
  it("I2 I3 I6: what was receipted is there after the restart, the rest arrives once", async () => {
    let now = await start();
    const done = await post(now.origin, "/api/setup", { token: now.token, ...OWNER, language: "en" });
    const { activation } = (await done.json()) as SetupAnswer;
    // A dying server is a broken line to a till: no answer, whatever it was about to say.
    const wire = async (path: string, init: RequestInit): Promise<Response> => {
      try {
        return await fetch(`${now.origin}${path}`, init);
      } catch (fault) {
        if (fault instanceof TypeError) return new Response(null, { status: 503 });
        throw fault;
      }
    };
    const enrolled = await HeadlessTill.enrol(wire, activation.qrText, () => Date.now());
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const till = enrolled.value;
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 40; n++) await till.sellCash(100 * round + n + 1);
      // Small batches, so that the kill falls between some of them; one more is on its way when it comes.
      const killAfter = till.receiptedSeq + 10 + round * 7;
      while (till.receiptedSeq < killAfter) {
        await till.push(till.journal.slice(till.receiptedSeq + 1, till.receiptedSeq + 4));
      }
      const onTheWay = till.pushEntries(
        till.journal.slice(till.receiptedSeq + 1, till.receiptedSeq + 4).map((row) => row.signed),
      );
      now.server.kill("SIGKILL");
      await Promise.all([now.server.exit, onTheWay.catch(() => null)]);
      now = await start();
      const hello = await till.hello();
      expect(hello?.result).toBe("ok");
      expect(hello?.seq).toBeGreaterThanOrEqual(till.receiptedSeq);
    }
    await till.deliver();
    const { email, password } = OWNER;
    const signedIn = await post(now.origin, "/api/auth/sign-in/email", { email, password });
    const headers = { cookie: cookieOf(signedIn) };
    const listed = await fetch(`${now.origin}/api/office/sales?limit=200`, { headers });
    const { rows } = (await listed.json()) as Page<SaleListRow>;
    const sold = till.journal.flatMap((row) => (row.body?.kind === "sale" ? [row.body.totalMinor] : []));
    expect(rows.map((row) => row.amountMinor)).toEqual(sold.toReversed());
    expect(sold).toHaveLength(120);
  }, 180_000);
});
