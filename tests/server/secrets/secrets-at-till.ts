import { argon2id } from "hash-wasm";
import { pinSetAad, secretAad } from "../../../src/protocol/aads.ts";
import { randomBytes, sameBytes, toHex, type Bytes } from "../../../src/protocol/bytes.ts";
import type { FeedChange } from "../../../src/protocol/feed.ts";
import { usableKeys } from "../../../src/protocol/keyset.ts";
import { shortId } from "../../../src/protocol/ids.ts";
import type { OperatorRow, PinAnswer } from "../../../src/protocol/office-secrets-api.ts";
import { seal } from "../../../src/protocol/sealed.ts";
import { ARGON2_PROFILES, secretBytes } from "../../../src/protocol/vault-records.ts";
import type { HeadlessTill, Shop } from "../headless-till.ts";

export const SECRETS = "/api/office/secrets";

type Secret = Extract<FeedChange, { type: "secret" }>;

/** Argon2id as a tablet reckons it: another implementation than the server's. */
export async function atTill(text: string, salt: Bytes, profile: number): Promise<Bytes> {
  const cost = ARGON2_PROFILES.get(profile);
  const password = secretBytes(text);
  if (!cost || !password) throw new Error("no such profile, or no secret");
  const { memoryKib: memorySize, iterations, parallelism, bytes: hashLength } = cost;
  const options = { password, salt, memorySize, iterations, parallelism, hashLength };
  return new Uint8Array(await argon2id({ ...options, outputType: "binary" }));
}

/** Secrets of a subject that the till was told and that were not withdrawn, the newest first. */
export function secretsOf(till: HeadlessTill, subject: Uint8Array): readonly Secret[] {
  const told = [...till.told.values()];
  const withdrawn = told.flatMap((change) =>
    change.type === "secret-withdrawn" && sameBytes(change.subject, subject) ? [change.version] : [],
  );
  const last = Math.max(0, ...withdrawn);
  return told
    .filter((change): change is Secret => change.type === "secret" && sameBytes(change.subject, subject))
    .filter((change) => change.version > last)
    .toSorted((a, b) => b.version - a.version);
}

/** Would this till take `text` for the subject at `nowMs`? Opens each box as its vault would. */
export async function takes(
  till: HeadlessTill,
  subject: Uint8Array,
  text: string,
  nowMs: number,
): Promise<boolean> {
  for (const secret of secretsOf(till, subject)) {
    if (secret.fromMs > nowMs || (secret.untilMs !== null && secret.untilMs <= nowMs)) continue;
    const { till: id, epoch } = till.certificate;
    const a = await till.unseal(secretAad(id, epoch, secret.subject, secret.version), secret.sealed);
    if (a !== null && sameBytes(a, await atTill(text, secret.salt, secret.profile))) return true;
  }
  return false;
}

/** Adds a cashier; answers the row and the id's 16 bytes as a till knows it. */
export async function addCashier(
  shop: Shop,
  till: HeadlessTill,
  name: string,
  role: OperatorRow["role"] = "cashier",
): Promise<{ readonly row: OperatorRow; readonly id: Bytes }> {
  const row = await shop.ask<OperatorRow>("POST", `${SECRETS}/operators`, { name, role });
  await till.pull();
  return { row, id: operatorId(till, row.id) };
}

/** The whole id behind a short one, from what the till was told. */
export function operatorId(till: HeadlessTill, short: string): Bytes {
  for (const change of till.told.values())
    if (change.type === "operator" && shortId(change.operator) === short) return change.operator;
  throw new Error("the till was not told of this operator");
}

export async function operatorRow(shop: Shop, id: string): Promise<OperatorRow> {
  const { rows } = await shop.ask<{ rows: OperatorRow[] }>("GET", `${SECRETS}/operators`);
  const row = rows.find((each) => each.id === id);
  if (row === undefined) throw new Error("the office shows no such operator");
  return row;
}

export async function typePin(
  shop: Shop,
  id: string,
  text: string,
  overlapDays: 0 | 1 | 7 | 30 = 0,
): Promise<PinAnswer> {
  return await shop.ask<PinAnswer>("POST", `${SECRETS}/operators/${id}/pin`, {
    pin: { mode: "typed", text },
    overlapDays,
  });
}

/** What a till writes when an operator's PIN is made on it. */
export async function writePin(
  till: HeadlessTill,
  operator: Bytes,
  text: string,
  version: number,
  changed: { readonly profile?: number; readonly aadVersion?: number } = {},
): Promise<void> {
  const profile = changed.profile ?? 1;
  const salt = randomBytes(16);
  const { till: id, epoch } = till.certificate;
  const [exportKey] = usableKeys(till.keyset, "export");
  if (!exportKey) throw new Error("the till knows no export key");
  const a = await atTill(text, salt, Math.min(profile, 4));
  const aad = pinSetAad(id, epoch, operator, changed.aadVersion ?? version);
  const carried = { profile, salt, sealed: await seal(exportKey.key, aad, a) };
  await till.write({ kind: "pin-set", operator, version, carried });
}

/** Everything the database holds, as text in which bytes are hex: where no secret may stand. */
export async function everythingKept(shop: Shop): Promise<string> {
  const { db } = shop.server.services;
  const tables = [
    "books.secrets",
    "books.feed_changes",
    "books.pins_from_tills",
    "control.audit_log",
  ] as const;
  const rows = await Promise.all(tables.map((table) => db.selectFrom(table).selectAll().execute()));
  return JSON.stringify(rows, (_key, value: unknown) => (value instanceof Uint8Array ? toHex(value) : value));
}
