import { judgeCode, type CodeCover } from "#domain/payment-code.ts";
import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { refusalForScan } from "#domain/scan-refusal.ts";
import { classifyScannedCode } from "#domain/scanned-code.ts";
import { readTypedNumber } from "#domain/code-number.ts";
import { fromHex, toHex, type Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { authenticateCode, readCodeText, type AuthenticCode } from "#protocol/payment-code-bytes.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import type { PinWorker, SealedBytes } from "#protocol/pin-calls.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { TillTime } from "./till-time.ts";
import type { OpenVault } from "./vault/open-vault.ts";

/** A code that this till would take: its signature holds and nothing known here speaks against it. */
export interface PresentableCode extends AuthenticCode {
  readonly via: "scan" | "number";
  readonly cover: CodeCover;
  /** By whose leave this till takes it; `ask`: the server's, or the floor's, still to be had. */
  readonly way: "own" | "lease" | "ask" | "claim" | "floor";
  /** Whose password is asked for before it is taken: its own replaces the method's, never both. */
  readonly password: "none" | "own" | "method";
  /** What opens the tag's key; null when the code has no password of its own. */
  readonly siteKey: SealedBytes | null;
}

/** A refusal, and the code it is about when its signature held: before that nothing of it may be recorded. */
export interface RefusedCode {
  readonly refusal: CodeRefusal | TillRefusal;
  readonly cti: Bytes | null;
}

/** How many weeks' keys a typed number is tried under, newest first. */
const MAX_NUMBER_EPOCHS = 70;

/** Judges presented codes with what this till holds; needs no network (PROTOCOL §9). */
export class CodeDesk {
  readonly #db: TillDatabase;
  readonly #identity: IdentityRow;
  readonly #time: TillTime;
  readonly #vault: OpenVault;

  constructor(db: TillDatabase, identity: IdentityRow, time: TillTime, vault: OpenVault) {
    this.#db = db;
    this.#identity = identity;
    this.#time = time;
    this.#vault = vault;
  }

  /** A scanned text: payment code or 16-digit number; anything else is refused by what it is. */
  async fromScan(
    text: string,
    keyset: Keyset,
    dueMinor: number | null,
  ): Promise<Result<PresentableCode, RefusedCode>> {
    const scanned = classifyScannedCode(text);
    if (scanned.kind === "code-number") return this.fromNumber(scanned.digits, keyset, dueMinor);
    if (scanned.kind !== "payment-code") return refused({ refusal: refusalForScan(scanned), cti: null });
    const cose = readCodeText(scanned.text);
    if (!cose.ok) return refused({ refusal: cose.refusal, cti: null });
    return this.#judge(cose.value, "scan", keyset, dueMinor);
  }

  /** A typed 16-digit number, looked up under the keys of the weeks this till holds. */
  async fromNumber(
    typed: string,
    keyset: Keyset,
    dueMinor: number | null,
  ): Promise<Result<PresentableCode, RefusedCode>> {
    const number = readTypedNumber(typed);
    if (!number.ok) return refused({ refusal: { code: "number-mistyped" }, cti: null });
    const rows = await this.#db.siteKeys.orderBy("keyEpoch").reverse().limit(MAX_NUMBER_EPOCHS).toArray();
    const siteKeys = rows.map((row) => this.#sealedFor(row.keyEpoch, row.sealed));
    const tags = await this.#vault.withWorker((worker: Pick<PinWorker, "numberTags">, material) =>
      worker.numberTags(material, siteKeys, number.value),
    );
    for (const tag of tags) {
      const row = await this.#db.codes.get(toHex(tag));
      if (row) return this.#judge(row.cose, "number", keyset, dueMinor);
    }
    return refused({ refusal: { code: "unknown-number" }, cti: null });
  }

  async #judge(
    cose: Bytes,
    via: "scan" | "number",
    keyset: Keyset,
    dueMinor: number | null,
  ): Promise<Result<PresentableCode, RefusedCode>> {
    const authentic = await authenticateCode(cose, keyset, this.#identity.merchant);
    if (!authentic.ok) return refused({ refusal: authentic.refusal, cti: null });
    const { payload } = authentic.value;
    const cti = fromHex(payload.cti);
    const { nowMs, clockMs, quality } = this.#time.read();
    // Nobody knows whether the code is valid today: a manager or the server has to say what day it is first.
    if (quality === "leap") return refused({ refusal: { code: "clock", clockMs, nowMs }, cti });
    const siteKeyRow = await this.#db.siteKeys.get(payload.keyEpoch);
    const shop = await this.#db.setting("shop");
    const spent = await this.#db.spent.get(payload.cti);
    const judged = judgeCode(payload, {
      nowMs,
      storeShortId: shortId(this.#identity.store),
      tillShortId: shortId(this.#identity.till),
      currency: shop?.currency ?? "CNY",
      revoked: (await this.#db.revoked.get(payload.cti)) !== undefined,
      spent: spent ?? null,
      lease: await this.#lease(payload.audience.kind, payload.cti),
      // The shop's password is bound to no code, or rotating it would end all that are in people's hands.
      keyEpochHeld: siteKeyRow !== undefined || payload.rule === "method",
      dueMinor,
    });
    if (!judged.ok) return refused({ refusal: judged.refusal, cti });
    const { way, ...cover } = judged.value;
    const own = way === "lease" && payload.audience.kind === "till";
    const { rule: password } = payload;
    const asksOwn = password === "own" && siteKeyRow;
    const siteKey = asksOwn ? this.#sealedFor(siteKeyRow.keyEpoch, siteKeyRow.sealed) : null;
    return accepted({ ...authentic.value, via, cover, way: own ? "own" : way, password, siteKey });
  }

  async #lease(
    audience: "store" | "till",
    cti: string,
  ): Promise<{ readonly held: "here" | "none" } | { readonly held: "elsewhere"; readonly tillName: string }> {
    const lease = await this.#db.leases.get(cti);
    // A code that names this till needs no lease: no other till would take it.
    if (!lease || lease.till === null) return { held: audience === "till" ? "here" : "none" };
    if (lease.till === toHex(this.#identity.till)) return { held: "here" };
    return { held: "elsewhere", tillName: lease.tillName };
  }

  #sealedFor(keyEpoch: number, sealed: Bytes): SealedBytes {
    return { sealed, aad: siteKeyAad(this.#identity.till, this.#identity.store, keyEpoch) };
  }
}
