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
import { DatabaseError } from "pg";
import { KeptAnswers, tablesRead, tablesWritten, type Message } from "./pglite-answers.ts";
import {
  affectedBy,
  BYTEA,
  int16,
  int32,
  message,
  parameterBytes,
  readColumns,
  readerOf,
  readRow,
  refusalOf,
  text,
  type Column,
} from "./pglite-messages.ts";

// Kysely over a PostgreSQL inside this process, by its wire protocol: every statement is parsed and planned
// once, and one call carries it there and back without an await (six times as many statements a second as
// PGlite's own `query`).

const SYNC = message("S", Buffer.alloc(0));
const EXECUTE = message("E", Buffer.concat([text(""), int32(0)]));
/** Statements that stay prepared; `in` lists and rows of several lengths make some hundreds. */
const MOST_PREPARED = 3000;

interface Prepared {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly formats: Buffer;
  /** See `tablesRead` and `tablesWritten`. */
  readonly reads: readonly string[] | null;
  readonly writes: readonly string[] | null;
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
 * transaction, and a server's own transactions are savepoints in it: taking back all that a schedule did is
 * one rollback, and what a server commits is there for every other reader all the same.
 */
export class WireDatabase {
  readonly #pg: PGlite;
  readonly #prepared = new Map<string, Prepared>();
  readonly #answers = new KeptAnswers();
  #names = 0;
  #inSchedule = false;
  /** A transaction in a schedule is a savepoint, and that is made by the first statement that writes. */
  #savepoint: "none" | "wanted" | "open" = "none";
  /** The savepoint of a transaction before is still there. */
  #isSpent = false;
  /** PostgreSQL refuses all until it is rolled back: what is kept must not answer in its place. */
  #isRefusing = false;

  constructor(pg: PGlite) {
    this.#pg = pg;
  }

  /** Runs one statement. Throws pg's own DatabaseError where PostgreSQL refuses. */
  run(sql: string, parameters: readonly unknown[]): QueryResult<Record<string, unknown>> {
    const prepared = this.#prepared.get(sql) ?? this.#prepare(sql);
    const call = callOf(prepared, parameters);
    const { reads } = prepared;
    if (reads === null) return this.#write(prepared, call);
    const key = this.#isRefusing ? null : call.toString("latin1");
    let answer = key === null ? null : this.#answers.find(key);
    if (answer === null) {
      answer = this.#ask(Buffer.concat([call, SYNC]));
      if (key !== null) this.#answers.keep(key, reads, answer);
    }
    return resultOf(prepared, answer);
  }

  #write(prepared: Prepared, call: Buffer): QueryResult<Record<string, unknown>> {
    const before = this.#savepoint === "wanted" ? this.#openSavepoint() : [];
    try {
      return resultOf(prepared, this.#ask(Buffer.concat([...before, call, SYNC])));
    } finally {
      this.#answers.changed(prepared.writes);
    }
  }

  /** What goes before the first statement that writes: one call carries all of it. */
  #openSavepoint(): readonly Buffer[] {
    const wanted = [...(this.#isSpent ? ["release savepoint one"] : []), "savepoint one"];
    const calls = wanted.map((sql) => callOf(this.#prepared.get(sql) ?? this.#prepare(sql), []));
    this.#savepoint = "open";
    this.#isSpent = false;
    return calls;
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
    this.#savepoint = "none";
    this.#isSpent = false;
    this.#isRefusing = false;
  }

  beginTransaction(): void {
    if (!this.#inSchedule) this.script("begin");
    else if (this.#savepoint === "none") this.#savepoint = "wanted";
    else throw new Error("simulation: a transaction is under way");
  }

  commitTransaction(): void {
    if (!this.#inSchedule) {
      this.script("commit");
      return;
    }
    // Given up with the next one: it keeps nothing back.
    if (this.#savepoint === "open") this.#isSpent = true;
    this.#savepoint = "none";
  }

  rollBackTransaction(): void {
    if (!this.#inSchedule) this.script("rollback");
    else if (this.#savepoint === "open") this.script("rollback to savepoint one; release savepoint one");
    this.#savepoint = "none";
    this.#isRefusing = false;
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
    this.#answers.changed(null);
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
      reads: tablesRead(sql),
      writes: tablesWritten(sql),
    };
    this.#prepared.set(sql, prepared);
    return prepared;
  }

  #ask(request: Buffer): readonly Message[] {
    const pieces: Uint8Array[] = [];
    // Answers before it returns; only the promise about a file system that is not there comes later. Its sync
    // twin would read every message a second time.
    const stream = { syncToFs: false, onRawData: (piece: Uint8Array) => void pieces.push(piece.slice()) };
    void this.#pg.execProtocolRawStream(request, stream);
    const answer = Buffer.concat(pieces);
    const messages: Message[] = [];
    for (let at = 0; at + 5 <= answer.length;) {
      const length = answer.readInt32BE(at + 1);
      const body = answer.subarray(at + 5, at + 1 + length);
      messages.push({ type: String.fromCharCode(answer[at] ?? 0), body });
      at += 1 + length;
    }
    const error = messages.find(({ type }) => type === "E");
    if (error) {
      this.#isRefusing = this.#inSchedule;
      throw refusalOf(error.body);
    }
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

function callOf(prepared: Prepared, parameters: readonly unknown[]): Buffer {
  const values = [text(""), text(prepared.name), ...parameterBytes(parameters), prepared.formats];
  return Buffer.concat([message("B", Buffer.concat(values)), EXECUTE]);
}

function resultOf(prepared: Prepared, answer: readonly Message[]): QueryResult<Record<string, unknown>> {
  const rows: Record<string, unknown>[] = [];
  let affected: bigint | undefined;
  for (const { type, body } of answer) {
    if (type === "D") rows.push(readRow(prepared.columns, body));
    // Of several in one call only what was asked for changes rows.
    else if (type === "C") affected = affectedBy(body) ?? affected;
  }
  return { rows, ...(affected === undefined ? {} : { numAffectedRows: affected }) };
}
