import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSetUp } from "../../../server/accounts/set-up.ts";
import { SIGN_IN_TRIES } from "../../../server/accounts/routes.ts";
import type { IssuedCode, Me, TillRow } from "../../../src/protocol/office-api.ts";
import { openShop, wishFor, type Shop } from "../headless-till.ts";
import { cookieOf, ORIGIN, OWNER, testServer, type TestServer } from "../services.ts";

describe("names and ids as people and machines really send them", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  it("G1: a shop's name typed in decomposed letters sets the shop up, in composed ones", async () => {
    const server = await testServer();
    const token = await openSetUp(server.services.db);
    const shopName = "Cafe\u0301 Ph\u01a1\u0309".normalize("NFD");
    const done = await server.send("POST", "/api/setup", { token, ...OWNER, shopName, language: "en" });
    expect(done.status).toBe(201);
    const me = await server.send("GET", "/api/office/me", undefined, { cookie: cookieOf(done) });
    expect(((await me.json()) as Me).shopName).toBe(shopName.normalize("NFC"));
    await server.close();
  });

  it("a till's name is composed; zero bytes, line ends and half characters are refused", async () => {
    const made = await shop.ask<TillRow>("POST", "/api/office/tills", { name: "Cafe\u0301" });
    expect(made.name).toBe("Caf\u00e9");
    for (const name of ["a\0b", "a\nb", "a\u202eb", "\ud800"]) {
      expect(await shop.refusal("POST", "/api/office/tills", { name })).toEqual([400, "invalid-input"]);
    }
  });

  it("§11: a request id that has issued one code answers for no other wish", async () => {
    const wish = wishFor({ amountMinor: 1200 });
    const code = await shop.ask<IssuedCode>("POST", "/api/office/codes", wish);
    expect((await shop.ask<IssuedCode>("POST", "/api/office/codes", wish)).id).toBe(code.id);
    for (const other of [
      { amountMinor: 9900 },
      { kind: "up-to" as const },
      { password: { mode: "typed" as const, text: "918273" } },
      { onlyThisTill: true, tillId: (await shop.tillIds())[0] ?? null },
    ]) {
      const again = await shop.refusal("POST", "/api/office/codes", { ...wish, ...other });
      expect(again).toEqual([400, "invalid-input"]);
    }
  });

  it("an id with a zero byte is not found, like any other that is none", async () => {
    for (const [method, path] of [
      ["GET", "/api/office/codes/%00"],
      ["POST", "/api/office/codes/A%00B/revoke"],
      ["POST", "/api/office/tills/%00/activation"],
      ["POST", "/api/office/tills/%00/revoke"],
      ["GET", "/api/office/sales/%00"],
    ] as const) {
      expect(await shop.refusal(method, path)).toEqual([404, "not-found"]);
    }
  });
});

describe("the sign-in door", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.close());
  const tryFrom = async (remoteAddress: string, email: string): Promise<number> => {
    const answer = await server.app.request(
      `${ORIGIN}/api/auth/sign-in/email`,
      {
        method: "POST",
        headers: { host: "localhost:8080", origin: ORIGIN, "content-type": "application/json" },
        body: JSON.stringify({ email, password: "not-the-right-one" }),
      },
      { incoming: { socket: { remoteAddress } } },
    );
    return answer.status;
  };

  it("one address that has used its tries up locks nobody else's account", async () => {
    for (let n = 0; n < SIGN_IN_TRIES; n++) await tryFrom("203.0.113.7", `guess-${n}@example.com`);
    for (let n = 0; n < SIGN_IN_TRIES; n++) {
      expect(await tryFrom("203.0.113.7", OWNER.email)).toBe(429);
    }
    expect(await tryFrom("198.51.100.2", OWNER.email)).toBe(401);
  });

  it("a mail address with a zero byte is no fault of ours", async () => {
    expect(await tryFrom("198.51.100.3", "a\0@example.com")).toBe(400);
  });
});
