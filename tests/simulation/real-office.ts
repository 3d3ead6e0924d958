import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashRaw } from "@node-rs/argon2";
import type { Hono } from "hono";
import { fromHex, randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { newId, shortId } from "#protocol/ids.ts";
import { SAFE_CODE_POLICY } from "#protocol/office-api.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import { openBooks, type Books } from "../../server/books.ts";
import { readCode } from "../../server/codes/code-rows.ts";
import { issueCode } from "../../server/codes/issue-code.ts";
import { revokeCode } from "../../server/codes/revoke-code.ts";
import { startCluster } from "../../server/db/embedded/cluster.ts";
import { createApp } from "../../server/http/app.ts";
import type { AppEnv } from "../../server/http/env.ts";
import { openPages } from "../../server/http/pages.ts";
import type { Log } from "../../server/log.ts";
import { savePolicy } from "../../server/merchants/code-policy.ts";
import { createShop } from "../../server/merchants/create-shop.ts";
import { openServices } from "../../server/open-services.ts";
import type { Services } from "../../server/services.ts";
import { activateTill, addTill, revokeTill } from "../../server/office/till-commands.ts";
import { publishChanges } from "../../server/feed/sequencer.ts";
import type { CodeOrder, Office, OfficeBooks, OfficeCode } from "./office.ts";

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ORIGIN = "http://localhost:8080";

/** The same function as the till's own, several times as fast: it is not what is looked at. */
const nativeArgon2: Argon2 = async (secret, salt, profile) =>
  new Uint8Array(
    await hashRaw(secret, {
      // Argon2id; the package's enum is a constant of its declarations only.
      algorithm: 2,
      memoryCost: profile.memoryKib,
      timeCost: profile.iterations,
      parallelism: profile.parallelism,
      outputLen: profile.bytes,
      salt,
    }),
  );

/** The real server over a real PostgreSQL of its own: one house, a shop in it for each schedule. */
export interface House {
  openOffice(nowMs: () => number): Promise<Office>;
  close(): Promise<void>;
}

export async function openHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "guitai-simulation-"));
  mkdirSync(join(folder, "data"));
  const settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];
  const cluster = await startCluster({ dataDir: join(folder, "data"), log: silent, settings });
  if (!cluster.ok) throw new Error(`simulation: no database: ${cluster.refusal.code}`);
  let nowMs: () => number = () => 0;
  const opened = await openServices({
    config: {
      port: 8080,
      host: "127.0.0.1",
      dataDir: join(folder, "data"),
      databaseUrl: cluster.value.url,
      publicUrl: null,
      tls: null,
      keyFile: join(folder, "keys", "master.key"),
      trustedProxies: [],
      demo: false,
    },
    log: silent,
    nowMs: () => nowMs(),
    databaseUrl: cluster.value.url,
    stopping: new AbortController().signal,
  });
  if (!opened.ok) throw new Error(`simulation: the server refused: ${opened.refusal.code}`);
  const { services } = opened.value;
  return {
    openOffice: async (clock) => {
      nowMs = clock;
      // Each schedule begins at the same moment: what the last one signed must not be later than that.
      await services.db.deleteFrom("control.clock_mark").execute();
      return RealOffice.open(services, openPages(join(folder, "dist")));
    },
    close: async () => {
      await opened.value.close();
      await cluster.value.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

class RealOffice implements Office {
  readonly argon2: Argon2 = nativeArgon2;
  readonly #services: Services;
  readonly #pages: ReturnType<typeof openPages>;
  readonly #merchant: Bytes;
  readonly #userId: string;
  #books!: Books;
  #app!: Hono<AppEnv>;

  private constructor(
    services: Services,
    pages: ReturnType<typeof openPages>,
    merchant: Bytes,
    userId: string,
  ) {
    this.#services = services;
    this.#pages = pages;
    this.#merchant = merchant;
    this.#userId = userId;
  }

  static async open(services: Services, pages: ReturnType<typeof openPages>): Promise<RealOffice> {
    const [userId, merchantId] = [toHex(newId()), newId()];
    const nowMs = services.nowMs();
    const email = `${userId}@example.com`;
    await services.db.transaction().execute(async (tx) => {
      await tx
        .insertInto("control.users")
        .values({ id: userId, name: email, email, email_verified: false, image: null })
        .execute();
      const shopName = "和平路早餐店";
      const language = "zh-CN";
      await services.merchants.create(tx, { merchantId, name: shopName, language, currency: "CNY", nowMs });
      await createShop(tx, services, { merchantId, userId, shopName, language, nowMs });
    });
    const office = new RealOffice(services, pages, merchantId, userId);
    await office.restart();
    await office.savePolicy(30);
    return office;
  }

  async send(path: string, init: RequestInit): Promise<Response> {
    return this.#app.request(`${ORIGIN}${path}`, init);
  }

  async expectTill(name: string): Promise<{ id: string; activation: string }> {
    const added = await addTill(this.#books, this.#by, name);
    if (!added.ok) throw new Error(`simulation: ${added.refusal.code}`);
    const activation = await activateTill(this.#books, this.#by, shortId(added.value));
    if (!activation.ok) throw new Error(`simulation: ${activation.refusal.code}`);
    return { id: toHex(added.value), activation: activation.value.qrText };
  }

  async issue(order: CodeOrder): Promise<OfficeCode | null> {
    const issued = await issueCode(this.#books, this.#by, {
      requestId: toHex(randomBytes(16)),
      amountMinor: order.amountMinor,
      kind: order.kind,
      password: { mode: order.password === null ? "none" : "generate" },
      validDays: null,
      fromMs: null,
      tillId: shortId(fromHex(order.till)),
      onlyThisTill: false,
    });
    if (!issued.ok) return null;
    const { cti, generatedPassword } = issued.value;
    const code = await readCode(this.#books, this.#merchant, { cti });
    if (code === null || code.qrText === null || code.number === null) return null;
    const { amountMinor } = order;
    return {
      cti: toHex(cti),
      text: code.qrText,
      digits: code.number,
      password: generatedPassword,
      amountMinor,
    };
  }

  async revokeCode(cti: string): Promise<void> {
    // Spent, expired or revoked before: the office says so, and nothing changes.
    await revokeCode(this.#books, this.#by, fromHex(cti));
  }

  async savePolicy(validDays: number): Promise<void> {
    const merchant = this.#merchant;
    const policy = {
      ...SAFE_CODE_POLICY,
      passwordRule: "above",
      passwordAboveMinor: 400_000,
      validDays,
    } as const;
    const saved = { merchant, policy, who: this.#userId, nowMs: this.#services.nowMs() };
    await this.#services.db.transaction().execute((tx) => savePolicy(tx, saved));
    await publishChanges(this.#books, merchant);
  }

  async revokeTill(id: string): Promise<void> {
    await revokeTill(this.#books, this.#by, shortId(fromHex(id)));
  }

  async restart(): Promise<void> {
    this.#books = await openBooks(this.#services);
    this.#app = createApp(this.#services, this.#pages);
  }

  async headSeq(id: string): Promise<number> {
    const row = await this.#services.db
      .selectFrom("books.entries")
      .select((eb) => eb.fn.max("seq").as("seq"))
      .where("merchant_id", "=", this.#merchant)
      .where("till_id", "=", fromHex(id))
      .executeTakeFirst();
    return row?.seq ?? -1;
  }

  async books(): Promise<OfficeBooks> {
    const { db } = this.#services;
    const merchant = this.#merchant;
    const entries = await db
      .selectFrom("books.entries")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    const sales = await db
      .selectFrom("books.sales")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    const salesMinor = new Map<string, number>();
    for (const sale of sales) {
      const till = toHex(sale.till_id);
      salesMinor.set(till, (salesMinor.get(till) ?? 0) + sale.total_minor);
    }
    const claims = await db
      .selectFrom("books.code_claims")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    const outcomes = await db
      .selectFrom("books.outcomes")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    const findings = await db
      .selectFrom("books.findings")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    const quarantined = await db
      .selectFrom("books.quarantined")
      .selectAll()
      .where("merchant_id", "=", merchant)
      .execute();
    return {
      entries: entries
        .filter((row) => row.till_id.length === 16)
        .map(({ till_id, seq, hash, arrival }) => ({
          till: toHex(till_id),
          seq,
          hash: toHex(hash),
          arrival,
        })),
      quarantined: new Set(quarantined.map((row) => toHex(row.hash))),
      salesMinor,
      claims: new Map(claims.map((row) => [toHex(row.cti), { till: toHex(row.till_id), seq: row.seq }])),
      losses: outcomes.map(({ till_id, seq, loss_minor }) => ({
        till: toHex(till_id),
        seq,
        lossMinor: loss_minor,
      })),
      found: new Set(findings.flatMap((row) => (row.till_id === null ? [] : [toHex(row.till_id)]))),
    };
  }

  get #by(): { merchant: Bytes; userId: string } {
    return { merchant: this.#merchant, userId: this.#userId };
  }
}
