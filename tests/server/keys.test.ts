import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import { importPublicKey, keyId, sign, verify } from "#protocol/crypto.ts";
import { newId } from "#protocol/ids.ts";
import type { Database } from "../../server/db/tables.ts";
import { hasInstance, openInstance } from "../../server/keys/instance.ts";
import { loadMasterKey, masterKeyFrom, writeMasterKey } from "../../server/keys/master-key.ts";
import { ISSUER_SIGNS_MS, merchantKeyring } from "../../server/keys/merchant-keys.ts";
import { newRecoveryKey, openWithRecoveryKey } from "../../server/keys/recovery-key.ts";
import { fieldKey, openField, sealField, tryOpenField } from "../../server/keys/sealed-field.ts";
import { freshDatabase } from "./database.ts";

const nowMs = 1_800_000_000_000;
const folder = mkdtempSync(join(tmpdir(), "guitai-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("KEY_FILE", () => {
  it("is made on the first start for its owner only, and read the same again", async () => {
    const path = join(folder, "new", "master.key");
    const made = await loadMasterKey(path, true);
    const again = await loadMasterKey(path, false);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8")).toMatch(/^[A-Za-z0-9_-]{43}\n$/u);
    expect(made.ok && again.ok && toHex(made.value.check) === toHex(again.value.check)).toBe(true);
  });

  it("is never made beside data that need the old one", async () => {
    const path = join(folder, "gone.key");
    expect(await loadMasterKey(path, false)).toEqual({
      ok: false,
      refusal: { code: "master-key-missing", path },
    });
  });

  it.each([0o640, 0o604, 0o660, 0o644])("mode %o is refused: others may read it", async (mode) => {
    const path = join(folder, `mode-${mode}.key`);
    writeMasterKey(path, randomBytes(32));
    chmodSync(path, mode);
    const refused = await loadMasterKey(path, true);
    expect(refused.ok ? "" : refused.refusal.code).toBe("master-key-readable");
  });

  it.each([
    ["31 bytes", randomBytes(31)],
    ["33 bytes", randomBytes(33)],
    ["nothing", new Uint8Array()],
  ])("with %s is refused", async (what, bytes) => {
    const path = join(folder, `${what}.key`);
    writeFileSync(path, Buffer.from(bytes).toString("base64url"), { mode: 0o600 });
    const refused = await loadMasterKey(path, true);
    expect(refused.ok ? "" : refused.refusal.code).toBe("master-key-malformed");
  });

  it("is never overwritten", () => {
    const path = join(folder, "kept.key");
    writeMasterKey(path, randomBytes(32));
    const kept = readFileSync(path, "utf8");
    expect(() => writeMasterKey(path, randomBytes(32))).toThrow(/EEXIST/u);
    expect(readFileSync(path, "utf8")).toBe(kept);
  });
});

describe("sealed fields", () => {
  const place = { merchant: newId(), field: "a.b", version: 1 };

  it("open for their place and nowhere else", async () => {
    const key = await fieldKey(randomBytes(32));
    const plain = randomBytes(40);
    const sealed = await sealField(key, place, plain);
    expect(toHex(await openField(key, place, sealed))).toBe(toHex(plain));
    for (const elsewhere of [{ merchant: newId() }, { merchant: null }, { field: "a.c" }, { version: 2 }]) {
      expect(await tryOpenField(key, { ...place, ...elsewhere }, sealed)).toBeNull();
    }
    expect(await tryOpenField(await fieldKey(randomBytes(32)), place, sealed)).toBeNull();
  });

  it("with any byte changed, or cut short, do not open", async () => {
    const key = await fieldKey(randomBytes(32));
    const sealed = await sealField(key, place, randomBytes(8));
    for (const at of sealed.keys()) {
      const changed = sealed.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(await tryOpenField(key, place, changed)).toBeNull();
    }
    for (const length of [0, 1, 12, 28])
      expect(await tryOpenField(key, place, sealed.slice(0, length))).toBeNull();
    await expect(openField(key, place, sealed.slice(1))).rejects.toThrow(/a\.b/u);
  });

  it("of equal values differ: each has an IV of its own", async () => {
    const key = await fieldKey(randomBytes(32));
    const twice = await Promise.all([1, 2].map(() => sealField(key, place, new Uint8Array(8))));
    expect(toHex(twice[0] ?? new Uint8Array())).not.toBe(toHex(twice[1] ?? new Uint8Array()));
  });
});

describe("the recovery key", () => {
  it("opens the master key, typed in small letters with O for 0 and without hyphens", async () => {
    const master = randomBytes(32);
    const { text, wrap } = await newRecoveryKey(master);
    const typed = text.toLowerCase().replaceAll("0", "O").replaceAll("-", " ");
    const opened = await openWithRecoveryKey(typed, wrap);
    expect(opened.ok && toHex(opened.value)).toBe(toHex(master));
  });

  it("tells a slip of the pen from the key of another installation", async () => {
    const { text, wrap } = await newRecoveryKey(randomBytes(32));
    const other = await newRecoveryKey(randomBytes(32));
    const slip = text.replace(/^./u, (first) => (first === "7" ? "8" : "7"));
    const codeOf = async (typed: string): Promise<string> => {
      const opened = await openWithRecoveryKey(typed, wrap);
      return opened.ok ? "opened" : opened.refusal.code;
    };
    expect(await codeOf(slip)).toBe("recovery-key-mistyped");
    expect(await codeOf(text.slice(0, -1))).toBe("recovery-key-mistyped");
    expect(await codeOf("")).toBe("recovery-key-mistyped");
    expect(await codeOf(other.text)).toBe("recovery-key-wrong");
  });
});

describe("instance and merchants", () => {
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  beforeAll(async () => {
    database = await freshDatabase();
  });
  afterAll(() => database.close());

  it("two first starts at once make one instance with one lineage and one set of keys", async () => {
    const master = await masterKeyFrom(randomBytes(32));
    expect(await hasInstance(database.db)).toBe(false);
    const opened = await Promise.all([1, 2, 3].map(() => openInstance(database.db, master, nowMs)));
    const lineages = opened.map((each) => (each.ok ? toHex(each.value.lineage) : "refused"));
    expect(new Set(lineages).size).toBe(1);
    expect(lineages[0]).toMatch(/^[0-9a-f]{16}$/u);
    expect(await database.db.selectFrom("control.instance_keys").select("kid").execute()).toHaveLength(3);
    const other = await openInstance(database.db, await masterKeyFrom(randomBytes(32)), nowMs);
    expect(other).toEqual({ ok: false, refusal: { code: "wrong-master-key" } });
  });

  it("a merchant's issuer key signs, is named by its thumbprint, and does not stand in the database as it is", async () => {
    const keyring = merchantKeyring(await masterKeyFrom(randomBytes(32)));
    const merchantId = newId();
    const shop = { merchantId, name: "林记", language: "zh-CN", currency: "CNY", nowMs } as const;
    await database.db.transaction().execute((tx) => keyring.create(tx, shop));
    const keys = await keyring.load(database.db, merchantId, nowMs);
    if (keys === null) throw new Error("no keys");
    const signature = await sign(keys.issuer.privateKey, "entry", merchantId);
    expect(await verify(await importPublicKey(keys.issuer.publicKey), "entry", merchantId, signature)).toBe(
      true,
    );
    expect(toHex(await keyId(keys.issuer.publicKey))).toBe(toHex(keys.issuer.kid));
    const row = await database.db.selectFrom("control.merchants").selectAll().executeTakeFirstOrThrow();
    expect(toHex(row.sealed_master_secret)).not.toContain(toHex(keys.masterSecret));
    expect(keys.issuer.privateKey.extractable).toBe(false);
  });

  it("an issuer key signs to its last ms and is then replaced once, however many ask; the old one stays, retired", async () => {
    let rotations = 0;
    const master = await masterKeyFrom(randomBytes(32));
    const keyring = merchantKeyring(master, async () => {
      rotations += 1;
    });
    const merchantId = newId();
    const shop = { merchantId, name: "x", language: "en", currency: "CNY", nowMs } as const;
    await database.db.transaction().execute((tx) => keyring.create(tx, shop));
    const first = await keyring.load(database.db, merchantId, nowMs + ISSUER_SIGNS_MS - 1);
    // Held back until all three have found the old key over: the race, made certain.
    const later = await database.db.transaction().execute(async (tx) => {
      await sql`select 1 from control.merchants where merchant_id = ${merchantId} for update`.execute(tx);
      const asked = [1, 2, 3].map(() => keyring.load(database.db, merchantId, nowMs + ISSUER_SIGNS_MS));
      await expect.poll(() => waitingForLocks(database.db)).toBe(3);
      return asked;
    });
    const kids = new Set(
      (await Promise.all(later)).map((keys) => toHex(keys?.issuer.kid ?? new Uint8Array())),
    );
    expect([kids.size, rotations]).toEqual([1, 1]);
    expect(kids.has(toHex(first?.issuer.kid ?? new Uint8Array()))).toBe(false);
    const states = await database.db
      .selectFrom("control.merchant_keys")
      .select("state")
      .where("merchant_id", "=", merchantId)
      .execute();
    expect(states.map((row) => row.state).toSorted()).toEqual(["active", "retired"]);
  });

  it("one merchant's sealed secret put into another's row does not open", async () => {
    const keyring = merchantKeyring(await masterKeyFrom(randomBytes(32)));
    const [mine, yours] = [newId(), newId()];
    for (const merchantId of [mine, yours]) {
      const shop = { merchantId, name: "x", language: "en", currency: "CNY", nowMs } as const;
      await database.db.transaction().execute((tx) => keyring.create(tx, shop));
    }
    const row = await database.db
      .selectFrom("control.merchants")
      .select("sealed_data_key")
      .where("merchant_id", "=", yours)
      .executeTakeFirstOrThrow();
    await database.db.updateTable("control.merchants").set(row).where("merchant_id", "=", mine).execute();
    await expect(keyring.load(database.db, mine, nowMs)).rejects.toThrow(/sealed_data_key/u);
  });

  it("an unknown merchant has no keys", async () => {
    const keyring = merchantKeyring(await masterKeyFrom(randomBytes(32)));
    expect(await keyring.load(database.db, newId(), nowMs)).toBeNull();
  });
});

/** How many connections of this database wait for somebody's lock. */
async function waitingForLocks(db: Database): Promise<number> {
  const answer = await sql<{ waiting: number }>`
    select count(*) as waiting from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
  return answer.rows[0]?.waiting ?? 0;
}
