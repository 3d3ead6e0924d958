import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import { concat, type Bytes } from "#protocol/bytes.ts";
import type { SignedEntry } from "#protocol/entry.ts";
import { readShape } from "#protocol/shape.ts";

/**
 * A second copy of the finished signed entries outside IndexedDB (PROTOCOL §4): browsers have deleted whole
 * databases after a power cut. Written after `complete`, so it never holds what was not sold; read only in
 * recovery.
 */
export interface MirrorFile {
  append(bytes: Uint8Array): Promise<void>;
  readAll(): Promise<Bytes>;
  /** Cuts the file off after so many bytes. */
  truncate(length: number): Promise<void>;
}

const MAX_RECORD = 70 * 1024;
/** Read whole at each start: some weeks of a shop, and no more. */
const LONG_BYTES = 4 * 1024 * 1024;
/** The window that had the till before may take a moment to let go of the file. */
const LET_GO_TRIES = 20;
const LET_GO_MS = 100;

/** Whose entries stand in the copy, by the server's own word: with it the copy can be verified alone. */
export interface CopyCertificate {
  readonly certificate: Bytes;
  readonly rootSignature: Bytes;
}

/** All that a copy holds, in the order written. */
export interface CopyContents {
  readonly certificates: readonly CopyCertificate[];
  readonly entries: readonly SignedEntry[];
}

/** Marks a record as a certificate; an older program steps over it. */
const CERTIFICATE_MARK = "certificate/1";

export class Mirror {
  readonly #file: MirrorFile;
  #broken = false;
  #length = 0;

  constructor(file: MirrorFile) {
    this.#file = file;
  }

  /** True when the copy could not be written: the journal itself is safe, the second copy is not. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Adds an entry. A failing copy must not fail a sale that is on disk already: it is remembered instead. */
  async append(row: SignedEntry): Promise<void> {
    await this.#add(frame([row.bytes, row.signature]));
  }

  /** Says whose entries these are. */
  async certify({ certificate, rootSignature }: CopyCertificate): Promise<void> {
    await this.#add(frame([CERTIFICATE_MARK, certificate, rootSignature]));
  }

  /**
   * Begins the copy anew, for this epoch, with those of its entries that are still needed, and with what is
   * `carried`: that lies in the database beside them, and goes with it.
   */
  async beginAnew(
    whose: CopyCertificate,
    keep: readonly SignedEntry[],
    carried: CopyContents,
  ): Promise<void> {
    await this.#cut(0);
    const certificates = [whose, ...carried.certificates];
    const heads = certificates.map((one) => frame([CERTIFICATE_MARK, one.certificate, one.rootSignature]));
    const rows = [...carried.entries, ...keep].map((row) => frame([row.bytes, row.signature]));
    await this.#add(concat(...heads, ...rows));
  }

  /**
   * Every whole record, in the order written. What a crash cut short at the end is cut off: records written
   * behind it could never be found again.
   */
  async read(): Promise<CopyContents> {
    const all = await this.#whole();
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    const certificates: CopyCertificate[] = [];
    const entries: SignedEntry[] = [];
    let at = 0;
    while (at + 4 <= all.length) {
      const length = view.getUint32(at);
      if (length > MAX_RECORD || at + 4 + length > all.length) break;
      const decoded = decodeCbor(all.subarray(at + 4, at + 4 + length));
      // A record spoiled on the disk is stepped over: those behind it may still continue a head.
      if (decoded.ok) {
        const entry = readShape(decoded.value, (shape) => ({
          bytes: shape.bytes(),
          signature: shape.bytes(64),
        }));
        const certificate = entry ? null : readCertificate(decoded.value);
        if (entry) entries.push(entry);
        if (certificate) certificates.push(certificate);
      }
      at += 4 + length;
    }
    this.#length = at;
    if (at < all.length) await this.#cut(at);
    return { certificates, entries };
  }

  /** Has it grown so long that reading it at each start is felt? As of the last `read`. */
  get isLong(): boolean {
    return this.#length > LONG_BYTES;
  }

  async #add(records: Bytes): Promise<void> {
    try {
      await this.#file.append(records);
      this.#length += records.length;
    } catch {
      // Whatever the file system says, the truth for the shop is one: there is only one copy now.
      this.#broken = true;
    }
  }

  /**
   * A copy that cannot be read must not keep the shop shut: it is remembered, and the database stands alone.
   */
  async #whole(): Promise<Bytes> {
    try {
      return await this.#file.readAll();
    } catch {
      this.#broken = true;
      return new Uint8Array(0);
    }
  }

  async #cut(length: number): Promise<void> {
    try {
      await this.#file.truncate(length);
      this.#length = length;
    } catch {
      this.#broken = true;
    }
  }
}

function frame(record: Cbor): Bytes {
  const bytes = encodeCbor(record);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  return concat(length, bytes);
}

function readCertificate(record: Cbor): CopyCertificate | null {
  return readShape(record, (shape) => {
    shape.literal(CERTIFICATE_MARK);
    return { certificate: shape.bytes(undefined, 2048), rootSignature: shape.bytes(64) };
  });
}

/**
 * The mirror's file in the origin private file system; null where there is none. Only workers may open it.
 * Opened at the first use and, when that failed, again at the next: another window or a full disk may have
 * been in the way.
 */
export async function openMirrorFile(name = "journal.guitai"): Promise<MirrorFile | null> {
  if (!("storage" in navigator) || !("getDirectory" in navigator.storage)) return null;
  let access: FileSystemSyncAccessHandle | null = null;
  const reach = async (): Promise<FileSystemSyncAccessHandle> => {
    const directory = await navigator.storage.getDirectory();
    const handle = await directory.getFileHandle(name, { create: true });
    access ??= await handle.createSyncAccessHandle();
    return access;
  };
  return {
    async append(bytes) {
      const file = access ?? (await reach());
      const at = file.getSize();
      try {
        if (file.write(bytes as Bytes, { at }) !== bytes.length) throw new Error("mirror: no room");
        file.flush();
      } catch (cause) {
        // Half a record would hide every one that is written behind it.
        file.truncate(at);
        throw cause;
      }
    },
    async truncate(length) {
      const file = access ?? (await reach());
      file.truncate(length);
      file.flush();
    },
    async readAll() {
      const file = await letGo(reach);
      const all = new Uint8Array(file.getSize());
      file.read(all, { at: 0 });
      return all;
    },
  };
}

/** Asks until the file is free; throws what the last try threw. */
async function letGo<T>(reach: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await reach();
    } catch (cause) {
      const isHeld = cause instanceof DOMException && cause.name === "NoModificationAllowedError";
      if (!isHeld || tries >= LET_GO_TRIES) throw cause;
      await new Promise((resolve) => setTimeout(resolve, LET_GO_MS));
    }
  }
}
