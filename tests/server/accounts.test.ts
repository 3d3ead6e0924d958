import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeOwnerLink, OWNER_LINK_LIFE_MS } from "../../server/accounts/owner-links.ts";
import { SIGN_IN_TRIES } from "../../server/accounts/routes.ts";
import { openSetUp } from "../../server/accounts/set-up.ts";
import type { Role } from "../../server/db/control-tables.ts";
import type { AppEnv } from "../../server/http/env.ts";
import { requireMember } from "../../server/accounts/require-member.ts";
import { OWNER, cookieOf, signedInOwner, testServer } from "./services.ts";
import type { SignedInOwner, TestServer } from "./services.ts";

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

describe("set-up: only the printed link makes the first owner", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.close());
  const request = (token: string | null, more: object = {}): object => ({
    token,
    ...OWNER,
    language: "en",
    ...more,
  });

  it("a wrong token is refused by name and makes nobody", async () => {
    await openSetUp(server.services.db);
    const refused = await server.send("POST", "/api/setup", request("x".repeat(43)));
    expect([refused.status, await codeOf(refused)]).toEqual([403, "token-invalid"]);
    expect(await server.services.db.selectFrom("control.users").selectAll().execute()).toEqual([]);
  });

  it("a new start kills the link before it", async () => {
    const first = await openSetUp(server.services.db);
    await openSetUp(server.services.db);
    expect(await codeOf(await server.send("POST", "/api/setup", request(first)))).toBe("token-invalid");
  });

  it("a weak password is refused by name, and the link stays good", async () => {
    const token = await openSetUp(server.services.db);
    const weak = async (password: string): Promise<string> =>
      await codeOf(await server.send("POST", "/api/setup", request(token, { password })));
    expect(await weak("elevenchar1")).toBe("password-too-short");
    expect(await weak("password2026!")).toBe("password-too-common");
    expect(await weak("lin@example.com")).toBe("password-contains-name");
    expect(await weak("我的林记杂货密码很长很长啊")).toBe("password-contains-name");
    const done = await server.send("POST", "/api/setup", request(token));
    expect(done.status).toBe(201);
    const answer = (await done.json()) as { recoveryKey: string };
    expect(answer.recoveryKey).toMatch(/^([0-9A-Z]{5}-){10}[0-9A-Z]{5}$/u);
  });

  it("once done it is closed: same token, new token, wrong token", async () => {
    expect(await openSetUp(server.services.db)).toBeNull();
    expect(await codeOf(await server.send("POST", "/api/setup", request("y".repeat(43))))).toBe(
      "setup-closed",
    );
    expect(await (await server.send("GET", "/api/setup/state")).json()).toEqual({ open: false });
  });

  it("no token stands in the database as it is, and set-up is in the audit log", async () => {
    const row = await server.services.db.selectFrom("control.instance").selectAll().executeTakeFirstOrThrow();
    expect(row.setup_token_hash).toBeNull();
    const events = await server.services.db.selectFrom("control.audit_log").select("what").execute();
    expect(events.map((event) => event.what)).toContain("set-up-done");
  });
});

describe("two set-ups with one token at the same moment", () => {
  it("make one owner; the other is refused as closed", async () => {
    const server = await testServer();
    const token = await openSetUp(server.services.db);
    const answers = await Promise.all(
      ["a@example.com", "b@example.com"].map((email) =>
        server.send("POST", "/api/setup", { token, ...OWNER, email, language: "en" }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([201, 409]));
    expect(await server.services.db.selectFrom("control.users").selectAll().execute()).toHaveLength(1);
    await server.close();
  });
});

describe("tries at the set-up door are counted", () => {
  it(`the try after ${SIGN_IN_TRIES} wrong ones is told to wait`, async () => {
    const server = await testServer();
    const body = { token: "z".repeat(43), ...OWNER, language: "en" };
    for (let n = 0; n < SIGN_IN_TRIES; n += 1) {
      expect((await server.send("POST", "/api/setup", body)).status).toBe(403);
    }
    const refused = await server.send("POST", "/api/setup", body);
    expect([refused.status, await codeOf(refused)]).toEqual([429, "too-many-tries"]);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    await server.close();
  });
});

describe("sign-in", () => {
  let server: TestServer;
  let owner: SignedInOwner;
  beforeAll(async () => {
    server = await testServer();
    owner = await signedInOwner(server);
  });
  afterAll(() => server.close());
  const signIn = (email: string, password: string, headers: Record<string, string> = {}): Promise<Response> =>
    server.send("POST", "/api/auth/sign-in/email", { email, password }, headers);

  /** What a route behind `requireMember` answers to this cookie. */
  async function behind(cookie: string, ...roles: readonly Role[]): Promise<Response> {
    const probe = new Hono<AppEnv>();
    probe.get("/", requireMember(server.services, ...roles), (c) =>
      c.json({ userId: c.get("member").userId }),
    );
    return await probe.request("http://localhost:8080/", { headers: { cookie } });
  }

  it("set-up signs in: the cookie opens what is for members", async () => {
    expect(await (await behind(owner.cookie)).json()).toEqual({ userId: owner.userId });
    expect((await behind(owner.cookie, "owner", "manager")).status).toBe(200);
  });

  it("no cookie, a changed cookie and the wrong role are refused by name", async () => {
    expect(await codeOf(await behind(""))).toBe("not-signed-in");
    const changed = owner.cookie.replace(/.(?=\.)/u, (last) => (last === "a" ? "b" : "a"));
    expect(await codeOf(await behind(changed))).toBe("not-signed-in");
    expect(await codeOf(await behind(owner.cookie, "accountant"))).toBe("not-allowed");
  });

  it("the cookie is bound to host, Secure, HttpOnly, SameSite=Strict on this machine's own name", async () => {
    const done = await signIn(OWNER.email.toUpperCase(), OWNER.password);
    expect(done.status).toBe(200);
    const [cookie = ""] = done.headers.getSetCookie();
    expect(cookie).toMatch(/^__Host-guitai=/u);
    for (const flag of ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"]) {
      expect(cookie.toLowerCase()).toContain(flag.toLowerCase());
    }
    expect(cookie.toLowerCase()).not.toContain("domain=");
  });

  it("on plain HTTP over a network it has another name, and neither opens the other's door", async () => {
    const done = await server.app.request("http://192.168.1.20:8080/api/auth/sign-in/email", {
      method: "POST",
      headers: {
        host: "192.168.1.20:8080",
        origin: "http://192.168.1.20:8080",
        "content-type": "application/json",
      },
      body: JSON.stringify({ email: OWNER.email, password: OWNER.password }),
    });
    const [cookie = ""] = done.headers.getSetCookie();
    expect(cookie).toMatch(/^guitai-plain=/u);
    expect(cookie.toLowerCase()).not.toContain("secure");
    expect((await behind(cookieOf(done))).status).toBe(401);
  });

  it("wrong password and unknown account get the same answer; both are audited or logged without the name", async () => {
    const wrong = await signIn(OWNER.email, "not-the-password-1");
    const unknown = await signIn("nobody@example.com", "not-the-password-1");
    expect([wrong.status, await codeOf(wrong)]).toEqual([401, "wrong-credentials"]);
    expect([unknown.status, await codeOf(unknown)]).toEqual([401, "wrong-credentials"]);
    const events = await server.services.db.selectFrom("control.audit_log").select("what").execute();
    expect(events.map((event) => event.what)).toContain("sign-in-refused");
    expect(server.logged.join("")).not.toContain("nobody@");
  });

  it("signing out ends the sign-in on the server, not only in the browser", async () => {
    const cookie = cookieOf(await signIn(OWNER.email, OWNER.password));
    expect((await behind(cookie)).status).toBe(200);
    expect((await server.send("POST", "/api/auth/sign-out", undefined, { cookie })).status).toBe(200);
    expect((await behind(cookie)).status).toBe(401);
  });

  it("nobody can sign up: the library's own routes are not there", async () => {
    const body = { email: "eve@example.com", password: "long-enough-password", name: "Eve" };
    expect((await server.send("POST", "/api/auth/sign-up/email", body)).status).toBe(404);
    expect((await server.send("POST", "/api/auth/sign-in-user", { userId: owner.userId })).status).toBe(404);
  });

  it(`one account is asked at most ${SIGN_IN_TRIES} times in a row, whatever the case of its name`, async () => {
    const other = await testServer();
    for (let n = 0; n < SIGN_IN_TRIES; n += 1) {
      const answer = await other.send("POST", "/api/auth/sign-in/email", {
        email: n % 2 ? "M@x.cn" : "m@x.cn",
        password: "g",
      });
      expect(answer.status).toBe(401);
    }
    const answer = await other.send("POST", "/api/auth/sign-in/email", { email: "m@x.cn", password: "g" });
    expect(answer.status).toBe(429);
    await other.close();
  });
});

describe("owner-link: the way back of an owner who is locked out", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });
  afterAll(() => server.close());
  const use = (token: string): Promise<Response> => server.send("POST", "/api/owner-link", { token });
  const make = async (): Promise<string> => {
    const made = await makeOwnerLink(server.services.db, null, server.clock.ms);
    if (!made.ok) throw new Error(made.refusal.code);
    return made.value.token;
  };

  it("without an owner there is no link", async () => {
    const made = await makeOwnerLink(server.services.db, null, server.clock.ms);
    expect(made).toEqual({ ok: false, refusal: { code: "no-owner" } });
    await signedInOwner(server);
    const stranger = await makeOwnerLink(server.services.db, "eve@example.com", server.clock.ms);
    expect(stranger).toEqual({ ok: false, refusal: { code: "unknown-owner" } });
  });

  it("signs in once; the second use is refused; both making and use are audited", async () => {
    const token = await make();
    const done = await use(token);
    expect(done.status).toBe(200);
    expect(cookieOf(done)).toMatch(/^__Host-guitai=.+/u);
    expect(await codeOf(await use(token))).toBe("token-invalid");
    const events = await server.services.db.selectFrom("control.audit_log").select("what").execute();
    const whats = events.map((event) => event.what);
    expect(whats).toEqual(expect.arrayContaining(["owner-link-made", "owner-link-used"]));
  });

  it("is good one ms before its 15 minutes are over, and refused when they are", async () => {
    const [early, late] = [await make(), await make()];
    server.clock.ms += OWNER_LINK_LIFE_MS - 1;
    expect((await use(early)).status).toBe(200);
    server.clock.ms += 1;
    expect(await codeOf(await use(late))).toBe("token-invalid");
  });
});

describe("the audit log", () => {
  it("can be added to and nothing else", async () => {
    const server = await testServer();
    await signedInOwner(server);
    await expect(server.services.db.deleteFrom("control.audit_log").execute()).rejects.toThrow(
      /append-only/u,
    );
    await server.close();
  });
});
