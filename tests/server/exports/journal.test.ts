import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "#protocol/bytes.ts";
import { asStream } from "#protocol/export-bytes.ts";
import { verifyJournal } from "#protocol/export-verify.ts";
import type { JournalKeysFile, JournalListRow, ReceiptCheck } from "#protocol/export-office.ts";
import { shortId } from "#protocol/ids.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { backUp, restoreShop } from "../restored-shop.ts";
import { ORIGIN } from "../services.ts";

let shop: Shop;
let till: HeadlessTill;
const folder = mkdtempSync(join(tmpdir(), "export-journal-"));

beforeAll(async () => {
  shop = await openShop();
  const [id = ""] = await shop.tillIds();
  till = await shop.enrol(id);
  // More than a page of the file's maker.
  for (let n = 1; n <= 210; n++) await till.sellCash(n);
  await shop.issue({ amountMinor: 3800 });
  await till.deliver();
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await shop.close();
});

async function download(path: string, from: Shop = shop): Promise<Uint8Array<ArrayBuffer>> {
  const response = await from.server.app.request(`${ORIGIN}${path}`, {
    headers: { cookie: from.owner.cookie },
  });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}
const pathOfTill = (): string => `/api/office/journals/${shortId(till.certificate.till)}/1`;

const containing = (text: string): unknown => expect.stringContaining(text);

/** The command as a person runs it. */
function command(...args: readonly string[]): { code: number | null; said: string } {
  const done = spawnSync(process.execPath, ["server/verify-journal.ts", ...args], {
    encoding: "utf8",
    env: { PATH: "" },
  });
  return { code: done.status, said: done.stdout + done.stderr };
}

describe("B10: the office hands out journals that anybody can check", () => {
  it("a till's: every entry, the server's receipt for the head, sums as the till has them", async () => {
    const { keys, file } = {
      keys: await shop.ask<JournalKeysFile>("GET", "/api/office/journal-keys"),
      file: await download(pathOfTill()),
    };
    const verdict = await verifyJournal(asStream(file), new Set(keys.roots.map((root) => root.thumbprint)));
    expect(verdict).toMatchObject({
      ok: true,
      summary: {
        entries: till.journal.length,
        headHex: toHex(till.head.hash),
        receiptedSeq: till.head.seq,
        sales: 210,
        sums: [{ currency: "CNY", method: "cash", count: 210, sumMinor: 22_155 }],
      },
    });
    expect(toHex(new Uint8Array(till.certificate.rootKey))).toBe(keys.roots[0]?.key);
  });

  it("the server's own: signed by the answer key, codes issued among its entries", async () => {
    const verdict = await verifyJournal(asStream(await download("/api/office/journals/server")), null);
    expect(verdict).toMatchObject({ ok: true, summary: { till: "server", entries: 2, receiptedSeq: null } });
  });

  it("§2: the server's own of before a restore and behind it: both are listed, each holds by itself", async () => {
    let own = await openShop();
    try {
      const [id = ""] = await own.tillIds();
      await own.issue({ tillId: id });
      const backup = await backUp(own);
      await own.issue({ tillId: id });
      own = await restoreShop(own, backup, 1000);
      await own.issue({ tillId: id });
      const { rows } = await own.ask<{ rows: JournalListRow[] }>("GET", "/api/office/journals");
      expect(rows.filter((row) => row.till === null)).toMatchObject([
        { epoch: 1001, entries: 3, state: "open" },
        { epoch: 1, entries: 2, state: "closed" },
      ]);
      for (const [epoch, entries] of [
        [1001, 3],
        [1, 2],
      ]) {
        const file = await download(`/api/office/journals/server/${epoch}`, own);
        const verdict = await verifyJournal(asStream(file), null);
        expect(verdict).toMatchObject({ ok: true, summary: { till: "server", epoch, entries } });
      }
      expect(await own.refusal("GET", "/api/office/journals/server/2")).toEqual([404, "not-found"]);
      expect(await own.refusal("GET", "/api/office/journals/server/0")).toEqual([404, "not-found"]);
    } finally {
      await own.close();
    }
  });

  it("entries in the database changed by whoever can reach it: the file says which", async () => {
    const at = { merchant: till.certificate.merchant, till: till.certificate.till };
    const row = await shop.books.db
      .selectFrom("books.entries")
      .select("bytes")
      .where("merchant_id", "=", at.merchant)
      .where("till_id", "=", at.till)
      .where("seq", "=", 7)
      .executeTakeFirstOrThrow();
    const change = async (bytes: Uint8Array): Promise<void> => {
      await shop.books.db
        .updateTable("books.entries")
        .set({ bytes })
        .where("merchant_id", "=", at.merchant)
        .where("till_id", "=", at.till)
        .where("seq", "=", 7)
        .execute();
    };
    const changed = new Uint8Array(row.bytes);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    await change(changed);
    const verdict = await verifyJournal(asStream(await download(pathOfTill())), null);
    await change(row.bytes);
    expect(verdict).toMatchObject({ ok: false, fault: { epoch: 1, seq: 7 } });
  });

  it("the list names every journal; the download stands in the audit log", async () => {
    const { rows } = await shop.ask<{ rows: JournalListRow[] }>("GET", "/api/office/journals");
    expect(rows).toMatchObject([
      { epoch: 1, entries: 211, headHex: toHex(till.head.hash).slice(0, 8) },
      { till: null, entries: 2 },
    ]);
    const { rows: acts } = await shop.ask<{ rows: { what: string }[] }>("GET", "/api/office/audit");
    expect(acts.some((act) => act.what === "journal-downloaded")).toBe(true);
  });

  it("another shop's till, an epoch that never was, no sign-in: nothing is handed out", async () => {
    const neighbour = await openNeighbour(shop);
    expect(await neighbour.refusal("GET", pathOfTill())).toEqual([404, "not-found"]);
    const name = shortId(till.certificate.till);
    for (const path of [`${name}/2`, `${name}/0`, `${name}/1e3`, `${name}/99999999999`, "x/1"])
      expect(await shop.refusal("GET", `/api/office/journals/${path}`)).toEqual([404, "not-found"]);
    const response = await shop.server.app.request(`${ORIGIN}${pathOfTill()}`);
    expect(response.status).toBe(401);
  });
});

describe("B10: npm run verify-journal, without server and database", () => {
  const file = join(folder, "till.gtj");
  const keysFile = join(folder, "keys.json");
  beforeAll(async () => {
    writeFileSync(file, await download(pathOfTill()));
    writeFileSync(keysFile, await download("/api/office/journal-keys"));
  });

  it("a good file: exit 0, entries, sales, sums, receipt, head, whose keys, in both languages", () => {
    const own = command(file, "--keys", keysFile);
    expect(own.code).toBe(0);
    for (const words of [
      "OK: every entry holds",
      "完好",
      "211",
      "210",
      "221.55",
      toHex(till.head.hash),
      "from your keys file",
    ])
      expect(own.said).toContain(words);
    const bare = command(file);
    expect(bare.code).toBe(0);
    expect(bare.said).toContain("FROM THE FILE ITSELF");
    expect(bare.said).toContain("取自文件本身");
  });

  it("a bad one: exit 1, the first bad entry by epoch and number, in both languages", () => {
    const bytes = readFileSync(file);
    const spoiled = join(folder, "spoiled.gtj");
    writeFileSync(spoiled, bytes.subarray(0, bytes.length - 400));
    expect(command(spoiled)).toMatchObject({ code: 1, said: containing("cut-short") });
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(spoiled, bytes);
    const { code, said } = command(spoiled);
    expect(code).toBe(1);
    expect(said).toMatch(/NOT OK: epoch 1, entry \d+: /u);
    expect(said).toMatch(/不成立：账期1，第\d+条：/u);
  });

  it("other keys: exit 1; no file, no keys file, nonsense: exit 2 and how it is used", () => {
    const others = join(folder, "others.json");
    const roots = [{ thumbprint: "00".repeat(32), key: "" }];
    writeFileSync(others, JSON.stringify({ format: "guitai-keys", version: 1, roots }));
    const refused = command(file, "--keys", others);
    expect(refused).toMatchObject({ code: 1, said: containing("root-not-trusted") });
    expect(command(file, "--keys", file)).toMatchObject({ code: 2 });
    expect(command(file, "--keys")).toMatchObject({ code: 2 });
    expect(command(join(folder, "none.gtj"))).toMatchObject({ code: 2 });
    expect(command()).toMatchObject({ code: 2, said: containing("verify-journal -- FILE") });
    expect(command(keysFile)).toMatchObject({ code: 1, said: containing("not-a-journal") });
  });
});

describe("B10: is this receipt in the journal?", () => {
  const ask = (seq: number, head: string): Promise<ReceiptCheck> =>
    shop.ask<ReceiptCheck>("GET", `/api/office/receipt-check?seq=${seq}&head=${head}`);

  it("found with its sale; differs where another entry stands; not found while it may still come", async () => {
    const row = till.journal[5];
    if (!row) throw new Error("test: nothing sold");
    const head = toHex(row.hash).slice(0, 8);
    const found = await ask(5, head.toUpperCase());
    expect(found).toMatchObject({ result: "found", places: [{ epoch: 1, amountMinor: 5, headHex: head }] });
    expect(await ask(5, "00000000")).toMatchObject({ result: "differs", places: [{ headHex: head }] });
    expect(await ask(6, head)).toMatchObject({ result: "differs" });
    // «1-5» as the paper has it: of this epoch only.
    const inEpoch = (epoch: number): Promise<ReceiptCheck> =>
      shop.ask<ReceiptCheck>("GET", `/api/office/receipt-check?seq=5&head=${head}&epoch=${epoch}`);
    expect(await inEpoch(1)).toMatchObject({ result: "found", places: [{ epoch: 1 }] });
    expect(await inEpoch(2)).toEqual({ result: "not-found", places: [] });
    const next = await till.sellCash(900);
    expect(await ask(next.seq, toHex(next.hash).slice(0, 8))).toMatchObject({ result: "not-found" });
    await till.deliver();
    expect(await ask(next.seq, toHex(next.hash).slice(0, 8))).toMatchObject({ result: "found" });
  });

  it("a fork's sale is there, beside the books", async () => {
    const [, second = ""] = [await shop.addTill("2号机"), ...(await shop.tillIds()).slice(1)];
    const two = await shop.enrol(second);
    const clone = two.rewind(two.journal);
    await two.sellCash(100);
    await two.deliver();
    const forked = await clone.sellCash(200);
    await clone.push();
    const answer = await ask(forked.seq, toHex(forked.hash).slice(0, 8));
    expect(answer).toMatchObject({ result: "set-apart", places: [{ tillName: "2号机", saleId: null }] });
    // Once the owner has decided, nobody is told to wait for it.
    const path = `/api/office/quarantine/${second}-1/decision`;
    await shop.ask("POST", path, { decide: "booked", entries: 1 });
    expect(await ask(forked.seq, toHex(forked.hash).slice(0, 8))).toMatchObject({
      result: "found",
      places: [{ tillName: "2号机", amountMinor: 200, saleId: containing("") }],
    });
    // B10: what was booked of a copy is in the file that anybody can check, beside the till's own chain.
    const file = await download(`/api/office/journals/${second}/1`);
    expect(await verifyJournal(asStream(file), null)).toMatchObject({
      ok: true,
      summary: {
        sales: 1,
        sums: [{ sumMinor: 100 }],
        booked: { entries: 1, sales: 1, sums: [{ currency: "CNY", method: "cash", sumMinor: 200 }] },
      },
    });
    const savedAs = join(folder, "booked.gtj");
    writeFileSync(savedAs, file);
    expect(command(savedAs)).toMatchObject({ code: 0, said: containing("booked out of quarantine") });
    const later = await clone.sellCash(300);
    await clone.push();
    await shop.ask("POST", path, { decide: "rejected", entries: 1 });
    expect(await ask(later.seq, toHex(later.hash).slice(0, 8))).toMatchObject({ result: "rejected" });
  });

  it("what no receipt says is refused by its field", async () => {
    for (const [query, field] of [
      ["seq=-1&head=00000000", "seq"],
      ["seq=1.5&head=00000000", "seq"],
      ["head=00000000", "seq"],
      ["seq=5&head=0000", "head"],
      ["seq=5&head=zzzzzzzz", "head"],
      ["seq=5&head=00000000&epoch=0", "epoch"],
    ] as const) {
      const response = await shop.server.send("GET", `/api/office/receipt-check?${query}`, undefined, {
        cookie: shop.owner.cookie,
      });
      expect(await response.json()).toMatchObject({ error: { code: "invalid-input", field } });
    }
  });
});
