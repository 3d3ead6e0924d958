import { DatabaseError, types } from "pg";

// The messages of PostgreSQL's wire protocol that the simulation's dialect sends and reads.

/** The type of `bytea`: the one that goes and comes as it is. */
export const BYTEA = 17;
const INT8 = 20;

/** A column of an answer, and how its value is read. */
export interface Column {
  readonly name: string;
  readonly read: (bytes: Buffer) => unknown;
}

/** One message: its letter, its length, its body. */
export function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** A string of the protocol, with the nought at its end. */
export function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, "utf8");
}

/** Two bytes, the high one first. */
export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

/** Four bytes, the high one first. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Formats, count and values of a Bind message: bytes go as they are, everything else as text. */
export function parameterBytes(parameters: readonly unknown[]): readonly Buffer[] {
  const formats: Buffer[] = [];
  const values: Buffer[] = [];
  for (const parameter of parameters) {
    const isBytes = parameter instanceof Uint8Array;
    formats.push(int16(isBytes ? 1 : 0));
    if (parameter === null || parameter === undefined) {
      values.push(int32(-1));
      continue;
    }
    const bytes = isBytes ? Buffer.from(parameter) : Buffer.from(textOf(parameter), "utf8");
    values.push(int32(bytes.length), bytes);
  }
  return [int16(parameters.length), ...formats, int16(parameters.length), ...values];
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `{${value.map(itemOf).join(",")}}`;
  return typeof value === "string" ? value : JSON.stringify(value);
}

function itemOf(value: unknown): string {
  if (value === null || value === undefined) return "NULL";
  if (Array.isArray(value)) return textOf(value);
  const plain = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString("hex")}` : textOf(value);
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

/** Names and types in a description of rows. */
export function readColumns(body: Buffer): readonly { readonly name: string; readonly oid: number }[] {
  const columns: { name: string; oid: number }[] = [];
  let at = 2;
  for (let n = body.readInt16BE(0); n > 0; n--) {
    const end = body.indexOf(0, at);
    columns.push({ name: body.toString("utf8", at, end), oid: body.readInt32BE(end + 7) });
    at = end + 19;
  }
  return columns;
}

/** As server/db/connection.ts has it: int8 is a number, and one that does not fit is a bug. */
export function readerOf(oid: number): (bytes: Buffer) => unknown {
  if (oid === BYTEA) return (bytes) => new Uint8Array(bytes);
  if (oid === INT8)
    return (bytes) => {
      const value = Number(bytes.toString("latin1"));
      if (!Number.isSafeInteger(value)) throw new RangeError("an int8 is not a safe integer");
      return value;
    };
  const parse = types.getTypeParser(oid, "text") as (value: string) => unknown;
  return (bytes) => parse(bytes.toString("utf8"));
}

/** One row in the answer to a statement with these columns. */
export function readRow(columns: readonly Column[], body: Buffer): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 2;
  for (const column of columns) {
    const length = body.readInt32BE(at);
    at += 4;
    row[column.name] = length < 0 ? null : column.read(body.subarray(at, at + length));
    if (length > 0) at += length;
  }
  return row;
}

/** «INSERT 0 3», «UPDATE 1», «DELETE 2»; nothing for what changes no rows. */
export function affectedBy(body: Buffer): bigint | undefined {
  const words = body.toString("latin1", 0, body.length - 1).split(" ");
  return /^(INSERT|UPDATE|DELETE|MERGE)$/u.test(words[0] ?? "") ? BigInt(words.at(-1) ?? "0") : undefined;
}

/** What pg throws when PostgreSQL answers this. */
export function refusalOf(body: Buffer): DatabaseError {
  const fields = new Map<string, string>();
  for (const field of body.toString("utf8").split("\0"))
    if (field !== "") fields.set(field.slice(0, 1), field.slice(1));
  const error = new DatabaseError(fields.get("M") ?? "refused", body.length, "error");
  error.code = fields.get("C");
  error.constraint = fields.get("n");
  error.detail = fields.get("D");
  return error;
}
