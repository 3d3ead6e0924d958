import { describe, expect, it } from "vitest";
import { createOfficeApi, type OfficeApi } from "../../src/office/api.ts";
import { createHttp } from "../../src/office/http.ts";
import { createFakeServer } from "./fake-server.ts";
import { emptyShop, fakeMe, fakeSale } from "./fake-shop.ts";

const nowMs = 1_795_000_000_000;

interface Desk {
  readonly api: OfficeApi;
  readonly signedOut: number[];
}

function deskAt(fetch: (path: string, init: RequestInit) => Promise<Response>, isOnline = true): Desk {
  const signedOut: number[] = [];
  const tools = {
    fetch,
    isOnline: () => isOnline,
    nowMs: () => nowMs,
    onSignedOut: () => void signedOut.push(1),
  };
  return { api: createOfficeApi(createHttp(tools), () => nowMs), signedOut };
}

const answering =
  (status: number, body: string, headers: Record<string, string> = {}) =>
  () =>
    Promise.resolve(new Response(body, { status, headers }));
const silent = (): Promise<Response> => Promise.reject(new TypeError("Failed to fetch"));

describe("what a request of the office comes to", () => {
  it("sets a shop up, issues a code and reads it back through the real validators", async () => {
    const shop = emptyShop(nowMs);
    const server = createFakeServer(shop);
    const { api } = deskAt((path, init) => server.fetch(new Request(`http://localhost${path}`, init)));
    const setUp = await api.setUp({
      token: "t".repeat(32),
      email: "Owner@Example.com ",
      password: "a long enough one",
      shopName: "街角小店",
      language: "zh-CN",
    });
    expect(setUp.ok && setUp.value.activation.typedCode).toBe("AB12-CD34-EF56");
    const issued = await api.issueCode({
      requestId: "0".repeat(32),
      amountMinor: 3_800,
      kind: "exact",
      password: { mode: "generate" },
      validDays: null,
      fromMs: null,
      tillId: null,
      onlyThisTill: false,
    });
    expect(issued.ok && issued.value.amountMinor).toBe(3_800);
    const codes = await api.codes("issued", null);
    expect(codes.ok && codes.value.rows.length).toBe(1);
    expect(server.requests).toContain("POST /api/office/codes");
  });

  it("names the server's refusal with its facts", async () => {
    const { api } = deskAt(answering(422, `{"error":{"code":"amount-over-policy","maxMinor":500000}}`));
    expect(await api.codePolicy()).toEqual({
      ok: false,
      refusal: { code: "amount-over-policy", maxMinor: 500_000 },
    });
  });

  it("tells «no network» from «server not answering»", async () => {
    const away = await deskAt(silent, false).api.me();
    const down = await deskAt(silent, true).api.me();
    expect(away.ok ? null : away.refusal.code).toBe("no-network");
    expect(down.ok ? null : down.refusal.code).toBe("no-answer");
  });

  it("takes a proxy's page for no answer, whatever its status", async () => {
    for (const status of [200, 502]) {
      const answer = await deskAt(answering(status, "<html>Sign in to the hotel</html>")).api.today();
      expect(answer.ok ? null : answer.refusal.code).toBe("no-answer");
    }
  });

  it("reads a wrong password out of the sign-in library's own shape", async () => {
    const { api } = deskAt(answering(401, `{"code":"INVALID_EMAIL_OR_PASSWORD","message":"x"}`));
    const answer = await api.signIn("a@b.cn", "wrong");
    expect(answer.ok ? null : answer.refusal.code).toBe("wrong-credentials");
  });

  it("says how long to wait after too many tries", async () => {
    const { api } = deskAt(answering(429, "{}", { "retry-after": "30" }));
    const answer = await api.signIn("a@b.cn", "wrong");
    expect(answer).toEqual({ ok: false, refusal: { code: "too-many-tries", waitMs: 30_000 } });
  });

  it("tells when the sign-in has ended, and not when a password is wrong", async () => {
    const shop = emptyShop(nowMs);
    const server = createFakeServer(shop);
    const desk = deskAt((path, init) => server.fetch(new Request(`http://localhost${path}`, init)));
    await desk.api.signIn("a@b.cn", "wrong");
    expect(desk.signedOut.length).toBe(0);
    await desk.api.tills();
    expect(desk.signedOut.length).toBe(1);
    shop.me = fakeMe;
    await desk.api.tills();
    expect(desk.signedOut.length).toBe(1);
  });

  it("reads sales page by page, each from where the last one ended, and one by its id", async () => {
    const shop = { ...emptyShop(nowMs), me: fakeMe, sales: [fakeSale("SALE00000001", 7, nowMs)] };
    const server = createFakeServer(shop);
    const asked: string[] = [];
    const { api } = deskAt((path, init) => {
      asked.push(path);
      return server.fetch(new Request(`http://localhost${path}`, init));
    });
    const sales = await api.sales(null);
    await api.sales(7);
    const sale = await api.sale("SALE00000001");
    expect(sales.ok && sales.value.rows.map((row) => row.arrival)).toEqual([7]);
    expect(sale.ok && sale.value.amountMinor).toBe(3_800);
    expect(asked).toEqual([
      "/api/office/sales?limit=50",
      "/api/office/sales?before=7&limit=50",
      "/api/office/sales/SALE00000001",
    ]);
  });

  it("counts by the server's clock once it has answered", async () => {
    const aheadMs = 90_000;
    const { api } = deskAt(answering(200, "{}", { date: new Date(nowMs + aheadMs).toUTCString() }));
    expect(api.serverNowMs()).toBe(nowMs);
    await api.me();
    expect(api.serverNowMs()).toBe(nowMs + aheadMs);
  });
});
