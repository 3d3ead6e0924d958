import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { siteKeyAad, unlockKeyAad } from "../../../src/protocol/aads.ts";
import { randomBytes, toHex, type Bytes } from "../../../src/protocol/bytes.ts";
import type { FeedChange } from "../../../src/protocol/feed.ts";
import type { VaultRow } from "../../../src/protocol/office-secrets-api.ts";
import { hashRequest } from "../../../src/protocol/push.ts";
import { renewalDigits } from "../../../src/protocol/unlock.ts";
import {
  encodeVaultHalfRequest,
  openVaultHalf,
  VAULT_HALF_PATH,
  type VaultHalfAnswer,
} from "../../../src/protocol/vault-half.ts";
import { HALF_SERVES_MS } from "../../../server/secrets/vault-half.ts";
import { HALVES_OF_A_TILL } from "../../../server/tills/till-routes.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { addCashier, SECRETS, takes, typePin } from "./secrets-at-till.ts";

async function vaultOf(shop: Shop, tillId: string): Promise<VaultRow> {
  const { rows } = await shop.ask<{ rows: VaultRow[] }>("GET", `${SECRETS}/vaults`);
  const row = rows.find((each) => each.tillId === tillId);
  if (row === undefined) throw new Error("the office shows no such till");
  return row;
}

describe("how a till guards its secrets is the owner's choice, till by till", () => {
  let shop: Shop;
  let till: HeadlessTill;
  let tillId: string;
  beforeAll(async () => {
    shop = await openShop();
    [tillId = ""] = await shop.tillIds();
    till = await shop.enrol(tillId);
  });
  afterAll(() => shop.close());

  it("a till begins at «basic» without a lease, and says itself when it has changed over", async () => {
    const begun = { level: "basic", atTill: null, leaseHours: null, renewal: null };
    expect(await vaultOf(shop, tillId)).toMatchObject(begun);
    const chosen = await shop.ask<VaultRow>("PUT", `${SECRETS}/vaults/${tillId}/level`, {
      level: "server-half",
    });
    expect(chosen).toMatchObject({ level: "server-half", atTill: null });
    await till.pull();
    expect(till.told.get("vault-level")).toEqual({ type: "vault-level", level: "server-half" });
    await till.write({ kind: "vault-level", level: "server-half" });
    await till.deliver();
    expect(await vaultOf(shop, tillId)).toMatchObject({ level: "server-half", atTill: "server-half" });
  });

  it("the lease goes to that till alone; none ends it; hours out of range are refused", async () => {
    const other = await shop.enrol(await shop.addTill("二号机"));
    const put = (hours: unknown): Promise<readonly [number, string]> =>
      shop.refusal("PUT", `${SECRETS}/vaults/${tillId}/lease`, { hours });
    await shop.ask("PUT", `${SECRETS}/vaults/${tillId}/lease`, { hours: 24 });
    await Promise.all([till.pull(), other.pull()]);
    expect(till.told.get("vault-lease")).toEqual({ type: "vault-lease", hours: 24 });
    expect(other.told.get("vault-lease")).toBeUndefined();
    await shop.ask("PUT", `${SECRETS}/vaults/${tillId}/lease`, { hours: null });
    await till.pull();
    expect(till.told.get("vault-lease")).toEqual({ type: "vault-lease", hours: null });
    for (const hours of [0, -1, 745, 1.5, "24"]) expect(await put(hours)).toEqual([400, "invalid-input"]);
  });

  it("a revoked till's level and lease are changed no more", async () => {
    const gone = await shop.addTill("三号机");
    await shop.ask("POST", `/api/office/tills/${gone}/revoke`);
    const refused = [409, "till-revoked"];
    expect(await shop.refusal("PUT", `${SECRETS}/vaults/${gone}/level`, { level: "prf" })).toEqual(refused);
    expect(await shop.refusal("PUT", `${SECRETS}/vaults/${gone}/lease`, { hours: 1 })).toEqual(refused);
  });
});

describe("G21: the server's half of a vault's key", () => {
  let shop: Shop;
  let till: HeadlessTill;
  let tillId: string;
  beforeAll(async () => {
    shop = await openShop();
    [tillId = ""] = await shop.tillIds();
    till = await shop.enrol(tillId);
  });
  afterAll(() => shop.close());
  const post = async (body: Bytes, token: string | null): Promise<Response> => {
    const headers: Record<string, string> = { "content-type": "application/cbor" };
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    return await shop.wire(VAULT_HALF_PATH, { method: "POST", headers, body });
  };
  const half = async (who: HeadlessTill, generation: number | null): Promise<VaultHalfAnswer | null> => {
    await who.hello();
    const body = encodeVaultHalfRequest({ nonce: randomBytes(16), generation });
    const response = await post(body, who.token);
    const answer = new Uint8Array(await response.arrayBuffer());
    const { till: id, epoch } = who.certificate;
    return await openVaultHalf(who.keyset, answer, { till: id, epoch, requestHash: await hashRequest(body) });
  };

  it("is the same each time for one till, and another for every other", async () => {
    const other = await shop.enrol(await shop.addTill("二号机"));
    const [one, again, others] = [await half(till, null), await half(till, 1), await half(other, null)];
    expect(one?.half.length).toBe(32);
    expect([one?.generation, one?.next]).toEqual([1, null]);
    expect(toHex(again?.half ?? new Uint8Array())).toBe(toHex(one?.half ?? new Uint8Array()));
    expect(toHex(others?.half ?? new Uint8Array())).not.toBe(toHex(one?.half ?? new Uint8Array()));
  });

  it("counts for the request it answers, and for that till epoch alone", async () => {
    await till.hello();
    const body = encodeVaultHalfRequest({ nonce: randomBytes(16), generation: null });
    const answer = new Uint8Array(await (await post(body, till.token)).arrayBuffer());
    const { till: id, epoch } = till.certificate;
    const requestHash = await hashRequest(body);
    const open = (asked: Parameters<typeof openVaultHalf>[2]): Promise<VaultHalfAnswer | null> =>
      openVaultHalf(till.keyset, answer, asked);
    expect(await open({ till: id, epoch, requestHash })).not.toBeNull();
    expect(await open({ till: id, epoch: epoch + 1, requestHash })).toBeNull();
    expect(await open({ till: randomBytes(16), epoch, requestHash })).toBeNull();
    expect(await open({ till: id, epoch, requestHash: randomBytes(32) })).toBeNull();
    const changed = answer.with(answer.length - 1, (answer.at(-1) ?? 0) ^ 1);
    expect(await openVaultHalf(till.keyset, changed, { till: id, epoch, requestHash })).toBeNull();
  });

  it("B9: the next generation comes beside the one a wrap was made with, before that is given up", async () => {
    const before = await half(till, null);
    shop.server.clock.ms += HALF_SERVES_MS;
    const asked = await half(till, 1);
    expect(asked).toMatchObject({ generation: 1, next: { generation: 2 } });
    expect(toHex(asked?.half ?? new Uint8Array())).toBe(toHex(before?.half ?? new Uint8Array()));
    expect(toHex(asked?.next?.half ?? new Uint8Array())).not.toBe(toHex(asked?.half ?? new Uint8Array()));
    expect(await half(till, 2)).toMatchObject({ generation: 2, next: null });
    expect(await half(till, 99)).toMatchObject({ generation: 2, next: null });
  });

  it("is refused without a token, to other bytes, and to a till that was replaced or revoked", async () => {
    const body = encodeVaultHalfRequest({ nonce: randomBytes(16), generation: null });
    const refusal = async (response: Response): Promise<readonly [number, string]> => [
      response.status,
      ((await response.json()) as { error: { code: string } }).error.code,
    ];
    expect(await refusal(await post(body, null))).toEqual([401, "token-needed"]);
    expect(await refusal(await post(new Uint8Array([0xf6]), till.token))).toEqual([
      400,
      "not-a-vault-half-request",
    ]);
    const replaced = till;
    till = await shop.enrol(tillId);
    const notInService = [403, "till-not-in-service"];
    await replaced.hello();
    expect(await refusal(await post(body, replaced.token))).toEqual(notInService);
    await till.hello();
    expect((await post(body, till.token)).status).toBe(200);
    await shop.ask("POST", `/api/office/tills/${tillId}/revoke`);
    expect(await refusal(await post(body, till.token))).toEqual(notInService);
  });

  it("is counted by till: a program gone wild is told to wait", async () => {
    const wild = await shop.enrol(await shop.addTill("四号机"));
    const body = encodeVaultHalfRequest({ nonce: randomBytes(16), generation: null });
    const begunMs = performance.now();
    let given = 0;
    while ((await post(body, wild.token)).status === 200) given++;
    const filled = Math.ceil((performance.now() - begunMs) / HALVES_OF_A_TILL.everyMs);
    expect(given).toBeGreaterThanOrEqual(HALVES_OF_A_TILL.burst);
    expect(given).toBeLessThanOrEqual(HALVES_OF_A_TILL.burst + filled);
    expect((await post(body, wild.token)).status).toBe(429);
  });
});

describe("a vault whose wraps were lost is made anew, and the owner says whose it is (PROTOCOL §10)", () => {
  let shop: Shop;
  let till: HeadlessTill;
  let tillId: string;
  beforeAll(async () => {
    shop = await openShop();
    [tillId = ""] = await shop.tillIds();
    till = await shop.enrol(tillId);
  });
  afterAll(() => shop.close());
  const decide = (mine: boolean, seq: number): Promise<VaultRow> =>
    shop.ask("POST", `${SECRETS}/vaults/${tillId}/renewal`, { mine, epoch: till.certificate.epoch, seq });
  const boxes = (type: "site-key" | "unlock-key"): readonly FeedChange[] =>
    [...till.told.values()].filter((change) => change.type === type);

  it("B9: confirmed, everything is sealed anew and opens: PINs, week's keys, the key of unlocking", async () => {
    const { row, id } = await addCashier(shop, till, "林晓");
    await typePin(shop, row.id, "402917");
    await till.pull();
    const { till: tillBytes, epoch, store } = till.certificate;
    const asked = await till.renewVault();
    await till.deliver();
    if (asked.body?.kind !== "vault-renewed") throw new Error("the entry asks");
    const { renewal } = await vaultOf(shop, tillId);
    const digits = await renewalDigits(tillBytes, epoch, asked.body.vaultKey);
    expect(renewal).toMatchObject({ epoch, seq: asked.seq, digits });
    // Nothing new opens before the owner has spoken: the old boxes are not the new vault's.
    expect(await takes(till, id, "402917", shop.server.clock.ms)).toBe(false);
    expect((await decide(true, asked.seq)).renewal).toBeNull();
    await till.pull();
    expect(await takes(till, id, "402917", shop.server.clock.ms)).toBe(true);
    expect(till.told.get("till-state")).toEqual({ type: "till-state", state: "active" });
    for (const change of boxes("site-key")) {
      if (change.type !== "site-key") continue;
      expect(await till.unseal(siteKeyAad(tillBytes, store, change.keyEpoch), change.sealed)).not.toBeNull();
    }
    expect(boxes("site-key").length).toBe(3);
    const [unlockKey] = boxes("unlock-key");
    if (unlockKey?.type !== "unlock-key") throw new Error("the key of unlocking is told anew");
    expect(await till.unseal(unlockKeyAad(tillBytes, epoch), unlockKey.sealed)).not.toBeNull();
    shop.server.clock.ms += 1;
    const page = await till.pullPage("full");
    expect(page?.changes.filter((change) => change.type === "secret").length).toBe(1);
  });

  it("«it is not»: the key asked for gets nothing, and nothing is asked about it again", async () => {
    const asked = await till.renewVault();
    await till.deliver();
    expect((await decide(false, asked.seq)).renewal).toBeNull();
    const stored = await shop.server.services.db
      .selectFrom("books.till_epochs")
      .select("vault_key")
      .where("till_id", "=", till.certificate.till)
      .executeTakeFirstOrThrow();
    if (asked.body?.kind !== "vault-renewed") throw new Error("the entry asks");
    expect(toHex(stored.vault_key)).not.toBe(toHex(asked.body.vaultKey));
  });

  it("decided once, and only what stood on the screen: a later key is another question", async () => {
    const first = await till.renewVault();
    const second = await till.renewVault();
    await till.deliver();
    const changed = [409, "renewal-changed"];
    const path = `${SECRETS}/vaults/${tillId}/renewal`;
    const { epoch } = till.certificate;
    expect(await shop.refusal("POST", path, { mine: true, epoch, seq: first.seq })).toEqual(changed);
    await decide(true, second.seq);
    expect(await shop.refusal("POST", path, { mine: true, epoch, seq: second.seq })).toEqual(changed);
  });

  it("bytes that are no point of the curve are receipted and asked about by nobody", async () => {
    await till.write({ kind: "vault-renewed", vaultKey: new Uint8Array(65).fill(4) });
    await till.deliver();
    expect(till.receiptedSeq).toBe(till.head.seq);
    expect((await vaultOf(shop, tillId)).renewal).toBeNull();
  });
});
