import { SAFE_OUTAGE_POLICY, type OutagePolicy } from "#domain/outage-policy.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import type { Hono } from "hono";
import { fromHex, randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";
import { MAX_PIECE_BYTES } from "#protocol/export-parcel.ts";
import { newId, shortId } from "#protocol/ids.ts";
import { SAFE_CODE_POLICY } from "#protocol/office-api.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import { openBooks, type Books } from "../../server/books.ts";
import { readCode } from "../../server/codes/code-rows.ts";
import { issueCode } from "../../server/codes/issue-code.ts";
import { releaseClaim } from "../../server/codes/move-lease.ts";
import { revokeCode } from "../../server/codes/revoke-code.ts";
import type { Database } from "../../server/db/tables.ts";
import { importParcel } from "../../server/exports/import-parcel.ts";
import { addPiece, beginParcel } from "../../server/exports/parcel-store.ts";
import { createApp } from "../../server/http/app.ts";
import type { AppEnv } from "../../server/http/env.ts";
import type { openPages } from "../../server/http/pages.ts";
import { savePolicy } from "../../server/merchants/code-policy.ts";
import { createShop } from "../../server/merchants/create-shop.ts";
import type { Services } from "../../server/services.ts";
import { activateTill, addTill, compareTill, revokeTill } from "../../server/office/till-commands.ts";
import { publishChanges } from "../../server/feed/sequencer.ts";
import type { CodeOrder, EntryPlace, Office, OfficeBooks, OfficeCode, StoredRun } from "./office.ts";

const ORIGIN = "http://localhost:8080";

/** Whose shop it is. */
export interface Shop {
  readonly merchant: Bytes;
  readonly userId: string;
}

/** Makes a shop with its owner, as set-up does. */
export async function foundShop(services: Services): Promise<Shop> {
  const [userId, merchant] = [toHex(newId()), newId()];
  const nowMs = services.nowMs();
  const email = `${userId}@example.com`;
  await services.db.transaction().execute(async (tx) => {
    await tx
      .insertInto("control.users")
      .values({ id: userId, name: email, email, email_verified: false, image: null })
      .execute();
    const shopName = "和平路早餐店";
    const language = "zh-CN";
    const founded = { merchantId: merchant, name: shopName, language, currency: "CNY", nowMs } as const;
    await services.merchants.create(tx, founded);
    await createShop(tx, services, { merchantId: merchant, userId, shopName, language, nowMs });
  });
  return { merchant, userId };
}

/** What an office is given: a server process that may end, and another that begins. */
export interface Process {
  readonly services: Services;
  /** Rejects when the process ends: nobody hears of it any more. */
  readonly over: Promise<never>;
}

/** What an office stands on. */
export interface OfficeParts {
  readonly start: () => Process;
  /** The database as somebody reads it who is no server: works while none runs. */
  readonly inspect: Database;
  readonly argon2: Argon2;
}

/** The real server code for one shop. */
export class ServerOffice implements Office {
  readonly argon2: Argon2;
  readonly #parts: OfficeParts;
  readonly #pages: ReturnType<typeof openPages>;
  readonly #shop: Shop;
  #process!: Process;
  #books!: Books;
  #app!: Hono<AppEnv>;

  private constructor(parts: OfficeParts, pages: ReturnType<typeof openPages>, shop: Shop) {
    this.#parts = parts;
    this.argon2 = parts.argon2;
    this.#pages = pages;
    this.#shop = shop;
  }

  static async open(
    parts: OfficeParts,
    pages: ReturnType<typeof openPages>,
    shop: Shop,
  ): Promise<ServerOffice> {
    const office = new ServerOffice(parts, pages, shop);
    await office.restart();
    return office;
  }

  async send(path: string, init: RequestInit): Promise<Response> {
    const { over } = this.#process;
    const headers = new Headers(init.headers);
    const { body = null, method = "GET" } = init;
    // As every browser says it; without it the server would read the body piece by piece.
    if (body instanceof Uint8Array) headers.set("content-length", String(body.length));
    return Promise.race([this.#app.request(`${ORIGIN}${path}`, { method, body, headers }), over]);
  }

  async expectTill(name: string): Promise<{ id: string; activation: string }> {
    const added = await addTill(this.#books, this.#by, name);
    if (!added.ok) throw new Error(`simulation: ${added.refusal.code}`);
    const id = toHex(added.value);
    const activation = await this.activate(id, null);
    if (activation === null) throw new Error("simulation: a new till is stopped");
    return { id, activation };
  }

  async activate(id: string, reason: RenewalReason | null): Promise<string | null> {
    const activation = await activateTill(this.#books, this.#by, shortId(fromHex(id)), reason);
    if (activation.ok) return activation.value.qrText;
    // A restored server may not know the till yet: then somebody adds one, as for one that was stopped.
    return null;
  }

  async standing(id: string, epoch: number): ReturnType<Office["standing"]> {
    const row = await this.#parts.inspect
      .selectFrom("books.till_epochs")
      .select("state")
      .where("merchant_id", "=", this.#shop.merchant)
      .where("till_id", "=", fromHex(id))
      .where("epoch", "=", epoch)
      .executeTakeFirst();
    return row?.state ?? null;
  }

  async sayItIsTheSame(id: string): Promise<void> {
    // Stopped or forgotten meanwhile: the office says so, and the tablet waits on.
    await compareTill(this.#books, this.#by, shortId(fromHex(id)), { same: true });
  }

  async importFile(bytes: Bytes): Promise<boolean> {
    const { db, nowMs } = this.#books;
    const key = { merchant: this.#shop.merchant, id: newId() };
    const facts = { size: bytes.length, hash: await sha256(bytes), by: this.#shop.userId, nowMs: nowMs() };
    if ((await beginParcel(db, key, facts)) === null) return false;
    for (let at = 0; at < bytes.length; at += MAX_PIECE_BYTES)
      await addPiece(db, key, at, bytes.slice(at, at + MAX_PIECE_BYTES));
    return (await importParcel(this.#books, key)).ok;
  }

  async releaseClaim(cti: string): Promise<void> {
    await releaseClaim(this.#books, this.#by, fromHex(cti));
  }

  async issue(order: CodeOrder): Promise<OfficeCode | null> {
    const issued = await issueCode(this.#books, this.#by, {
      requestId: toHex(randomBytes(16)),
      amountMinor: order.amountMinor,
      kind: order.kind,
      password: { mode: order.password === null ? "none" : "generate" },
      validDays: null,
      fromMs: null,
      tillId: order.till === null ? null : shortId(fromHex(order.till)),
      onlyThisTill: false,
    });
    if (!issued.ok) return null;
    const { cti, generatedPassword } = issued.value;
    const code = await readCode(this.#books, this.#shop.merchant, { cti });
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

  async savePolicy(validDays: number, outage: OutagePolicy = SAFE_OUTAGE_POLICY): Promise<void> {
    const { merchant, userId } = this.#shop;
    const { services } = this.#process;
    const policy = {
      ...SAFE_CODE_POLICY,
      ...outage,
      passwordRule: "above",
      passwordAboveMinor: 400_000,
      validDays,
    } as const;
    const saved = { merchant, policy, who: userId, nowMs: services.nowMs() };
    await services.db.transaction().execute((tx) => savePolicy(tx, saved));
    await publishChanges(this.#books, merchant);
  }

  async revokeTill(id: string): Promise<void> {
    await revokeTill(this.#books, this.#by, shortId(fromHex(id)));
  }

  async restart(): Promise<void> {
    this.#process = this.#parts.start();
    this.#books = await openBooks(this.#process.services);
    this.#app = createApp(this.#process.services, this.#pages);
  }

  async headSeq(id: string, epoch: number): Promise<number> {
    const row = await this.#parts.inspect
      .selectFrom("books.entries")
      .select((eb) => eb.fn.max("seq").as("seq"))
      .where("merchant_id", "=", this.#shop.merchant)
      .where("till_id", "=", fromHex(id))
      .where("epoch", "=", epoch)
      .executeTakeFirst();
    return row?.seq ?? -1;
  }

  get lineage(): string {
    return toHex(this.#process.services.instance.lineage);
  }

  async knowsCode(cti: string): Promise<boolean> {
    const row = await this.#parts.inspect
      .selectFrom("books.codes")
      .select("cti")
      .where("merchant_id", "=", this.#shop.merchant)
      .where("cti", "=", fromHex(cti))
      .executeTakeFirst();
    return row !== undefined;
  }

  async storedRuns(): Promise<readonly StoredRun[]> {
    const rows = await this.#parts.inspect
      .selectFrom("books.entries")
      .select((eb) => ["till_id", "epoch", eb.fn.max("seq").as("last"), eb.fn.countAll<number>().as("count")])
      .where("merchant_id", "=", this.#shop.merchant)
      .groupBy(["till_id", "epoch"])
      .execute();
    return rows.map(({ till_id, epoch, last, count }) => ({
      till: toHex(till_id),
      epoch,
      lastSeq: last,
      count: Number(count),
    }));
  }

  async books(): Promise<OfficeBooks> {
    const { inspect: db } = this.#parts;
    const { merchant } = this.#shop;
    const [entries, sales, claims, outcomes, findings, quarantined, losses] = await Promise.all([
      db.selectFrom("books.entries").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.sales").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.code_claims").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.outcomes").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.findings").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.quarantined").selectAll().where("merchant_id", "=", merchant).execute(),
      db.selectFrom("books.losses").selectAll().where("merchant_id", "=", merchant).execute(),
    ]);
    return {
      entries: entries
        .filter((row) => row.till_id.length === 16)
        .map((row) => ({ ...placeOf(row), hash: toHex(row.hash), arrival: row.arrival })),
      quarantined: new Set(quarantined.map((row) => toHex(row.hash))),
      sales: sales.map((row) => ({ ...placeOf(row), totalMinor: row.total_minor })),
      claims: new Map(claims.map((row) => [toHex(row.cti), placeOf(row)])),
      losses: outcomes.map((row) => ({ ...placeOf(row), lossMinor: row.loss_minor })),
      shortfalls: losses.map((row) => ({
        till: toHex(row.till_id),
        epoch: row.epoch,
        nextSeq: row.next_seq,
      })),
      found: new Set(
        findings.flatMap(({ kind, till_id, epoch }) =>
          till_id !== null && (kind === "fork" || kind === "damaged") ? [`${toHex(till_id)}:${epoch}`] : [],
        ),
      ),
    };
  }

  get #by(): { merchant: Bytes; userId: string } {
    return this.#shop;
  }
}

function placeOf(row: {
  readonly till_id: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
}): EntryPlace {
  return { till: toHex(row.till_id), epoch: row.epoch, seq: row.seq };
}
