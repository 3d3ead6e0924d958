import { concat, sameBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor } from "#protocol/cbor.ts";
import { sha256 } from "#protocol/crypto.ts";
import { openKeyset, usableKeys, type Keyset, type KeysetKey } from "#protocol/keyset.ts";
import { readShape } from "#protocol/shape.ts";
import type { MirrorFile } from "./mirror.ts";

/** What stands in the database of a till and is public: whom its entries may be sealed to. */
export interface KnownKeys {
  readonly rootKey: Bytes;
  readonly keyset: Bytes;
  readonly signature: Bytes;
}

const CHECK_BYTES = 8;
const MAX_RECORD_BYTES = 300 * 1024;

/**
 * The server's public keys once more, outside the database: a till whose database was deleted must still be
 * able to seal what its second copy holds. Nothing in it is secret; what it says is believed as far as the
 * database of the same browser would be.
 */
export class ExportKeysFile {
  readonly #file: MirrorFile;

  constructor(file: MirrorFile) {
    this.#file = file;
  }

  /** Keeps these keys; does nothing when they stand there already. Throws when the file cannot be written. */
  async keep(keys: KnownKeys): Promise<void> {
    const record = encodeCbor([keys.rootKey, keys.keyset, keys.signature]);
    const all = await this.#file.readAll();
    const last = await lastRecord(all);
    if (last !== null && sameBytes(last, record)) return;
    const length = new Uint8Array(4);
    new DataView(length.buffer).setUint32(0, record.length);
    const check = (await sha256(record)).slice(0, CHECK_BYTES);
    // The new one is on disk before the old one goes: a crash between the two must leave one of them.
    await this.#file.append(concat(length, check, record));
    if (all.length > MAX_RECORD_BYTES) {
      await this.#file.truncate(0);
      await this.#file.append(concat(length, check, record));
    }
  }

  /** The keys kept last, or null when there are none that read. */
  async read(): Promise<KnownKeys | null> {
    const record = await lastRecord(await this.#file.readAll());
    const decoded = record && decodeCbor(record);
    if (!decoded?.ok) return null;
    return readShape(decoded.value, (shape) => ({
      rootKey: shape.bytes(65),
      keyset: shape.bytes(undefined, MAX_RECORD_BYTES),
      signature: shape.bytes(64),
    }));
  }
}

/** The last whole record; what a crash cut short behind it is stepped over. */
async function lastRecord(all: Bytes): Promise<Bytes | null> {
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  let last: Bytes | null = null;
  let at = 0;
  while (at + 4 + CHECK_BYTES <= all.length) {
    const length = view.getUint32(at);
    const from = at + 4 + CHECK_BYTES;
    if (length > MAX_RECORD_BYTES || from + length > all.length) break;
    const record = all.slice(from, from + length);
    const check = all.slice(at + 4, from);
    if (sameBytes(check, (await sha256(record)).slice(0, CHECK_BYTES))) last = record;
    at = from + length;
  }
  return last;
}

/** The verified keyset of these keys; null when its root signature does not hold. */
export function keysetOf(keys: KnownKeys): Promise<Keyset | null> {
  return openKeyset(keys.rootKey, keys.keyset, keys.signature, null);
}

/** The key that exports are sealed to: the newest active one, else the newest not withdrawn. */
export function exportKeyOf(keyset: Keyset): KeysetKey | null {
  const keys = usableKeys(keyset, "export").toSorted((a, b) => b.notBeforeMs - a.notBeforeMs);
  return keys.find((key) => key.state === "active") ?? keys[0] ?? null;
}
