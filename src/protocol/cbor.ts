import { accepted, refused, type Result } from "#domain/result.ts";

/**
 * Deterministic CBOR (RFC 8949 §4.2.1), cut down to what the protocol allows (PROTOCOL §1): integers within
 * ±(2^53−1), byte strings, well-formed NFC text, arrays, maps, true, false, null. No floats, tags, indefinite
 * lengths. Decoding accepts exactly what encoding produces, so equal values have equal bytes and nobody needs
 * to re-encode.
 */
export type Cbor =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly Cbor[]
  | ReadonlyMap<CborKey, Cbor>;
export type CborKey = number | string;

/** Why bytes are not ours: `where` is the offset that reading had come to. */
export interface CborFault {
  readonly code: "not-deterministic-cbor";
  readonly what: string;
  readonly where: number;
}

/** Deeper nesting than any message has; keeps hostile input off the stack. */
const MAX_DEPTH = 16;
/** The largest message is a feed page of 4 MiB. */
const MAX_BYTES = 4 * 1024 * 1024;

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The one encoding of a value. Throws on what the protocol cannot say (a float, a lone surrogate, more levels
 * or bytes than a reader takes): a bug of the caller, better met before the bytes are signed than by whoever
 * has to read them.
 */
export function encodeCbor(value: Cbor): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  const push = (bytes: Uint8Array): void => {
    chunks.push(bytes);
    total += bytes.length;
  };
  const write = (item: Cbor, depth: number): void => {
    if (depth > MAX_DEPTH) throw new RangeError("cbor: too deep");
    if (item === null) push(Uint8Array.of(0xf6));
    else if (item === true) push(Uint8Array.of(0xf5));
    else if (item === false) push(Uint8Array.of(0xf4));
    else if (typeof item === "number") {
      if (!Number.isSafeInteger(item)) throw new TypeError("cbor: not a safe integer");
      push(item < 0 ? head(1, -1 - item) : head(0, item));
    } else if (typeof item === "string") {
      if (!item.isWellFormed() || item !== item.normalize("NFC"))
        throw new TypeError("cbor: text is not well-formed NFC");
      const bytes = utf8.encode(item);
      push(head(3, bytes.length));
      push(bytes);
    } else if (item instanceof Uint8Array) {
      push(head(2, item.length));
      push(item);
    } else if (isArray(item)) {
      push(head(4, item.length));
      for (const member of item) write(member, depth + 1);
    } else {
      push(head(5, item.size));
      const entries = [...item].map(([key, member]) => ({ key: encodeCbor(key), member }));
      entries.sort((a, b) => compareBytes(a.key, b.key));
      for (const { key, member } of entries) {
        push(key);
        write(member, depth + 1);
      }
    }
  };
  write(value, 0);
  if (total > MAX_BYTES) throw new RangeError("cbor: longer than 4 MiB");
  const out = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    out.set(chunk, offset);
    offset += chunk.length;
  }
  return out;
}

/** Reads one whole value. Refuses anything `encodeCbor` would not have written, trailing bytes included. */
export function decodeCbor(bytes: Uint8Array): Result<Cbor, CborFault> {
  if (bytes.length > MAX_BYTES)
    return refused({ code: "not-deterministic-cbor", what: "too long", where: MAX_BYTES });
  const reader = new Reader(bytes);
  try {
    const value = reader.value(0);
    if (reader.offset !== bytes.length) reader.fail("trailing bytes");
    return accepted(value);
  } catch (cause) {
    if (cause instanceof Malformed) {
      return refused({ code: "not-deterministic-cbor", what: cause.message, where: cause.where });
    }
    throw cause;
  }
}

class Malformed extends Error {
  readonly where: number;
  constructor(what: string, where: number) {
    super(what);
    this.where = where;
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get offset(): number {
    return this.#offset;
  }

  fail(what: string): never {
    throw new Malformed(what, this.#offset);
  }

  value(depth: number): Cbor {
    if (depth > MAX_DEPTH) this.fail("too deep");
    const initial = this.#byte();
    if (initial === 0xf6) return null;
    if (initial === 0xf5) return true;
    if (initial === 0xf4) return false;
    const argument = this.#argument(initial & 0x1f);
    switch (initial >> 5) {
      case 0:
        return argument;
      case 1:
        return this.#negative(argument);
      case 2:
        return this.#take(argument).slice();
      case 3:
        return this.#text(argument);
      case 4:
        return this.#array(argument, depth);
      case 5:
        return this.#map(argument, depth);
      default:
        return this.fail("tag, float or simple value");
    }
  }

  #negative(argument: number): number {
    const value = -1 - argument;
    return Number.isSafeInteger(value) ? value : this.fail("integer too large");
  }

  #text(length: number): string {
    const start = this.#offset;
    try {
      const text = strictUtf8.decode(this.#take(length));
      if (text === text.normalize("NFC")) return text;
    } catch (cause) {
      if (cause instanceof Malformed) throw cause;
      // TextDecoder says only that the bytes are no UTF-8; where they began is what helps.
    }
    throw new Malformed("text is not well-formed NFC", start);
  }

  #array(length: number, depth: number): Cbor[] {
    const members: Cbor[] = [];
    // Each member takes a byte at least: a huge count in a short message is refused before it is believed.
    if (length > this.#bytes.length - this.#offset) this.fail("cut short");
    for (let i = 0; i < length; i++) members.push(this.value(depth + 1));
    return members;
  }

  #map(size: number, depth: number): Map<CborKey, Cbor> {
    const map = new Map<CborKey, Cbor>();
    if (size > this.#bytes.length - this.#offset) this.fail("cut short");
    let last: Uint8Array | null = null;
    for (let i = 0; i < size; i++) {
      const start = this.#offset;
      const key = this.value(depth + 1);
      if (typeof key !== "number" && typeof key !== "string") this.fail("key is neither integer nor text");
      const keyBytes = this.#bytes.subarray(start, this.#offset);
      if (last && compareBytes(last, keyBytes) >= 0) this.fail("keys out of order or twice");
      last = keyBytes;
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) this.fail("cut short");
    this.#offset++;
    return byte;
  }

  #take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#offset) this.fail("cut short");
    const part = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return part;
  }

  /** The argument of a head; a longer form than needed is refused, since it would be a second spelling. */
  #argument(info: number): number {
    if (info < 24) return info;
    if (info > 27) this.fail("indefinite or reserved length");
    const width = 1 << (info - 24);
    let value = 0;
    for (const byte of this.#take(width)) value = value * 256 + byte;
    const smallest = width === 1 ? 24 : 2 ** (4 * width);
    if (value < smallest) this.fail("longer form than needed");
    if (!Number.isSafeInteger(value)) this.fail("integer too large");
    return value;
  }
}

function head(major: number, argument: number): Uint8Array {
  const top = major << 5;
  if (argument < 24) return Uint8Array.of(top | argument);
  const info = argument < 0x100 ? 24 : argument < 0x1_0000 ? 25 : argument < 0x1_0000_0000 ? 26 : 27;
  const out = new Uint8Array(1 + (1 << (info - 24)));
  out[0] = top | info;
  let rest = argument;
  for (let i = out.length - 1; i > 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

// Array.isArray does not narrow a readonly array out of the union.
function isArray(value: readonly Cbor[] | ReadonlyMap<CborKey, Cbor>): value is readonly Cbor[] {
  return Array.isArray(value);
}
