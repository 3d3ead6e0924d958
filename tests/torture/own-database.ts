// A database of one's own on the PostgreSQL that DATABASE_URL names: every shop begins in an empty one, and
// what stood there before is not touched.
import { randomBytes } from "node:crypto";
import { Client } from "pg";

export interface OwnDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Needs a role that may create databases; throws PostgreSQL's own words where it may not. */
export async function makeOwnDatabase(serverUrl: string): Promise<OwnDatabase> {
  const name = `torture_${randomBytes(6).toString("hex")}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const say = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: serverUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await say(`create database ${name}`);
  return { url: url.href, drop: () => say(`drop database if exists ${name} with (force)`) };
}
