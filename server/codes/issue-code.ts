// Issues a payment code (PROTOCOL §9, §11; G9): signed, with its number, its lease and its place in the
// server's journal, or not at all. The password is hashed into the code's tag and forgotten.
import { hashRaw } from "@node-rs/argon2";
import { randomInt } from "node:crypto";
import { drawCodeNumber } from "#domain/code-number.ts";
import type { CodeWay } from "#domain/code-way.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { concat, fromHex, randomBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";
import { newId, shortId } from "#protocol/ids.ts";
import type { IssueCodeRequest } from "#protocol/office-api.ts";
import {
  ARGON2_PROFILE_1,
  codeSalt,
  codeTag,
  numberTag,
  SALT_BYTES,
  signCode,
  TAG_BYTES,
  type CodePayload,
} from "#protocol/payment-code-bytes.ts";
import { audit } from "../audit.ts";
import { keysOf, seal, wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { everyTill, TOLD_AFTER_EXPIRY_MS, writeChange } from "../feed/changes.ts";
import { ensureKeyset } from "../feed/keyset-change.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { siteKey } from "../feed/site-keys.ts";
import { appendServerEntries } from "../journal/server-journal.ts";
import type { MerchantKeys } from "../keys/merchant-keys.ts";
import { currentPolicy } from "../merchants/code-policy.ts";
import { knownOfShop } from "../secrets/judge-secret.ts";
import { generateCodePassword } from "./code-password.ts";
import { planIssue, type IssuePlan, type IssueRefusal } from "./issue-plan.ts";
import { chooseKeyEpoch } from "./key-epoch.ts";

export interface Issued {
  readonly cti: Bytes;
  /** Shown this once (and again to a repeat of the same request); null when typed or none. */
  readonly generatedPassword: string | null;
}

export interface IssueFor {
  readonly merchant: Bytes;
  readonly userId: string;
}

/** Issues one code per request id, however often it is asked. */
export async function issueCode(
  books: Books,
  by: IssueFor,
  request: IssueCodeRequest,
): Promise<Result<Issued, IssueRefusal>> {
  const { db } = books;
  const { merchant } = by;
  const requestId = fromHex(request.requestId);
  const requestHash = await sha256(concat(utf8("guitai/issue-request/1"), requestId));
  const keys = await keysOf(books, db, merchant);
  const policy = await currentPolicy(db, merchant);
  const before = await issuedBefore(books, keys, requestHash, requestId, request);
  if (before !== null) return before;
  const nowMs = books.nowMs();
  const planned = planIssue(request, policy, nowMs, await knownOfShop(db, merchant));
  if (!planned.ok) return planned;
  const place = await choosePlace(books, merchant, request, policy.codeWay);
  if (!place.ok) return place;
  const keyEpoch = await chooseKeyEpoch(db, { merchant, ...place.value }, nowMs);
  if (keyEpoch === null) return refused({ code: "till-not-ready" });
  const plan = planned.value;
  const generated = plan.password === "generate";
  const password = generated
    ? await generateCodePassword(keys.masterSecret, requestId, policy.passwordKind)
    : plan.password;
  const text = typeof password === "string" ? password : (password?.typed ?? null);
  const made = await makeCode(books, keys, place.value, request, plan, keyEpoch, text);
  await ensureKeyset(books, merchant);
  const done = await writeCode(books, by, made, place.value, {
    requestHash,
    generated: generated ? policy.passwordKind : null,
  });
  if (!done.ok) {
    // The same request came twice at once and the other one was first: its code is the one.
    const first = await issuedBefore(books, keys, requestHash, requestId, request);
    if (first === null) throw new Error("issue-code: the first of two equal requests left no code");
    return first;
  }
  await publishChanges(books, merchant);
  await wake(books, merchant, "code");
  return accepted({ cti: made.cti, generatedPassword: generated ? text : null });
}

/**
 * The code this request id has issued, or null. Another wish under the same id is refused: answered with the
 * first one's code, it would print a sum or a password that nobody asked for.
 */
async function issuedBefore(
  books: Books,
  keys: MerchantKeys,
  requestHash: Uint8Array,
  requestId: Uint8Array,
  request: IssueCodeRequest,
): Promise<Result<Issued, IssueRefusal> | null> {
  const row = await books.db
    .selectFrom("books.issue_requests as r")
    .innerJoin("books.codes as c", (join) =>
      join.onRef("c.merchant_id", "=", "r.merchant_id").onRef("c.cti", "=", "r.cti"),
    )
    .select(["r.cti", "r.generated", "c.amount_minor", "c.kind", "c.rule", "c.only_till"])
    .where("r.merchant_id", "=", keys.merchantId)
    .where("r.request_hash", "=", requestHash)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { generated } = row;
  const mode = generated === null ? (row.rule === "none" ? "none" : "typed") : "generate";
  const same =
    row.amount_minor === request.amountMinor &&
    row.kind === request.kind &&
    mode === request.password.mode &&
    (row.only_till !== null) === request.onlyThisTill;
  if (!same) return refused({ code: "invalid-input", field: "requestId", problem: "used" });
  const generatedPassword =
    generated && (await generateCodePassword(keys.masterSecret, requestId, generated));
  return accepted({ cti: new Uint8Array(row.cti), generatedPassword });
}

interface Place {
  readonly store: Uint8Array;
  readonly leaseTill: Uint8Array | null;
  readonly leaseName: string;
  readonly onlyTill: Uint8Array | null;
  readonly currency: string;
}

/**
 * The home till: the one chosen, or, where codes are leased, the shop's only one. Without a home every till
 * asks, or takes it by the floor (§11).
 */
async function choosePlace(
  books: Books,
  merchant: Uint8Array,
  request: IssueCodeRequest,
  codeWay: CodeWay,
): Promise<Result<Place, IssueRefusal>> {
  // A lease nobody can see in the policy would surprise the till that is refused for it.
  if (codeWay === "online-only" && request.tillId !== null && !request.onlyThisTill) {
    return refused({ code: "leases-not-chosen" });
  }
  const { currency } = await books.db
    .selectFrom("control.merchants")
    .select("currency")
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  const tills = await books.db
    .selectFrom("books.tills")
    .select(["till_id", "store_id", "short_id", "name", "revoked_at_ms"])
    .where("merchant_id", "=", merchant)
    .execute();
  const usable = tills.filter((till) => till.revoked_at_ms === null);
  const chosen =
    request.tillId === null
      ? codeWay === "leased" && usable.length === 1
        ? usable[0]
        : undefined
      : tills.find((till) => till.short_id === request.tillId);
  if (request.tillId !== null && chosen === undefined) return refused({ code: "not-found" });
  if (chosen !== undefined && chosen.revoked_at_ms !== null) return refused({ code: "till-revoked" });
  if (request.onlyThisTill && chosen === undefined) {
    return refused({ code: "invalid-input", field: "tillId", problem: "needed" });
  }
  const store = chosen?.store_id ?? (await onlyStore(books, merchant));
  return accepted({
    store,
    leaseTill: chosen?.till_id ?? null,
    leaseName: chosen?.name ?? "",
    onlyTill: request.onlyThisTill ? (chosen?.till_id ?? null) : null,
    currency,
  });
}

async function onlyStore(books: Books, merchant: Uint8Array): Promise<Uint8Array> {
  const row = await books.db
    .selectFrom("books.stores")
    .select("store_id")
    .where("merchant_id", "=", merchant)
    .orderBy("store_id")
    .executeTakeFirstOrThrow();
  return row.store_id;
}

interface MadeCode {
  readonly cti: Bytes;
  readonly payload: CodePayload;
  readonly cose: Bytes;
  readonly sealedDigits: Bytes;
  readonly tag: Bytes;
  readonly atMs: number;
}

async function makeCode(
  books: Books,
  keys: MerchantKeys,
  place: Place,
  request: IssueCodeRequest,
  plan: IssuePlan,
  keyEpoch: number,
  password: string | null,
): Promise<MadeCode> {
  const cti = newId();
  const untagged: CodePayload = {
    issuer: shortId(keys.merchantId),
    audience: place.onlyTill
      ? { kind: "till", shortId: shortId(place.onlyTill) }
      : { kind: "store", shortId: shortId(place.store) },
    expiresAtMs: plan.expiresAtMs,
    validFromMs: plan.validFromMs,
    cti: toHex(cti),
    amountMinor: request.amountMinor,
    currency: place.currency,
    kind: request.kind,
    rule: password === null ? "none" : "own",
    keyEpoch,
    salt: randomBytes(SALT_BYTES),
    tag: new Uint8Array(TAG_BYTES),
  };
  const site = await siteKey(keys.masterSecret, place.store, keyEpoch);
  const payload =
    password === null
      ? untagged
      : { ...untagged, tag: await codeTag(site, untagged, await stretch(untagged, password)) };
  const digits = drawCodeNumber(() => randomInt(1e14).toString().padStart(14, "0"));
  return {
    cti,
    payload,
    cose: await signCode(keys.issuer.privateKey, keys.issuer.kid, payload),
    sealedDigits: await seal(keys, digitsField(cti), utf8(digits)),
    tag: await numberTag(site, digits),
    atMs: books.nowMs(),
  };
}

/** Where the 16 digits of a code are sealed to. */
export function digitsField(cti: Uint8Array): string {
  return `codes.digits/${toHex(cti)}`;
}

/** Argon2id, profile 1 (PROTOCOL §10): the same on the till that checks it. */
async function stretch(payload: CodePayload, password: string): Promise<Uint8Array> {
  return await hashRaw(password, {
    // Argon2id; the package's enum is a constant of its declarations only.
    algorithm: 2,
    memoryCost: ARGON2_PROFILE_1.memoryKib,
    timeCost: ARGON2_PROFILE_1.iterations,
    parallelism: ARGON2_PROFILE_1.parallelism,
    outputLen: ARGON2_PROFILE_1.bytes,
    salt: await codeSalt(payload.issuer, payload.salt),
  });
}

async function writeCode(
  books: Books,
  by: IssueFor,
  made: MadeCode,
  place: Place,
  request: { readonly requestHash: Uint8Array; readonly generated: "digits" | "letters" | null },
): Promise<Result<null, "asked-before">> {
  const { merchant } = by;
  const { cti, cose, payload } = made;
  const leaseTill = place.leaseTill && new Uint8Array(place.leaseTill);
  const said = { kind: "code-issued", cti, cose, leaseTill, amountMinor: payload.amountMinor } as const;
  return await appendServerEntries(books, merchant, [said], async (tx) => {
    const first = await tx
      .insertInto("books.issue_requests")
      .values({ merchant_id: merchant, request_hash: request.requestHash, cti, generated: request.generated })
      .onConflict((conflict) => conflict.doNothing())
      .returning("cti")
      .executeTakeFirst();
    if (first === undefined) return refused("asked-before" as const);
    await insertCode(tx, by, made, place);
    const audience = place.onlyTill === null ? everyTill : { till: place.onlyTill };
    const code = { type: "code", numberTag: made.tag, cose, cti } as const;
    // Of a code long over a new tablet need not hear: else its first page grew with the years.
    const untilMs = payload.expiresAtMs + TOLD_AFTER_EXPIRY_MS;
    await writeChange(tx, merchant, audience, code, made.atMs, untilMs);
    const lease = { type: "lease", cti, till: leaseTill, tillName: place.leaseName } as const;
    await writeChange(tx, merchant, audience, lease, made.atMs, untilMs);
    const detail = {
      code: shortId(cti),
      amountMinor: payload.amountMinor,
      password: payload.rule !== "none",
    };
    await audit(tx, { merchantId: merchant, atMs: made.atMs, who: by.userId, what: "code-issued", detail });
    return accepted(null);
  });
}

async function insertCode(
  tx: DatabaseTransaction,
  by: IssueFor,
  made: MadeCode,
  place: Place,
): Promise<void> {
  const { payload } = made;
  // The lock on the server's journal stands around this: nobody else counts meanwhile.
  const last = await tx
    .selectFrom("books.codes")
    .select((eb) => eb.fn.max("number").as("number"))
    .where("merchant_id", "=", by.merchant)
    .executeTakeFirst();
  await tx
    .insertInto("books.codes")
    .values({
      merchant_id: by.merchant,
      cti: made.cti,
      short_id: shortId(made.cti),
      number: (last?.number ?? 0) + 1,
      store_id: place.store,
      cose: made.cose,
      digits: made.sealedDigits,
      number_tag: made.tag,
      amount_minor: payload.amountMinor,
      currency: payload.currency,
      kind: payload.kind,
      rule: payload.rule,
      key_epoch: payload.keyEpoch,
      issued_at_ms: made.atMs,
      issued_by: by.userId,
      valid_from_ms: payload.validFromMs,
      expires_at_ms: payload.expiresAtMs,
      lease_till: place.leaseTill,
      only_till: place.onlyTill,
      lease_asked_at_ms: null,
      lease_wanted_till: null,
      revoked_at_ms: null,
    })
    .execute();
}
