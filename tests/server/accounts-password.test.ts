import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeOwnerLink, OWNER_LINK_LIFE_MS } from "../../server/accounts/owner-links.ts";
import { SIGN_IN_TRIES } from "../../server/accounts/routes.ts";
import type { Me } from "#protocol/office-api.ts";
import { OWNER, cookieOf, signedInOwner, testServer } from "./services.ts";
import type { SignedInOwner, TestServer } from "./services.ts";

const NEXT = "seven-blue-kettles-41";

let server: TestServer;
let owner: SignedInOwner;
beforeEach(async () => {
  server = await testServer();
  owner = await signedInOwner(server);
});
afterEach(() => server.close());

/** Status and the refusal's code, if refused. */
async function outcome(response: Response): Promise<readonly [number, string?]> {
  const body = (await response.json()) as { error?: { code: string } };
  return body.error === undefined ? [response.status] : [response.status, body.error.code];
}

async function change(cookie: string, current: string | null, next: string = NEXT) {
  const headers = cookie === "" ? {} : { cookie };
  return await outcome(await server.send("POST", "/api/office/password", { current, next }, headers));
}

async function signIn(password: string): Promise<Response> {
  return await server.send("POST", "/api/auth/sign-in/email", { email: OWNER.email, password });
}

async function me(cookie: string): Promise<Response> {
  return await server.send("GET", "/api/office/me", undefined, { cookie });
}

async function isForgotten(cookie: string): Promise<boolean> {
  return ((await (await me(cookie)).json()) as Me).passwordForgotten;
}

async function byOwnerLink(): Promise<string> {
  const made = await makeOwnerLink(server.services.db, null, server.clock.ms);
  if (!made.ok) throw new Error(made.refusal.code);
  return cookieOf(await server.send("POST", "/api/owner-link", { token: made.value.token }));
}

async function audited(what: string): Promise<readonly unknown[]> {
  const rows = await server.services.db
    .selectFrom("control.audit_log")
    .select(["who", "detail"])
    .where("what", "=", what)
    .execute();
  return rows;
}

describe("a new password by the old one", () => {
  it("opens the office from then on, the old one no more; it is audited and never logged", async () => {
    expect(await change(owner.cookie, OWNER.password)).toEqual([200]);
    expect(await outcome(await signIn(OWNER.password))).toEqual([401, "wrong-credentials"]);
    expect((await signIn(NEXT)).status).toBe(200);
    const detail = { byOwnerLink: false };
    expect(await audited("password-changed")).toEqual([{ who: owner.userId, detail }]);
    const hash = await server.services.db.selectFrom("control.accounts").select("password").execute();
    expect(hash[0]?.password).toMatch(/^\$argon2id\$/u);
    const said = server.logged.join("");
    for (const secret of [NEXT, OWNER.password]) expect(said).not.toContain(secret);
  });

  it("ends every other sign-in, and keeps the one that asked", async () => {
    const other = cookieOf(await signIn(OWNER.password));
    expect((await me(other)).status).toBe(200);
    expect(await change(owner.cookie, OWNER.password)).toEqual([200]);
    expect((await me(other)).status).toBe(401);
    expect((await me(owner.cookie)).status).toBe(200);
  });

  it("is refused with a wrong one or none, and changes and ends nothing", async () => {
    const other = cookieOf(await signIn(OWNER.password));
    expect(await change(owner.cookie, "not-the-password-1")).toEqual([403, "wrong-credentials"]);
    expect(await change(owner.cookie, null)).toEqual([403, "wrong-credentials"]);
    expect((await me(other)).status).toBe(200);
    expect((await signIn(OWNER.password)).status).toBe(200);
    expect(await audited("password-change-refused")).toHaveLength(2);
    expect(await audited("password-changed")).toEqual([]);
  });

  it("is refused to who is not signed in", async () => {
    expect(await change("", OWNER.password)).toEqual([401, "not-signed-in"]);
  });

  it("is judged as in set-up: too short, too common, the shop's name in it", async () => {
    const to = (next: string) => change(owner.cookie, OWNER.password, next);
    expect(await to("elevenchar1")).toEqual([422, "password-too-short"]);
    expect(await to("password2026!")).toEqual([422, "password-too-common"]);
    expect(await to("我的林记杂货密码很长很长啊")).toEqual([422, "password-contains-name"]);
    expect(await to("lin@example.com")).toEqual([422, "password-contains-name"]);
    expect((await signIn(OWNER.password)).status).toBe(200);
  });

  it(`is guessed at most ${SIGN_IN_TRIES} times in a row; a stranger's tries at the door count apart`, async () => {
    for (let n = 0; n < SIGN_IN_TRIES; n += 1) await signIn("g");
    expect(await outcome(await signIn("g"))).toEqual([429, "too-many-tries"]);
    for (let n = 0; n < SIGN_IN_TRIES; n += 1) {
      expect(await change(owner.cookie, "g")).toEqual([403, "wrong-credentials"]);
    }
    expect(await change(owner.cookie, OWNER.password)).toEqual([429, "too-many-tries"]);
  });

  it("of two at the same moment one stands, the other is refused", async () => {
    const other = cookieOf(await signIn(OWNER.password));
    const both = await Promise.all([
      change(owner.cookie, OWNER.password),
      change(other, OWNER.password, "nine-green-ladders-52"),
    ]);
    expect(both.filter(([status]) => status === 200)).toHaveLength(1);
    expect(await audited("password-changed")).toHaveLength(1);
  });
});

describe("a new password after an owner link", () => {
  it("needs no old one, once: then the new one is asked for", async () => {
    const cookie = await byOwnerLink();
    expect(await isForgotten(cookie)).toBe(true);
    expect(await change(cookie, null)).toEqual([200]);
    expect((await me(owner.cookie)).status).toBe(401);
    expect((await signIn(NEXT)).status).toBe(200);
    expect(await isForgotten(cookie)).toBe(false);
    expect(await change(cookie, null, "nine-green-ladders-52")).toEqual([403, "wrong-credentials"]);
    expect(await change(cookie, NEXT, "nine-green-ladders-52")).toEqual([200]);
    const detail = { byOwnerLink: true };
    expect(await audited("password-changed")).toContainEqual({ who: owner.userId, detail });
  });

  it("is taken one ms before 15 minutes are over, and refused when they are", async () => {
    const [early, late] = [await byOwnerLink(), await byOwnerLink()];
    server.clock.ms += OWNER_LINK_LIFE_MS;
    expect(await isForgotten(late)).toBe(false);
    expect(await change(late, null)).toEqual([403, "wrong-credentials"]);
    server.clock.ms -= 1;
    expect(await isForgotten(early)).toBe(true);
    expect(await change(early, null)).toEqual([200]);
  });

  it("is refused when the clock stands before the sign-in", async () => {
    const cookie = await byOwnerLink();
    server.clock.ms -= 1;
    expect(await change(cookie, null)).toEqual([403, "wrong-credentials"]);
  });

  it("belongs to that very sign-in: the owner's others still need the old one", async () => {
    await byOwnerLink();
    expect(await isForgotten(owner.cookie)).toBe(false);
    expect(await change(owner.cookie, null)).toEqual([403, "wrong-credentials"]);
  });
});
