/** A message of PostgreSQL's answer. */
export interface Message {
  readonly type: string;
  readonly body: Buffer;
}

const TABLE = /\b(?:control|books)"?\."?([a-z_]+)/gu;
/** What writes, locks, or answers something else each time. */
const NOT_ONLY_READ =
  /\b(?:for|insert|update|delete|merge|now|random|nextval|set_config|pg_\w+|current_\w+|backup)\b/u;

function tablesIn(sql: string): readonly string[] {
  return [...new Set(Array.from(sql.matchAll(TABLE), ([, name = ""]) => name))];
}

/** The tables on which alone the answer to this statement depends; null when it does more than read. */
export function tablesRead(sql: string): readonly string[] | null {
  const isRead = /^\s*(?:select|with)\b/u.test(sql) && !NOT_ONLY_READ.test(sql);
  const tables = isRead ? tablesIn(sql) : [];
  return tables.length === 0 ? null : tables;
}

/** The tables that this statement may change; null when that could be any. */
export function tablesWritten(sql: string): readonly string[] | null {
  if (/^(?:savepoint|release)\b/u.test(sql)) return [];
  const tables = tablesIn(sql);
  // Deleting a user takes rows of other tables along.
  return tables.length === 0 || /delete from "?control/u.test(sql) ? null : tables;
}

interface Kept {
  readonly at: number;
  readonly reads: readonly string[];
  readonly answer: readonly Message[];
}

/**
 * What a database answered that has one connection: as long as nobody wrote to the tables it is about, the
 * same question has the same answer. Half of what a server asks in a schedule it has asked before.
 */
export class KeptAnswers {
  readonly #kept = new Map<string, Kept>();
  readonly #writes = new Map<string, number>();
  #clock = 0;

  find(key: string): readonly Message[] | null {
    const kept = this.#kept.get(key);
    return kept?.reads.every((table) => (this.#writes.get(table) ?? 0) <= kept.at) ? kept.answer : null;
  }

  keep(key: string, reads: readonly string[], answer: readonly Message[]): void {
    this.#kept.set(key, { at: this.#clock, reads, answer });
  }

  /** These tables were written to; null: any may have been. */
  changed(tables: readonly string[] | null): void {
    this.#clock++;
    if (tables === null) this.#kept.clear();
    else for (const table of tables) this.#writes.set(table, this.#clock);
  }
}
