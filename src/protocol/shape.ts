import type { Cbor } from "./cbor.ts";
import type { Bytes } from "./bytes.ts";

/**
 * Reads decoded CBOR by position and says no as soon as one member is not what the message has there.
 * `readShape` turns the first mismatch into null, so that callers have one refusal to name.
 */
export class Shape {
  readonly #members: readonly Cbor[];
  #at = 0;

  constructor(value: Cbor) {
    if (!Array.isArray(value)) throw new Mismatch();
    this.#members = value as readonly Cbor[];
  }

  /** The literal that must stand here: a version or a kind. */
  literal(expected: number | string): void {
    if (this.#next() !== expected) throw new Mismatch();
  }

  integer(min = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#next();
    if (typeof value !== "number" || value < min || value > max) throw new Mismatch();
    return value;
  }

  integerOrNull(): number | null {
    return this.#peekNull() ? null : this.integer();
  }

  bytes(length?: number, maxLength: number = Number.MAX_SAFE_INTEGER): Bytes {
    const value = this.#next();
    if (!(value instanceof Uint8Array)) throw new Mismatch();
    if (length === undefined ? value.length > maxLength : value.length !== length) throw new Mismatch();
    return value as Bytes;
  }

  bytesOrNull(length?: number): Bytes | null {
    return this.#peekNull() ? null : this.bytes(length);
  }

  /** Either bytes of this length or this one word. */
  bytesOrLiteral<const T extends string>(length: number, literal: T): Bytes | T {
    if (this.#members[this.#at] !== literal) return this.bytes(length);
    this.#at++;
    return literal;
  }

  /** Text without a zero byte: no message has one, and a database column takes none. */
  text(maxLength: number): string {
    const value = this.#next();
    if (typeof value !== "string" || value.length > maxLength || value.includes("\0")) throw new Mismatch();
    return value;
  }

  textOrNull(maxLength: number): string | null {
    return this.#peekNull() ? null : this.text(maxLength);
  }

  boolean(): boolean {
    const value = this.#next();
    if (typeof value !== "boolean") throw new Mismatch();
    return value;
  }

  oneOf<const T extends string>(names: readonly T[]): T {
    const value = this.#next();
    const found = names.find((name) => name === value);
    if (found === undefined) throw new Mismatch();
    return found;
  }

  /** An array inside, read by `read` with a shape of its own. */
  nested<T>(read: (inner: Shape) => T): T {
    const inner = new Shape(this.#next());
    const value = read(inner);
    inner.end();
    return value;
  }

  nestedOrNull<T>(read: (inner: Shape) => T): T | null {
    return this.#peekNull() ? null : this.nested(read);
  }

  /** A list of arrays, each read by `read`; at most `max` of them. */
  list<T>(max: number, read: (inner: Shape) => T): readonly T[] {
    const value = this.#next();
    if (!Array.isArray(value) || value.length > max) throw new Mismatch();
    return (value as readonly Cbor[]).map((member) => {
      const inner = new Shape(member);
      const item = read(inner);
      inner.end();
      return item;
    });
  }

  /** A list of at most `max` members, unread. */
  anyList(max: number): readonly Cbor[] {
    const value = this.#next();
    if (!Array.isArray(value) || value.length > max) throw new Mismatch();
    return value as readonly Cbor[];
  }

  /** Whatever stands here, unread: a body that a later version understands. */
  any(): Cbor {
    return this.#next();
  }

  /** Is there a further member? */
  more(): boolean {
    return this.#at < this.#members.length;
  }

  end(): void {
    if (this.#at !== this.#members.length) throw new Mismatch();
  }

  #next(): Cbor {
    const value = this.#members[this.#at++];
    if (value === undefined) throw new Mismatch();
    return value;
  }

  #peekNull(): boolean {
    if (this.#members[this.#at] !== null) return false;
    this.#at++;
    return true;
  }
}

class Mismatch extends Error {}

/** What `read` makes of the value, or null when some member is missing, too many, or of another kind. */
export function readShape<T>(value: Cbor, read: (shape: Shape) => T): T | null {
  try {
    const shape = new Shape(value);
    const result = read(shape);
    shape.end();
    return result;
  } catch (cause) {
    if (cause instanceof Mismatch) return null;
    throw cause;
  }
}
