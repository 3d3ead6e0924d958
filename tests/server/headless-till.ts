import { HeadlessTill, type Wire } from "../../server/demo/headless-till.ts";
import type { CodeDetail, IssueCodeRequest, IssuedCode, TillRow } from "../../src/protocol/office-api.ts";
import { randomBytes, toHex } from "../../src/protocol/bytes.ts";
import { hashPassword } from "../../server/accounts/password.ts";
import { createShop } from "../../server/merchants/create-shop.ts";
import { newId } from "../../src/protocol/ids.ts";
import {
  cookieOf,
  ORIGIN,
  OWNER,
  signedInOwner,
  testServer,
  type SignedInOwner,
  type TestServer,
} from "./services.ts";
import { openBooks, type Books } from "../../server/books.ts";

export { HeadlessTill };

/** A server with an owner signed in, to whom tills can be enrolled. */
export interface Shop {
  readonly server: TestServer;
  readonly owner: SignedInOwner;
  readonly books: Books;
  readonly wire: Wire;
  /** Sends JSON as the signed-in owner; answers the parsed body. */
  ask<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** As `ask`, with the status and the refusal's code. */
  refusal(method: string, path: string, body?: unknown): Promise<readonly [number, string]>;
  /** The first till is there from set-up; others are added. */
  tillIds(): Promise<readonly string[]>;
  addTill(name: string): Promise<string>;
  /** Enrols a tablet as this till by its QR code, says hello, delivers its genesis and pulls its feed. */
  enrol(tillId: string): Promise<HeadlessTill>;
  issue(wish: Partial<IssueCodeRequest>): Promise<IssuedCode>;
  close(): Promise<void>;
}

export async function openShop(): Promise<Shop> {
  const server = await testServer();
  return await shopOf(server, await signedInOwner(server));
}

/** A second shop on the same server, with an owner of its own. */
export async function openNeighbour(shop: Shop): Promise<Shop> {
  const { server } = shop;
  const { services } = server;
  const [userId, merchantId, email] = [toHex(newId()), newId(), "wang@example.com"];
  const password = await hashPassword(OWNER.password);
  const answer = await services.db.transaction().execute(async (tx) => {
    const nowMs = services.nowMs();
    await tx
      .insertInto("control.users")
      .values({ id: userId, name: email, email, email_verified: false, image: null })
      .execute();
    await tx
      .insertInto("control.accounts")
      .values({
        id: toHex(newId()),
        account_id: userId,
        provider_id: "credential",
        user_id: userId,
        password,
      })
      .execute();
    await services.merchants.create(tx, { merchantId, name: "王记", language: "en", currency: "CNY", nowMs });
    await tx
      .insertInto("control.memberships")
      .values({ merchant_id: merchantId, user_id: userId, role: "owner", created_at_ms: nowMs })
      .execute();
    return await createShop(tx, services, { merchantId, userId, shopName: "王记", language: "en", nowMs });
  });
  const done = await server.send("POST", "/api/auth/sign-in/email", { email, password: OWNER.password });
  return await shopOf(server, {
    cookie: cookieOf(done),
    userId,
    merchantId,
    answer: { recoveryKey: "", ...answer },
  });
}

/** The shop of this owner, over this server. */
export async function shopOf(server: TestServer, owner: SignedInOwner): Promise<Shop> {
  const wire: Wire = (path, init) => server.app.request(`${ORIGIN}${path}`, init);
  const send = (method: string, path: string, body?: unknown): Promise<Response> =>
    server.send(method, path, body, { cookie: owner.cookie });
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const shop: Shop = {
    server,
    owner,
    books: await openBooks(server.services),
    wire,
    ask,
    refusal: async (method, path, body) => {
      const response = await send(method, path, body);
      return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
    },
    tillIds: async () =>
      (await ask<{ rows: TillRow[] }>("GET", "/api/office/tills")).rows.map((row) => row.id),
    addTill: async (name) => {
      // Tills are listed in the order they were made, and the tests' clock stands still by itself.
      server.clock.ms += 1;
      return (await ask<TillRow>("POST", "/api/office/tills", { name })).id;
    },
    enrol: async (tillId) => {
      const { qrText } = await ask<{ qrText: string }>("POST", `/api/office/tills/${tillId}/activation`);
      const till = await HeadlessTill.enrol(wire, qrText, () => server.clock.ms);
      if (!till.ok) throw new Error(`not enrolled: ${till.refusal.code}`);
      await till.value.hello();
      await till.value.deliver();
      await till.value.pull();
      return till.value;
    },
    issue: async (wish) => await ask<IssuedCode>("POST", "/api/office/codes", wishFor(wish)),
    close: () => server.close(),
  };
  return shop;
}

/** A request for ¥38.00 with a generated password, but for what is wished otherwise. */
export function wishFor(wish: Partial<IssueCodeRequest>): IssueCodeRequest {
  return {
    requestId: toHex(randomBytes(16)),
    amountMinor: 3800,
    kind: "exact",
    password: { mode: "generate" },
    validDays: null,
    fromMs: null,
    tillId: null,
    onlyThisTill: false,
    ...wish,
  };
}

/** What the office shows of a code now. */
export function codeNow(shop: Shop, id: string): Promise<CodeDetail> {
  return shop.ask<CodeDetail>("GET", `/api/office/codes/${id}`);
}
