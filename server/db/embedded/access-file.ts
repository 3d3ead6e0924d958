// How to reach the embedded database while it runs. Only its owner may read the file: it holds both
// passwords.
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";

export interface Access {
  /** For making the role and the database, once. */
  readonly adminPassword: string;
  /** For the role `guitai`, which owns its database and is no administrator. */
  readonly password: string;
  /** Role and database are made. */
  readonly ready: boolean;
  /** Where it listens on 127.0.0.1 since the last start; 0 before the first. */
  readonly port: number;
}

const accessSchema: v.GenericSchema<Access> = v.strictObject({
  adminPassword: v.string(),
  password: v.string(),
  ready: v.boolean(),
  port: v.number(),
});

const pathIn = (dataDir: string): string => join(dataDir, "postgres-access.json");

export function readAccess(dataDir: string): Access | null {
  let text: string;
  try {
    text = readFileSync(pathIn(dataDir), "utf8");
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw fault;
  }
  return v.parse(accessSchema, JSON.parse(text));
}

export function newAccess(): Access {
  const password = (): string => randomBytes(24).toString("base64url");
  return { adminPassword: password(), password: password(), ready: false, port: 0 };
}

/** Replaces the file whole: a half-written one would lock the shop out of its own books. */
export function writeAccess(dataDir: string, access: Access): void {
  const draft = `${pathIn(dataDir)}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(access), { mode: 0o600, flush: true });
  renameSync(draft, pathIn(dataDir));
}

/** The connection URL of the embedded database. */
export function accessUrl(access: Access, role: "guitai" | "postgres" = "guitai"): string {
  const password = role === "guitai" ? access.password : access.adminPassword;
  return `postgres://${role}:${password}@127.0.0.1:${access.port}/${role}`;
}
