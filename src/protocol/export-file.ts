import { accepted, refused, type Result } from "#domain/result.ts";
import { concat, sameBytes, utf8, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { sha256 } from "./crypto.ts";
import { decodeEntry, MAX_ENTRY_BYTES, MAX_EPOCH, type SignedEntry } from "./entry.ts";
import { idKey } from "./ids.ts";
import { LINEAGE_BYTES } from "./keyset.ts";
import { ByteSource } from "./export-bytes.ts";
import { readShape } from "./shape.ts";

/**
 * «GTX1» (PROTOCOL §12): entries of one till and epoch in a file that only the server can open. The file is
 * `GTX1` ‖ header length (2 bytes) ‖ header ‖ mark (8) ‖ chunks; a chunk is mark (8) ‖ index (4) ‖ last (1) ‖
 * length (4) ‖ sealed bytes; the mark is the beginning of SHA-256(header). All chunks are sealed in one HPKE
 * context with aad = header ‖ index ‖ last, so none can be left out, moved, or taken from another file. Mark,
 * index and last stand in clear only to give a fault its name; what counts is the seal. Sealing and opening
 * stand in `export-seal.ts`.
 */
export interface ExportHeader {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  /** The entries in the file: all from `first` to `last`, both included. */
  readonly first: number;
  readonly last: number;
  /** The export key it is sealed to. */
  readonly kid: Bytes;
  /** HPKE's encapsulated key, 65 bytes. */
  readonly enc: Bytes;
}

/** Why a file was not taken. Nothing of it is stored then: a file is read to its end before it is used. */
export type ExportRefusal =
  /** Not one of our files, or of a version this program does not know. */
  | { readonly code: "not-an-export" }
  | { readonly code: "export-too-large"; readonly maxBytes: number }
  /**
   * The header was changed, or says what cannot be: more entries than a file holds, the last before the
   * first.
   */
  | { readonly code: "export-header-bad" }
  /** Sealed to a key that is not here: another installation's file. */
  | { readonly code: "export-key-unknown" }
  | { readonly code: "export-cut-short" }
  /** Bytes follow the last chunk. */
  | { readonly code: "export-trailing" }
  | { readonly code: "export-reordered"; readonly chunk: number }
  | { readonly code: "export-foreign-chunk"; readonly chunk: number }
  /** A byte was changed: the seal does not open. */
  | { readonly code: "export-damaged"; readonly chunk: number }
  /** The seal opens, but what is inside are not the entries that the header names. */
  | { readonly code: "export-content-bad"; readonly seq: number }
  /** Made by a till of another shop. */
  | { readonly code: "export-other-merchant" };

export const EXPORT_MAGIC: Bytes = utf8("GTX1");
/** Larger ones are refused; a till splits what it exports long before. */
export const MAX_EXPORT_BYTES: number = 32 * 1024 * 1024;
export const MAX_EXPORT_ENTRIES = 200_000;
export const MAX_CHUNK_BYTES: number = 4 * 1024 * 1024;
/** So large a till makes its chunks: little memory on a cheap tablet, few seals for the server. */
const CHUNK_BYTES = 512 * 1024;
const MAX_HEADER_BYTES = 512;
const MARK_BYTES = 8;
const FRAME_BYTES: number = MARK_BYTES + 4 + 1 + 4;
/** AES-GCM's tag. */
const TAG_BYTES = 16;
/** What an entry costs around its bytes: its signature and the heads of three CBOR items. */
const ENTRY_FRAME_BYTES = 72;

/** Seals or opens one chunk after the other; the order is part of the seal. Null: it does not open. */
export interface ChunkSealer {
  readonly enc: Bytes;
  seal(aad: Uint8Array, plain: Uint8Array): Promise<Bytes>;
}
export type ChunkOpener = (aad: Uint8Array, sealed: Uint8Array) => Promise<Bytes | null>;

export function encodeExportHeader(header: ExportHeader): Bytes {
  const { lineage, merchant, till, epoch, first, last, kid, enc } = header;
  return encodeCbor([1, lineage, merchant, till, epoch, first, last, kid, enc]);
}

function decodeExportHeader(bytes: Uint8Array): ExportHeader | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: shape.bytes(16),
      epoch: shape.integer(1, MAX_EPOCH),
      first: shape.integer(),
      last: shape.integer(),
      kid: shape.bytes(8),
      enc: shape.bytes(65),
    };
  });
}

function chunkAad(header: Uint8Array, index: number, last: boolean): Bytes {
  const tail = new Uint8Array(5);
  new DataView(tail.buffer).setUint32(0, index);
  tail[4] = last ? 1 : 0;
  return concat(header, tail);
}

async function markOf(header: Uint8Array): Promise<Bytes> {
  return (await sha256(header)).slice(0, MARK_BYTES);
}

/**
 * The pieces of a file with these entries, in order. `entries` are the header's first to last, one a seq.
 * Throws when there is none: an empty file says nothing.
 */
export async function* writeExport(
  facts: Omit<ExportHeader, "enc">,
  sealer: ChunkSealer,
  entries: readonly SignedEntry[],
  chunkBytes: number = CHUNK_BYTES,
): AsyncGenerator<Bytes> {
  if (entries.length === 0) throw new RangeError("export: no entries");
  const header = encodeExportHeader({ ...facts, enc: sealer.enc });
  const length = new Uint8Array(2);
  new DataView(length.buffer).setUint16(0, header.length);
  const mark = await markOf(header);
  yield concat(EXPORT_MAGIC, length, header, mark);
  let index = 0;
  for (let from = 0; from < entries.length; index++) {
    const to = chunkEnd(entries, from, chunkBytes);
    const last = to === entries.length;
    const plain = encodeCbor(entries.slice(from, to).map(({ bytes, signature }) => [bytes, signature]));
    const sealed = await sealer.seal(chunkAad(header, index, last), plain);
    const frame = new Uint8Array(FRAME_BYTES - MARK_BYTES);
    const view = new DataView(frame.buffer);
    view.setUint32(0, index);
    view.setUint8(4, last ? 1 : 0);
    view.setUint32(5, sealed.length);
    yield concat(mark, frame, sealed);
    from = to;
  }
}

/** One entry at least: none is longer than a chunk may be. */
function chunkEnd(entries: readonly SignedEntry[], from: number, chunkBytes: number): number {
  let size = 0;
  let to = from;
  for (; to < entries.length; to++) {
    size += exportedBytes(entries[to]);
    if (to > from && size > chunkBytes) break;
  }
  return to;
}

/** About how many bytes an entry takes in a file. */
export function exportedBytes(entry: Pick<SignedEntry, "bytes"> | undefined): number {
  return (entry?.bytes.length ?? 0) + ENTRY_FRAME_BYTES;
}

/** An opened file: its entries chunk by chunk. */
export interface OpenExport {
  readonly header: ExportHeader;
  /** The next chunk's entries, or null after the last one. After a refusal there is nothing more to ask. */
  next(): Promise<Result<readonly SignedEntry[] | null, ExportRefusal>>;
}

/** The header alone, for whoever carries the file and cannot open it. */
export async function readExportHeader(
  source: AsyncIterable<Uint8Array>,
): Promise<Result<ExportHeader, ExportRefusal>> {
  const read = await headerOf(new ByteSource(source));
  return read.ok ? accepted(read.value.header) : read;
}

async function headerOf(
  source: ByteSource,
): Promise<Result<{ readonly header: ExportHeader; readonly bytes: Bytes }, ExportRefusal>> {
  const head = await source.take(EXPORT_MAGIC.length + 2);
  if (head === null || !sameBytes(head.slice(0, 4), EXPORT_MAGIC)) return refused({ code: "not-an-export" });
  const length = new DataView(head.buffer, head.byteOffset).getUint16(EXPORT_MAGIC.length);
  if (length > MAX_HEADER_BYTES) return refused({ code: "not-an-export" });
  const bytes = await source.take(length);
  const mark = await source.take(MARK_BYTES);
  if (bytes === null || mark === null) return refused({ code: "export-cut-short" });
  if (!sameBytes(mark, await markOf(bytes))) return refused({ code: "export-header-bad" });
  const header = decodeExportHeader(bytes);
  if (header === null) return refused({ code: "not-an-export" });
  const { first, last } = header;
  if (last < first || last - first >= MAX_EXPORT_ENTRIES) return refused({ code: "export-header-bad" });
  return accepted({ header, bytes });
}

/**
 * Opens a file. `openerFor` gives the opener of the key that the header names, or null when it is not ours.
 * Holds one chunk in memory. Nothing of it may be used before `next` has answered null: a later chunk may
 * still be missing.
 */
export async function openExport(
  pieces: AsyncIterable<Uint8Array>,
  openerFor: (header: ExportHeader) => Promise<ChunkOpener | null>,
): Promise<Result<OpenExport, ExportRefusal>> {
  const source = new ByteSource(pieces);
  const read = await headerOf(source);
  if (!read.ok) return read;
  const { header, bytes } = read.value;
  const opener = await openerFor(header);
  if (opener === null) return refused({ code: "export-key-unknown" });
  const chunks = new Chunks(source, header, bytes, await markOf(bytes), opener);
  return accepted({ header, next: () => chunks.next() });
}

class Chunks {
  readonly #source: ByteSource;
  readonly #header: ExportHeader;
  readonly #headerBytes: Bytes;
  readonly #mark: Bytes;
  readonly #open: ChunkOpener;
  #index = 0;
  #seq: number;
  #ended = false;

  constructor(
    source: ByteSource,
    header: ExportHeader,
    headerBytes: Bytes,
    mark: Bytes,
    opener: ChunkOpener,
  ) {
    this.#source = source;
    this.#header = header;
    this.#headerBytes = headerBytes;
    this.#mark = mark;
    this.#open = opener;
    this.#seq = header.first;
  }

  async next(): Promise<Result<readonly SignedEntry[] | null, ExportRefusal>> {
    if (this.#ended) return this.#end();
    const chunk = this.#index;
    const frame = await this.#source.take(FRAME_BYTES);
    if (frame === null) return refused({ code: "export-cut-short" });
    const view = new DataView(frame.buffer, frame.byteOffset);
    const isLast = view.getUint8(MARK_BYTES + 4);
    const length = view.getUint32(MARK_BYTES + 5);
    if (!sameBytes(frame.slice(0, MARK_BYTES), this.#mark)) {
      return refused({ code: "export-foreign-chunk", chunk });
    }
    if (view.getUint32(MARK_BYTES) !== chunk) return refused({ code: "export-reordered", chunk });
    if (isLast > 1 || length <= TAG_BYTES || length > MAX_CHUNK_BYTES + TAG_BYTES) {
      return refused({ code: "export-damaged", chunk });
    }
    const sealed = await this.#source.take(length);
    if (sealed === null) return refused({ code: "export-cut-short" });
    const plain = await this.#open(chunkAad(this.#headerBytes, chunk, isLast === 1), sealed);
    if (plain === null) return refused({ code: "export-damaged", chunk });
    this.#index++;
    this.#ended = isLast === 1;
    return this.#entriesOf(plain);
  }

  async #end(): Promise<Result<null, ExportRefusal>> {
    if (!(await this.#source.atEnd())) return refused({ code: "export-trailing" });
    // Sealed by who holds the header's key, and yet fewer than it says: made by a till that is broken.
    if (this.#seq !== this.#header.last + 1) return refused({ code: "export-content-bad", seq: this.#seq });
    return accepted(null);
  }

  #entriesOf(plain: Bytes): Result<readonly SignedEntry[], ExportRefusal> {
    const decoded = decodeCbor(plain);
    const wrapped = decoded.ok ? [decoded.value] : [];
    const entries = readShape(wrapped, (shape) =>
      shape.list(MAX_EXPORT_ENTRIES, (entry) => ({
        bytes: entry.bytes(undefined, MAX_ENTRY_BYTES),
        signature: entry.bytes(64),
      })),
    );
    const { merchant, till, epoch, last } = this.#header;
    for (const signed of entries ?? []) {
      const entry = decodeEntry(signed.bytes);
      const belongs =
        entry !== null &&
        entry.till !== "server" &&
        idKey(entry.till) === idKey(till) &&
        idKey(entry.merchant) === idKey(merchant) &&
        entry.epoch === epoch &&
        entry.seq === this.#seq &&
        entry.seq <= last;
      if (!belongs) return refused({ code: "export-content-bad", seq: this.#seq });
      this.#seq++;
    }
    if (entries === null || entries.length === 0)
      return refused({ code: "export-content-bad", seq: this.#seq });
    return accepted(entries);
  }
}
