import { beforeEach, describe, expect, it } from "vitest";
import { ExportDesk } from "#engine/export-desk.ts";
import { ExportKeysFile } from "#engine/export-keys.ts";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { keyId } from "#protocol/crypto.ts";
import { decodeEntry } from "#protocol/entry.ts";
import type { ExportOverview } from "#protocol/engine-calls.ts";
import { asStream } from "#protocol/export-bytes.ts";
import { openExport } from "#protocol/export-file.ts";
import { exportOpener } from "#protocol/export-seal.ts";
import { encodeKeyset, signKeyset, type KeysetKey } from "#protocol/keyset.ts";
import { keysetRow, newVaultPair } from "../protocol/shop.ts";
import { BenchTill } from "./bench-till.ts";
import { MemoryMirror } from "./tablet.ts";

let till: BenchTill;
let keysFile: MemoryMirror;
/** The server's export key. */
let server: { readonly pair: CryptoKeyPair; readonly point: Bytes };

beforeEach(async () => {
  till = await BenchTill.ready();
  keysFile = new MemoryMirror();
  server = await newVaultPair();
  await tellKeys([await exportRow()]);
});

async function exportRow(state: KeysetKey["state"] = "active"): Promise<KeysetKey> {
  const { answerKey } = till.server;
  const row = keysetRow(answerKey, "export", null, state);
  return { ...row, kid: await keyId(server.point), key: server.point };
}

/** The server's keyset grows by these keys, and the till hears of it. */
async function tellKeys(exports: readonly KeysetKey[]): Promise<void> {
  const { answerKey, issuer, lineage, merchant, root } = till.server;
  const keys = [keysetRow(answerKey, "answer"), keysetRow(issuer, "issuer", merchant), ...exports];
  const keyset = encodeKeyset({ lineage, version: 50 + exports.length, keys });
  const signature = await signKeyset(root.privateKey, keyset);
  till.server.publish({ type: "keyset", keyset, signature });
  await till.deliver();
}

const desk = (): ExportDesk =>
  new ExportDesk({
    db: till.db,
    mirrorFile: () => till.mirror,
    keysFile: () => Promise.resolve(keysFile),
  });

async function sell(amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
  await till.engine.nextSale();
}

async function overview(on: ExportDesk): Promise<ExportOverview> {
  const shown = await on.overview();
  if (!shown.ok) throw new Error(shown.refusal.code);
  return shown.value;
}

/** What the server finds in the n-th file: the seqs. */
async function opened(on: ExportDesk, index = 0): Promise<readonly number[]> {
  const file = await on.file(index);
  if (!file.ok) throw new Error(file.refusal.code);
  const kid = toHex(await keyId(server.point));
  const read = await openExport(asStream(file.value.bytes), async (header) =>
    toHex(header.kid) === kid ? exportOpener(server.pair, header.enc) : null,
  );
  if (!read.ok) throw new Error(read.refusal.code);
  const seqs: number[] = [];
  for (;;) {
    const chunk = await read.value.next();
    if (!chunk.ok) throw new Error(chunk.refusal.code);
    if (chunk.value === null) return seqs;
    seqs.push(...chunk.value.map((entry) => decodeEntry(entry.bytes)?.seq ?? -1));
  }
}

const headSeq = async (): Promise<number> => (await till.db.head.get("head"))?.seq ?? -1;

describe("I12: what has no receipt can be saved to a file, whatever state the till is in", () => {
  it("count, sum, oldest and files are said; the file holds all behind the receipt, and nothing changes", async () => {
    const receipted = await headSeq();
    await sell(3800);
    till.world.pass(60_000);
    await sell(1200);
    const before = await till.db.journal.toArray();
    const on = desk();
    const shown = await overview(on);
    expect(shown).toMatchObject({ sales: 2, sumMinor: 5000, entries: 2, fromCopy: false });
    expect(shown.oldestMs).toBe(before.at(-2)?.nowMs);
    expect(shown.files).toMatchObject([{ first: receipted + 1, last: receipted + 2, sales: 2 }]);
    expect(await opened(on)).toEqual([receipted + 1, receipted + 2]);
    expect(await till.db.journal.toArray()).toEqual(before);
    await till.deliver();
    expect(await on.overview()).toEqual({ ok: false, refusal: { code: "nothing-unsent" } });
  });

  it("the file's name says whose and which entries, and no sum", async () => {
    await sell(3800);
    const [file] = (await overview(desk())).files;
    expect(file?.name).toMatch(/^guitai-[0-9A-HJKMNP-TV-Z]{12}-1-\d+-\d+\.gtx$/u);
  });

  it("locked, stopped, without network: by the engine's own call", async () => {
    till.network.down = true;
    await sell(3800);
    await till.engine.lock();
    await till.db.settings.put({ key: "stop", reason: "fork" });
    const shown = await till.engine.exportOverview();
    expect(shown).toMatchObject({ ok: true, value: { sales: 1, sumMinor: 3800 } });
    const file = await till.engine.exportFile(0);
    expect(file.ok && file.value.bytes.length).toBeGreaterThan(500);
  });

  it("an empty database: all that the second copy holds, sealed to the key that lies beside it", async () => {
    await sell(3800);
    await desk().keepKeys();
    const head = await headSeq();
    for (const table of till.db.tables) await table.clear();
    const on = desk();
    expect(await overview(on)).toMatchObject({ sales: 1, sumMinor: 3800, fromCopy: true });
    expect(await opened(on)).toEqual(Array.from({ length: head + 1 }, (_, seq) => seq));
  });

  it("a database that cannot be opened any more: the second copy", async () => {
    await sell(3800);
    await desk().keepKeys();
    till.db.close();
    const on = desk();
    expect(await overview(on)).toMatchObject({ sales: 1, fromCopy: true });
    expect((await opened(on)).length).toBeGreaterThan(1);
  });

  it("a hole in the database is filled from the copy; without the copy it makes two files", async () => {
    const receipted = await headSeq();
    await sell(100);
    await sell(200);
    await sell(300);
    await till.db.journal.delete([1, receipted + 2]);
    expect((await overview(desk())).files).toHaveLength(1);
    await till.mirror.truncate(0);
    const on = desk();
    expect((await overview(on)).files).toMatchObject([
      { first: receipted + 1, last: receipted + 1 },
      { first: receipted + 3, last: receipted + 3 },
    ]);
    expect(await opened(on, 1)).toEqual([receipted + 3]);
  });

  it("entries carried from another epoch are a file of their own, until they are receipted", async () => {
    await sell(3800);
    const row = (await till.db.journal.toArray()).at(-1);
    const entry = row && decodeEntry(row.bytes);
    if (!row || !entry || entry.till === "server") throw new Error("test: no sale");
    const { bytes, signature, hash, kind, nowMs, seq } = row;
    const from = toHex(entry.till);
    const carried = { till: from, epoch: 9, seq, merchant: entry.merchant };
    await till.db.carried.add({
      ...carried,
      kind,
      bytes: again(bytes, entry.till),
      signature,
      hash,
      nowMs,
      saleMinor: 3800,
    });
    expect((await overview(desk())).files).toMatchObject([{ epoch: 1 }, { epoch: 1 }]);
  });

  it("no export key, or only a withdrawn one: refused by name, and said before anything is made", async () => {
    await sell(3800);
    await tellNoKeys();
    const none = { ok: false, refusal: { code: "export-no-key" } };
    expect(await desk().overview()).toEqual(none);
    expect(await desk().file(0)).toEqual(none);
    expect(await till.engine.exportOverview()).toEqual(none);
  });
});

/** The till's keyset as it was before exports were thought of. */
async function tellNoKeys(): Promise<void> {
  const { answerKey, issuer, lineage, merchant, root } = till.server;
  const keys = [
    keysetRow(answerKey, "answer"),
    keysetRow(issuer, "issuer", merchant),
    await exportRow("withdrawn"),
  ];
  const bytes = encodeKeyset({ lineage, version: 60, keys });
  await till.db.settings.put({ key: "keyset", bytes, signature: await signKeyset(root.privateKey, bytes) });
}

/** Other bytes under the same number: what a copy of another life of this till would hold. */
function again(bytes: Bytes, _till: Bytes): Bytes {
  const changed = bytes.slice();
  changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
  return changed;
}

describe("the server's keys beside the database", () => {
  const keys = (fill: number): { rootKey: Bytes; keyset: Bytes; signature: Bytes } => ({
    rootKey: new Uint8Array(65).fill(fill),
    keyset: new Uint8Array(10_000).fill(fill),
    signature: new Uint8Array(64).fill(fill),
  });

  it("the last ones kept are read; the same ones again write nothing", async () => {
    const file = new MemoryMirror();
    const kept = new ExportKeysFile(file);
    expect(await kept.read()).toBeNull();
    await kept.keep(keys(1));
    await kept.keep(keys(2));
    const length = file.bytes.length;
    await kept.keep(keys(2));
    expect(file.bytes).toHaveLength(length);
    expect(await kept.read()).toEqual(keys(2));
  });

  it("a write cut short anywhere leaves the ones before", async () => {
    const file = new MemoryMirror();
    const kept = new ExportKeysFile(file);
    await kept.keep(keys(1));
    const before = file.bytes.length;
    await kept.keep(keys(2));
    const whole = file.bytes;
    for (let length = before; length < whole.length; length += 97) {
      file.bytes = whole.slice(0, length);
      expect(await kept.read()).toEqual(keys(1));
    }
  });

  it("does not grow without end", async () => {
    const file = new MemoryMirror();
    const kept = new ExportKeysFile(file);
    for (let n = 0; n < 80; n++) await kept.keep(keys(n));
    expect(file.bytes.length).toBeLessThan(400_000);
    expect(await kept.read()).toEqual(keys(79));
  });
});
