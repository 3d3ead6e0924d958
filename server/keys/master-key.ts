// The master key: 32 bytes in KEY_FILE, outside the data. Every secret in the database is sealed under it, so
// a copy of the database alone opens nothing.
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { randomBytes, utf8 } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { hkdf } from "#protocol/crypto.ts";
import { derivedFieldKey } from "./sealed-field.ts";
import type { FieldKey } from "./sealed-field.ts";
import { newRecoveryKey } from "./recovery-key.ts";

export interface MasterKey {
  /** Seals fields of the instance and the merchants' data keys. */
  readonly fieldKey: FieldKey;
  /** 16 bytes that tell this master key from another without giving it away. */
  readonly check: Bytes;
  /** Signs sign-in cookies. */
  readonly cookieSecret: Bytes;
  /** A new recovery key, and the master key sealed under it. */
  newRecoveryKey(): Promise<{ readonly text: string; readonly wrap: Bytes }>;
}

export type MasterKeyRefusal =
  | { readonly code: "master-key-missing"; readonly path: string }
  /** Others may read the file. `mode` is octal text. */
  | { readonly code: "master-key-readable"; readonly path: string; readonly mode: string }
  | { readonly code: "master-key-malformed"; readonly path: string };

export type MasterKeyResult =
  | { readonly ok: true; readonly value: MasterKey }
  | { readonly ok: false; readonly refusal: MasterKeyRefusal };

const keyBytes = 32;

/**
 * Reads KEY_FILE.
 * @param mayCreate only when the database holds nothing yet: a new key beside old data would open none of it
 */
export async function loadMasterKey(path: string, mayCreate: boolean): Promise<MasterKeyResult> {
  let stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined && mayCreate) {
    try {
      writeMasterKey(path, randomBytes(keyBytes));
    } catch (fault) {
      // Another server of the same shop made it in this moment: one key for both, and it is there now.
      if ((fault as NodeJS.ErrnoException).code !== "EEXIST") throw fault;
    }
    stat = statSync(path, { throwIfNoEntry: false });
  }
  if (stat === undefined) return { ok: false, refusal: { code: "master-key-missing", path } };
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, "0");
    return { ok: false, refusal: { code: "master-key-readable", path, mode } };
  }
  const text = stat.size > 200 ? "" : readFileSync(path, "utf8").trim();
  const raw = new Uint8Array(Buffer.from(text, "base64url"));
  if (!/^[A-Za-z0-9_-]{43}$/u.test(text) || raw.length !== keyBytes) {
    return { ok: false, refusal: { code: "master-key-malformed", path } };
  }
  return { ok: true, value: await masterKeyFrom(raw) };
}

/** A master key from its 32 bytes. */
export async function masterKeyFrom(raw: Uint8Array): Promise<MasterKey> {
  return {
    fieldKey: await derivedFieldKey(raw, "instance-fields"),
    check: await hkdf(raw, utf8("guitai/master-check/1"), 16),
    cookieSecret: await hkdf(raw, utf8("guitai/sign-in-cookie/1"), 32),
    newRecoveryKey: () => newRecoveryKey(raw),
  };
}

/** Writes a key file for its owner only. Never overwrites: throws EEXIST when one is there. */
export function writeMasterKey(path: string, raw: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${Buffer.from(raw).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    // A link, not a rename: a key that is there already must never be replaced by a fresh one.
    linkSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}
