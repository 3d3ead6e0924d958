import type { PGlite } from "@electric-sql/pglite";
import {
  type CompiledQuery,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
} from "kysely";
import { DatabaseError, types } from "pg";

// Kysely over a PostgreSQL inside this process, by its wire protocol: every statement is parsed and planned
// once, and one call carries it there and back without an await (six times as many statements a second as
// PGlite's own `query`).

const SYNC = message("S", Buffer.alloc(0));
const BYTEA = 17;
const INT8 = 20;
/** Statements that stay prepared; `in` lists and rows of several lengths make some hundreds. */
const MOST_PREPARED = 3000;

interface Prepared {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly read: (bytes: Buffer) => unknown }[];
  readonly formats: Buffer;
}

/** What may happen to a server at its database; a schedule puts its own in here. */
export interface DatabaseHooks {
  /** Before each statement; throwing here is the database's refusal. */
  before(sql: string): void;
  /** After a commit that came through. */
  committed(): void;
}

/**
 * One PostgreSQL in memory and its single connection. While a schedule is played it stands inside one large
 * transaction, and a server's own transactions are savepoints in it: taking back all that a schedule did is one
 * rollback, and what a server commits is there for every other reader all the same.
 */
export class WireDatabase {
  readonly #pg: PGlite;
  readonly #prepared = new Map<string, Prepared>();
  #names = 0;
  #inSchedule = false;

  constructor(pg: PGlite) {
    this.#pg = pg;
  }

  /** Runs one statement. Throws pg's own DatabaseError where PostgreSQL refuses. */
  run(sql: string, parameters: readonly unknown[]): QueryResult<Record<string, unknown>> {
    const prepared = this.#prepared.get(sql) ?? this.#prepare(sql);
    const bind = message(
      "B",
      Buffer.concat([text(""), text(prepared.name), ...parameterBytes(parameters), prepared.formats]),
    );
    const answer = this.#ask(Buffer.concat([bind, message("E", Buffer.concat([text(""), int32(0)])), SYNC]));
    const rows: Record<string, unknown>[] = [];
    let affected: bigint | undefined;
    for (const { type, body } of answer) {
      if (type === "D") rows.push(readRow(prepared, body));
      else if (type === "C") affected = affectedBy(body);
    }
    return { rows, ...(affected === undefined ? {} : { numAffectedRows: affected }) };
  }

  /** Everything from here on can be taken back. */
  beginSchedule(): void {
    this.script("begin");
    this.#inSchedule = true;
  }

  /** Takes back all since `beginSchedule`. */
  endSchedule(): void {
    if (this.#inSchedule) this.script("rollback");
    this.#inSchedule = false;
  }

  beginTransaction(): void {
    this.run(this.#inSchedule ? "savepoint one" : "begin", []);
  }

  commitTransaction(): void {
    this.run(this.#inSchedule ? "release savepoint one" : "commit", []);
  }

  rollBackTransaction(): void {
    if (!this.#inSchedule) this.script("rollback");
    else this.script("rollback to savepoint one; release savepoint one");
  }

  /** One statement as a transaction of its own: refused, it must not spoil what stands around it. */
  runAlone(sql: string, parameters: readonly unknown[]): QueryResult<Record<string, unknown>> {
    if (!this.#inSchedule || sql.startsWith("select")) return this.run(sql, parameters);
    this.beginTransaction();
    try {
      const result = this.run(sql, parameters);
      this.commitTransaction();
      return result;
    } catch (cause) {
      this.rollBackTransaction();
      throw cause;
    }
  }

  /** Several statements at once, or one that is not worth preparing. */
  script(sql: string): void {
    this.#ask(message("Q", text(sql)));
  }

  #prepare(sql: string): Prepared {
    if (this.#prepared.size >= MOST_PREPARED) {
      this.#ask(message("Q", text("deallocate all")));
      this.#prepared.clear();
    }
    const name = `s${++this.#names}`;
    const parse = message("P", Buffer.concat([text(name), text(sql), int16(0)]));
    const describe = message("D", Buffer.concat([Buffer.from("S"), text(name)]));
    const answer = this.#ask(Buffer.concat([parse, describe, SYNC]));
    const described = answer.find(({ type }) => type === "T")?.body;
    const columns = described ? readColumns(described) : [];
    const formats = columns.map(({ oid }) => int16(oid === BYTEA ? 1 : 0));
    const prepared: Prepared = {
      name,
      columns: columns.map((column) => ({ name: column.name, read: readerOf(column.oid) })),
      formats: Buffer.concat([int16(formats.length), ...formats]),
    };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #ask(request: Buffer): readonly { readonly type: string; readonly body: Buffer }[] {
    const pieces: Uint8Array[] = [];
    // Answers before it returns; only the promise about a file system that is not there comes later. Its sync
    // twin would read every message a second time.
    const stream = { syncToFs: false, onRawData: (piece: Uint8Array) => void pieces.push(piece.slice()) };
    void this.#pg.execProtocolRawStream(request, stream);
    const answer = Buffer.concat(pieces);
    const messages: { type: string; body: Buffer }[] = [];
    for (let at = 0; at + 5 <= answer.length;) {
      const length = answer.readInt32BE(at + 1);
      const body = answer.subarray(at + 5, at + 1 + length);
      messages.push({ type: String.fromCharCode(answer[at] ?? 0), body });
      at += 1 + length;
    }
    const error = messages.find(({ type }) => type === "E");
    if (error) throw refusalOf(error.body);
    return messages;
  }
}

/**
 * A server's way to the database. Many servers may come one after the other; a transaction of one keeps all
 * others waiting, as a pool of one connection does. `end` is the death of the process: what it had begun is
 * rolled back, and whatever it still asks is refused.
 */
export class WireDialect implements Dialect {
  readonly #database: WireDatabase;
  readonly #hooks: DatabaseHooks;
  #driver: WireDriver | null = null;

  constructor(database: WireDatabase, hooks: DatabaseHooks) {
    this.#database = database;
    this.#hooks = hooks;
  }

  createDriver(): Driver {
    this.#driver = new WireDriver(this.#database, this.#hooks);
    return this.#driver;
  }

  end(): void {
    this.#driver?.end();
  }

  createQueryCompiler(): PostgresQueryCompiler {
    return new PostgresQueryCompiler();
  }

  createAdapter(): PostgresAdapter {
    return new PostgresAdapter();
  }

  createIntrospector(db: ConstructorParameters<typeof PostgresIntrospector>[0]): PostgresIntrospector {
    return new PostgresIntrospector(db);
  }
}

class WireDriver implements Driver {
  readonly #database: WireDatabase;
  readonly #hooks: DatabaseHooks;
  readonly #waiting: (() => void)[] = [];
  #taken = false;
  #open = false;
  #ended = false;

  constructor(database: WireDatabase, hooks: DatabaseHooks) {
    this.#database = database;
    this.#hooks = hooks;
  }

  async init(): Promise<void> {
    // The database is there already.
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#taken) await new Promise<void>((go) => this.#waiting.push(go));
    this.#taken = true;
    return {
      executeQuery: async <R>(query: CompiledQuery) =>
        this.#run(query.sql, query.parameters) as QueryResult<R>,
      streamQuery: () => {
        throw new Error("simulation: nothing streams rows");
      },
    };
  }

  async beginTransaction(): Promise<void> {
    this.#met("begin");
    this.#database.beginTransaction();
    this.#open = true;
  }

  async commitTransaction(): Promise<void> {
    this.#met("commit");
    this.#database.commitTransaction();
    this.#open = false;
    this.#hooks.committed();
  }

  async rollbackTransaction(): Promise<void> {
    this.#rollBack();
  }

  async releaseConnection(): Promise<void> {
    const next = this.#waiting.shift();
    // Handed on, not given free: whoever asks in between would overtake.
    if (next) next();
    else this.#taken = false;
  }

  async destroy(): Promise<void> {
    this.end();
  }

  end(): void {
    this.#rollBack();
    this.#ended = true;
  }

  #rollBack(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#database.rollBackTransaction();
  }

  #run(sql: string, parameters: readonly unknown[]): QueryResult<Record<string, unknown>> {
    this.#met(sql);
    if (this.#open) return this.#database.run(sql, parameters);
    const result = this.#database.runAlone(sql, parameters);
    if (!sql.startsWith("select")) this.#hooks.committed();
    return result;
  }

  /** What may happen before a statement; one of a server that is gone is refused. */
  #met(sql: string): void {
    if (!this.#ended) this.#hooks.before(sql);
    if (!this.#ended) return;
    const gone = new DatabaseError("the server is gone", 0, "error");
    // Not one that is tried again at once: whoever asked has ended with the process.
    gone.code = "57P01";
    throw gone;
  }
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0, "latin1");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`, "utf8");
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** Formats, count and values of a Bind message: bytes go as they are, everything else as text. */
function parameterBytes(parameters: readonly unknown[]): readonly Buffer[] {
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

function readColumns(body: Buffer): readonly { readonly name: string; readonly oid: number }[] {
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
function readerOf(oid: number): (bytes: Buffer) => unknown {
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

function readRow(prepared: Prepared, body: Buffer): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  let at = 2;
  for (const column of prepared.columns) {
    const length = body.readInt32BE(at);
    at += 4;
    row[column.name] = length < 0 ? null : column.read(body.subarray(at, at + length));
    if (length > 0) at += length;
  }
  return row;
}

/** «INSERT 0 3», «UPDATE 1», «DELETE 2»; nothing for what changes no rows. */
function affectedBy(body: Buffer): bigint | undefined {
  const words = body.toString("latin1", 0, body.length - 1).split(" ");
  return /^(INSERT|UPDATE|DELETE|MERGE)$/u.test(words[0] ?? "") ? BigInt(words.at(-1) ?? "0") : undefined;
}

function refusalOf(body: Buffer): DatabaseError {
  const fields = new Map<string, string>();
  for (const field of body.toString("utf8").split("\0"))
    if (field !== "") fields.set(field.slice(0, 1), field.slice(1));
  const error = new DatabaseError(fields.get("M") ?? "refused", body.length, "error");
  error.code = fields.get("C");
  error.constraint = fields.get("n");
  error.detail = fields.get("D");
  return error;
}
