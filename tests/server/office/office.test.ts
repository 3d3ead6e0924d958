import { hashRaw } from "@node-rs/argon2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isCodeNumber } from "../../../src/domain/code-number.ts";
import { randomBytes, toHex } from "../../../src/protocol/bytes.ts";
import {
  MAX_TILLS,
  SAFE_CODE_POLICY,
  type AuditRow,
  type CodeDetail,
  type CodePolicyAnswer,
  type CodeRow,
  type IssuedCode,
  type Me,
  type Page,
  type SaleDetail,
  type SaleListRow,
  type TillRow,
  type TodayAnswer,
} from "../../../src/protocol/office-api.ts";
import { codeNow, openNeighbour, openShop, wishFor, type Shop } from "../headless-till.ts";

const DAY = 86_400_000;

describe("the office's routes", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());
  const policy = (more: object): Promise<CodePolicyAnswer> =>
    shop.ask<CodePolicyAnswer>("PUT", "/api/office/code-policy", { ...SAFE_CODE_POLICY, ...more });

  it("a fresh shop: its name, the owner, one till never activated, safe rules", async () => {
    expect(await shop.ask<Me>("GET", "/api/office/me")).toMatchObject({
      role: "owner",
      shopName: "林记杂货",
      demo: false,
    });
    const { rows } = await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills");
    expect(rows).toMatchObject([
      { name: "1号机", state: "new", epoch: null, seq: null, compareDigits: null },
    ]);
    const rules = await shop.ask<CodePolicyAnswer>("GET", "/api/office/code-policy");
    expect(rules).toMatchObject({ policy: SAFE_CODE_POLICY, changedBy: null, tills: [] });
    expect(rules.feedVersion).toBeGreaterThan(0);
  });

  it("nobody without a sign-in, and no cashier, changes anything", async () => {
    for (const [method, path] of [
      ["GET", "today"],
      ["GET", "codes"],
      ["POST", "codes"],
      ["GET", "events"],
      ["GET", "audit"],
    ] as const) {
      const response = await shop.server.send(
        method,
        `/api/office/${path}`,
        method === "POST" ? wishFor({}) : undefined,
      );
      expect(response.status).toBe(401);
    }
    const { db } = shop.server.services;
    const setRole = (role: "owner" | "cashier") =>
      db.updateTable("control.memberships").set({ role }).where("user_id", "=", shop.owner.userId).execute();
    await setRole("cashier");
    for (const [method, path, body] of [
      ["POST", "codes", wishFor({})],
      ["PUT", "code-policy", SAFE_CODE_POLICY],
      ["POST", "tills", { name: "x" }],
      ["GET", "audit", undefined],
    ] as const) {
      expect(await shop.refusal(method, `/api/office/${path}`, body)).toEqual([403, "not-allowed"]);
    }
    expect((await shop.ask<TodayAnswer>("GET", "/api/office/today")).count).toBe(0);
    await setRole("owner");
  });

  it("G9: an issued code has its QR, a number that no card has, and a password shown once", async () => {
    const code = await shop.issue({});
    expect(code).toMatchObject({
      state: "issued",
      hasPassword: true,
      amountMinor: 3800,
      tillName: "1号机",
    });
    expect(isCodeNumber(code.number ?? "")).toBe(true);
    expect(code.qrText).toMatch(/^GT1[A-Z2-7]+$/u);
    expect(code.generatedPassword).toMatch(/^[0-9]{6}$/u);
    const later = await shop.ask<CodeDetail>("GET", `/api/office/codes/${code.id}`);
    expect(later).not.toHaveProperty("generatedPassword");
    expect(later).not.toHaveProperty("cti");
    expect(later.number).toBe(code.number);
  });

  it("one request id issues one code, however often and however much at once it is asked", async () => {
    const wish = wishFor({ amountMinor: 777 });
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => shop.ask<IssuedCode>("POST", "/api/office/codes", wish)),
    );
    answers.push(await shop.ask<IssuedCode>("POST", "/api/office/codes", wish));
    // Rules that would refuse it now do not undo what was issued.
    await policy({ maxCodeMinor: 100 });
    answers.push(await shop.ask<IssuedCode>("POST", "/api/office/codes", wish));
    await policy({});
    expect(new Set(answers.map((answer) => `${answer.id} ${answer.generatedPassword}`)).size).toBe(1);
    const { rows } = await shop.ask<Page<CodeRow>>("GET", "/api/office/codes");
    expect(rows.filter((row) => row.amountMinor === 777)).toHaveLength(1);
  });

  it("a dozen codes issued at once: each its own number in the list, none lost", async () => {
    const before = (await shop.ask<Page<CodeRow>>("GET", "/api/office/codes?limit=200")).rows.length;
    await policy({ passwordRule: "never" });
    await Promise.all(Array.from({ length: 12 }, () => shop.issue({ password: { mode: "none" } })));
    const after: string[] = [];
    let path = "/api/office/codes?limit=5";
    for (;;) {
      const page = await shop.ask<Page<CodeRow>>("GET", path);
      after.push(...page.rows.map((row) => row.id));
      if (page.next === null) break;
      path = `/api/office/codes?limit=5&before=${page.next}`;
    }
    expect(new Set(after).size).toBe(before + 12);
    expect(after).toHaveLength(before + 12);
    await policy({});
  });

  it("every refusal of issuing has its name", async () => {
    const issue = (wish: Parameters<typeof wishFor>[0]) =>
      shop.refusal("POST", "/api/office/codes", wishFor(wish));
    expect(await issue({ amountMinor: 500_001 })).toEqual([422, "amount-over-policy"]);
    expect(await issue({ password: { mode: "none" } })).toEqual([422, "password-required"]);
    expect(await issue({ password: { mode: "typed", text: "123456" } })).toEqual([
      422,
      "password-breaks-rules",
    ]);
    expect(await issue({ tillId: "000000000000" })).toEqual([404, "not-found"]);
    expect(await issue({ amountMinor: 0 })).toEqual([400, "invalid-input"]);
    expect(await issue({ amountMinor: 1.5 })).toEqual([400, "invalid-input"]);
    await policy({ passwordRule: "never" });
    expect(await issue({})).toEqual([422, "password-not-allowed"]);
    await policy({ latestExpiryMs: shop.server.clock.ms });
    expect(await issue({})).toEqual([422, "validity-past"]);
    await policy({});
    const gone = await shop.addTill("gone");
    await shop.ask("POST", `/api/office/tills/${gone}/revoke`);
    expect(await issue({ tillId: gone })).toEqual([409, "till-revoked"]);
    expect(await shop.refusal("POST", `/api/office/tills/${gone}/activation`)).toEqual([409, "till-revoked"]);
    await shop.addTill("second");
    expect(await issue({ onlyThisTill: true })).toEqual([400, "invalid-input"]);
    expect(await issue({ requestId: "no" })).toEqual([400, "invalid-input"]);
  });

  it("§11: with several tills and none chosen a code has no home; with one chosen it has that", async () => {
    expect(await shop.issue({})).toMatchObject({ tillName: null });
    const [first = ""] = await shop.tillIds();
    expect(await shop.issue({ tillId: first })).toMatchObject({ tillName: "1号机" });
  });

  it("G9: a code is revoked once and gives its value back; an expired one says why not", async () => {
    const code = await shop.issue({ amountMinor: 4200 });
    for (let n = 0; n < 2; n++) {
      const revoked = await shop.ask<CodeDetail>("POST", `/api/office/codes/${code.id}/revoke`);
      expect(revoked).toMatchObject({ state: "revoked", returnedMinor: 4200, qrText: null, number: null });
    }
    const entries = await shop.server.services.db
      .selectFrom("books.entries")
      .select("kind")
      .where("kind", "=", "code-revoked")
      .execute();
    expect(entries).toHaveLength(1);
    const short = await shop.issue({ validDays: 1, amountMinor: 900 });
    shop.server.clock.ms += DAY + 1000;
    expect(await codeNow(shop, short.id)).toMatchObject({
      state: "expired",
      returnedMinor: 900,
      qrText: null,
    });
    expect(await shop.refusal("POST", `/api/office/codes/${short.id}/revoke`)).toEqual([
      409,
      "code-not-open",
    ]);
    const expired = await shop.ask<Page<CodeRow>>("GET", "/api/office/codes?state=expired");
    expect(expired.rows.map((row) => row.id)).toContain(short.id);
    expect(expired.rows.every((row) => row.state === "expired")).toBe(true);
    expect(await shop.refusal("GET", "/api/office/codes?state=stolen")).toEqual([400, "invalid-input"]);
  });

  it("a code from tomorrow on is «not yet valid» today", async () => {
    const code = await shop.issue({ fromMs: shop.server.clock.ms + DAY });
    expect(code.state).toBe("not-yet-valid");
    const page = await shop.ask<Page<CodeRow>>("GET", "/api/office/codes?state=not-yet-valid");
    expect(page.rows.map((row) => row.id)).toEqual([code.id]);
  });

  it("PROTOCOL §9: no code under a key a till in use lacks; one away for 14 days waits alone", async () => {
    const fresh = await openShop();
    const [first = ""] = await fresh.tillIds();
    expect((await fresh.issue({})).state).toBe("issued");
    const till = await fresh.enrol(first);
    expect((await fresh.issue({})).state).toBe("issued");
    // Four weeks on the till holds none of the keys of now; it says hello and is «in use» again.
    fresh.server.clock.ms += 28 * DAY;
    till.token = null;
    await till.hello();
    const late = await fresh.issue({});
    await till.pull();
    expect(await till.sellCode(late.qrText ?? "", late.generatedPassword)).toMatchObject({ ok: true });
    await fresh.server.services.db.deleteFrom("books.site_keys").execute();
    expect(await fresh.refusal("POST", "/api/office/codes", wishFor({}))).toEqual([409, "till-not-ready"]);
    fresh.server.clock.ms += 15 * DAY;
    expect((await fresh.issue({})).state).toBe("issued");
    await fresh.close();
  });

  it("sales come newest arrival first, with a cursor; a sale's page names epoch, seq and hash", async () => {
    const [first = ""] = await shop.tillIds();
    const till = await shop.enrol(first);
    for (let n = 1; n <= 7; n++) await till.sellCash(n * 100);
    await till.deliver();
    const one = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales?limit=4");
    const two = await shop.ask<Page<SaleListRow>>("GET", `/api/office/sales?limit=4&before=${one.next}`);
    expect([...one.rows, ...two.rows].map((row) => row.amountMinor)).toEqual([
      700, 600, 500, 400, 300, 200, 100,
    ]);
    expect(two.next).toBeNull();
    const sale = await shop.ask<SaleDetail>("GET", `/api/office/sales/${one.rows[0]?.id}`);
    expect(sale).toMatchObject({
      epoch: 1,
      seq: 7,
      headHex: toHex(till.head.hash),
      codeId: null,
      outcomes: [],
      operatorName: "店主",
    });
    expect(await shop.refusal("GET", "/api/office/sales/000000000000")).toEqual([404, "not-found"]);
    const day = await shop.ask<TodayAnswer>("GET", `/api/office/today?sinceMs=${shop.server.clock.ms}`);
    expect(day).toMatchObject({ count: 7, totalMinor: 2800, cashMinor: 2800, codeMinor: 0 });
    const next = await shop.ask<TodayAnswer>("GET", `/api/office/today?sinceMs=${shop.server.clock.ms + 1}`);
    expect(next).toMatchObject({ count: 0, totalMinor: 0 });
  });

  it("G11: saving rules says who and when, and every change is in the audit log", async () => {
    const saved = await policy({ validDays: 12 });
    expect(saved).toMatchObject({ changedBy: "lin@example.com", changedAtMs: shop.server.clock.ms });
    const log = await shop.ask<Page<AuditRow>>("GET", "/api/office/audit?limit=200");
    const kinds = new Set(log.rows.map((row) => row.what));
    for (const what of [
      "code-policy-saved",
      "code-issued",
      "code-revoked",
      "till-added",
      "till-revoked",
      "activation-created",
      "till-enrolled",
    ]) {
      expect(kinds).toContain(what);
    }
    await policy({});
  });

  it(`a shop has at most ${MAX_TILLS} tills, added at once too; revoked ones do not count`, async () => {
    const { rows } = await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills");
    const room = MAX_TILLS - rows.filter((row) => row.state !== "revoked").length;
    const answers = await Promise.all(
      Array.from({ length: room + 3 }, (_, n) =>
        shop.server.send("POST", "/api/office/tills", { name: `t${n}` }, { cookie: shop.owner.cookie }),
      ),
    );
    expect(answers.filter((answer) => answer.ok)).toHaveLength(room);
    expect(await shop.refusal("POST", "/api/office/tills", { name: "one more" })).toEqual([
      409,
      "too-many-tills",
    ]);
  });

  it("G2: ids of another shop are not found, wherever they stand", async () => {
    const neighbour = await openNeighbour(shop);
    const code = await neighbour.issue({});
    const [till = ""] = await neighbour.tillIds();
    expect(await shop.refusal("GET", `/api/office/codes/${code.id}`)).toEqual([404, "not-found"]);
    expect(await shop.refusal("POST", `/api/office/codes/${code.id}/revoke`)).toEqual([404, "not-found"]);
    expect(await shop.refusal("POST", "/api/office/codes", wishFor({ tillId: till }))).toEqual([
      404,
      "not-found",
    ]);
    expect((await codeNow(neighbour, code.id)).state).toBe("issued");
    const { rows } = await neighbour.ask<Page<CodeRow>>("GET", "/api/office/codes?limit=200");
    expect(rows.map((row) => row.id)).toEqual([code.id]);
    expect(
      (await neighbour.ask<Page<AuditRow>>("GET", "/api/office/audit")).rows.every(
        (row) => row.what !== "code-revoked",
      ),
    ).toBe(true);
  });

  it("C7: neither password, number nor code text stands in a log line, an audit row or a table", async () => {
    const typed = "840173";
    const code = await shop.issue({
      password: { mode: "typed", text: typed },
      tillId: (await shop.tillIds())[0] ?? "",
    });
    expect(code.generatedPassword).toBeNull();
    const made = await shop.issue({});
    const { db } = shop.server.services;
    const text = JSON.stringify(
      [
        await db.selectFrom("control.audit_log").selectAll().execute(),
        await db.selectFrom("books.codes").selectAll().execute(),
        await db.selectFrom("books.issue_requests").selectAll().execute(),
      ],
      (_key, value: unknown) =>
        value instanceof Uint8Array ? `${toHex(value)} ${new TextDecoder().decode(value)}` : value,
    );
    const logged = shop.server.logged.join("");
    for (const secret of [
      code.number,
      made.number,
      `"${made.generatedPassword}"`,
      `"${typed}"`,
      code.qrText,
    ]) {
      expect(secret?.length).toBeGreaterThan(5);
      expect(text).not.toContain(secret);
      expect(logged).not.toContain(secret);
    }
  });

  it("the office is woken by sales, codes, tills and rules", async () => {
    const response = await shop.server.app.request("http://localhost:8080/api/office/events", {
      headers: { cookie: shop.owner.cookie, host: "localhost:8080" },
    });
    const reader = response.body?.getReader();
    if (!reader) throw new Error("a stream");
    await shop.issue({});
    let heard = "";
    while (!heard.includes('"code"')) heard += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect(heard).toContain('data: {"type":"code"}');
  });
});

// Argon2 on the server is the native one; the till's is WebAssembly. One vector holds both to profile 1.
it("PROTOCOL §10: profile 1 of the server's Argon2id is that of the till's", async () => {
  const { argon2id } = await import("hash-wasm");
  const salt = randomBytes(16);
  const native = await hashRaw("938471", {
    algorithm: 2,
    memoryCost: 19_456,
    timeCost: 2,
    parallelism: 1,
    outputLen: 32,
    salt,
  });
  const wasm = await argon2id({
    password: "938471",
    salt,
    iterations: 2,
    parallelism: 1,
    memorySize: 19_456,
    hashLength: 32,
    outputType: "binary",
  });
  expect(toHex(native)).toBe(toHex(wasm));
});
