import type { Kysely, Transaction } from "kysely";
import type { BooksTables } from "./books-tables.ts";
import type { ControlTables } from "./control-tables.ts";

/** Every table, under its schema-qualified name: `db.selectFrom("control.merchants")`. */
export interface Tables extends ControlTables, BooksTables {}

export type Database = Kysely<Tables>;
/** A database transaction. Functions that must not stand alone take this and not `Database`. */
export type DatabaseTransaction = Transaction<Tables>;
