import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeEntry } from "../../../src/protocol/entry.ts";
import { decodeServerBody } from "../../../src/protocol/entry-bodies.ts";
import { sameBytes, toHex } from "../../../src/protocol/bytes.ts";
import { compareDigits } from "../../../src/protocol/enrolment.ts";
import { shortId } from "../../../src/protocol/ids.ts";
import type { AuditRow, Page, TillRow, TodayAnswer } from "../../../src/protocol/office-api.ts";
import type { QuarantineAnswer } from "../../../src/protocol/office-losses-api.ts";
import { HeadlessTill, openNeighbour, openShop, type Shop } from "../headless-till.ts";
import { backUp, restoreShop } from "../restored-shop.ts";

/** The owner has compared the six digits. */
async function same(shop: Shop, till: HeadlessTill): Promise<void> {
  const id = shortId(till.certificate.till);
  await shop.ask("POST", `/api/office/tills/${id}/compare`, { same: true });
}

async function sold(shop: Shop): Promise<{ totalMinor: number; count: number }> {
  const { totalMinor, count } = await shop.ask<TodayAnswer>("GET", "/api/office/today");
  return { totalMinor, count };
}

describe("a server restored from a backup is refilled by its tills", () => {
  let shop: Shop;
  let first: string;
  let till: HeadlessTill;
  beforeEach(async () => {
    shop = await openShop();
    [first = ""] = await shop.tillIds();
    till = await shop.enrol(first);
  });
  afterEach(() => shop.close());

  it("I2 I5: what was receipted after the backup comes again, once, under a new lineage", async () => {
    await till.sellCash(100);
    await till.deliver();
    const backup = await backUp(shop);
    await till.sellCash(200);
    await till.sellCash(300);
    await till.deliver();
    const before = till.lineage;
    shop = await restoreShop(shop, backup);
    expect(await sold(shop)).toEqual({ totalMinor: 100, count: 1 });
    expect(await till.hello()).toMatchObject({ result: "ok", seq: 1 });
    expect(sameBytes(till.lineage, before)).toBe(false);
    await till.sellCash(400);
    await till.deliver();
    expect(await sold(shop)).toEqual({ totalMinor: 1000, count: 4 });
    expect(await till.push(till.journal)).toMatchObject({ result: "ok", seq: 4 });
    expect(await sold(shop)).toEqual({ totalMinor: 1000, count: 4 });
  });

  it("I7: a till that never heard of the new lineage is answered and stored as ever", async () => {
    const backup = await backUp(shop);
    await till.sellCash(200);
    await till.deliver();
    const head = till.head.seq;
    shop = await restoreShop(shop, backup);
    await till.sellCash(300);
    // Its token is of before, and it sends only what it has not sent: it hears what is needed, and no fork.
    const answer = await till.push(till.journal.slice(head + 1));
    expect(answer).toMatchObject({ result: "gap", detail: { kind: "need", seq: 1 } });
    expect(sameBytes(answer?.lineage ?? till.certificate.lineage, till.certificate.lineage)).toBe(false);
    await till.deliver();
    expect(await sold(shop)).toMatchObject({ totalMinor: 500 });
  });

  it("§7: a feed version of another lineage is answered with everything, whatever numbers it names", async () => {
    const backup = await backUp(shop);
    await shop.issue({ tillId: first });
    await till.pull();
    const old = till.feedVersion;
    shop = await restoreShop(shop, backup);
    for (const from of [old, old - 1, 1]) {
      till.feedVersion = from;
      const page = await till.pullPage(from);
      expect(page).toMatchObject({ full: true, from: 0 });
      expect(page?.to).toBeGreaterThan(old);
    }
    // The keyset says the lineage too, and versions of the new one go on from each other.
    expect(toHex(till.keyset.lineage)).toBe(toHex(shop.server.services.instance.lineage));
    const issued = await shop.issue({ tillId: first });
    expect(await till.pullPage()).toMatchObject({ full: false });
    expect((await till.sellCode(issued.qrText ?? "", issued.generatedPassword)).ok).toBe(true);
  });

  it("§2: the next epoch is a thousand and more higher, however often it was given before", async () => {
    const backup = await backUp(shop);
    const lost = await shop.enrol(first);
    expect(lost.certificate.epoch).toBe(2);
    shop = await restoreShop(shop, backup, 1000);
    const fresh = await shop.enrol(first);
    expect(fresh.certificate.epoch).toBe(1002);
    expect(sameBytes(fresh.certificate.lineage, till.certificate.lineage)).toBe(false);
  });

  it("§5: the server's own journal goes on where no number was used, and says what it had", async () => {
    await shop.issue({ tillId: first });
    const backup = await backUp(shop);
    await shop.issue({ tillId: first });
    const { db } = shop.server.services;
    const own = async (): Promise<readonly { key: string; arrival: number; bytes: Uint8Array }[]> => {
      const rows = await db
        .selectFrom("books.entries")
        .select(["epoch", "seq", "arrival", "bytes"])
        .where("till_id", "=", new TextEncoder().encode("server"))
        .orderBy("arrival")
        .execute();
      return rows.map((row) => ({ ...row, key: `${row.epoch}/${row.seq}` }));
    };
    const lost = (await own()).at(-1);
    shop = await restoreShop(shop, backup, 1000);
    await shop.issue({ tillId: first });
    const { db: after } = shop.server.services;
    const rows = await after
      .selectFrom("books.entries")
      .select(["epoch", "seq", "arrival", "kind", "bytes"])
      .where("epoch", ">", 1000)
      .orderBy("arrival")
      .execute();
    expect(rows.map((row) => `${row.epoch}/${row.seq} ${row.kind}`)).toEqual([
      "1001/0 server-genesis",
      "1001/1 lineage-begun",
      "1001/2 code-issued",
    ]);
    expect(rows[0]?.arrival).toBeGreaterThan(lost?.arrival ?? 0);
    const entry = decodeEntry(rows[1]?.bytes ?? new Uint8Array());
    const body = entry && decodeServerBody(entry.kind, entry.body);
    expect(body).toMatchObject({ kind: "lineage-begun", epoch: 1, headSeq: 1 });
    const said = body?.kind === "lineage-begun" ? [toHex(body.before), toHex(body.lineage)] : [];
    const { lineage } = shop.server.services.instance;
    expect(said).toEqual([toHex(till.certificate.lineage), toHex(lineage)]);
  });

  it("§2: a till enrolled after the backup comes back by its certificate; the owner is told", async () => {
    const backup = await backUp(shop);
    const other = await shop.enrol(await shop.addTill("2号机"));
    await other.sellCash(700);
    await other.deliver();
    shop = await restoreShop(shop, backup);
    expect(await other.hello()).toBeNull();
    expect(await other.readmit()).toMatchObject({ result: "ok", seq: -1, detail: { kind: "pending" } });
    await other.deliver();
    // A certificate does not say that the owner ever said «same»: what it delivers is stored, and waits.
    expect(await sold(shop)).toMatchObject({ totalMinor: 0 });
    const waits = (await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills")).rows.at(-1);
    expect(waits).toMatchObject({
      state: "comparing",
      compareDigits: await compareDigits(other.certificateBytes),
    });
    await same(shop, other);
    expect(await sold(shop)).toMatchObject({ totalMinor: 700 });
    // It is a till like any other: it gets codes, and showing the certificate again changes nothing.
    await other.pull();
    const issued = await shop.issue({ tillId: (await shop.tillIds())[1] ?? "" });
    await other.pull();
    expect((await other.sellCode(issued.qrText ?? "", issued.generatedPassword)).ok).toBe(true);
    expect(await other.readmit()).toMatchObject({ result: "ok", seq: 1 });
    const { rows } = await shop.ask<Page<AuditRow>>("GET", "/api/office/audit");
    const told = rows.map((row) => row.what);
    expect(told.filter((what) => what === "till-readmitted")).toHaveLength(1);
    expect(told).toContain("server-restored");
  });

  it("§2: enrolled anew after the backup: the newer epoch is the till, the older one is closed", async () => {
    const backup = await backUp(shop);
    await till.sellCash(100);
    const fresh = await shop.enrol(first);
    await fresh.sellCash(900);
    await fresh.deliver();
    shop = await restoreShop(shop, backup);
    expect(await fresh.readmit()).toMatchObject({ result: "ok" });
    await fresh.deliver();
    expect(await till.hello()).toMatchObject({ result: "ok" });
    await same(shop, fresh);
    expect(await till.hello()).toMatchObject({ result: "closed" });
    await till.push();
    expect(await sold(shop)).toMatchObject({ totalMinor: 1000 });
    // What the restore gives next is beyond both.
    expect((await shop.enrol(first)).certificate.epoch).toBeGreaterThan(1000);
  });

  it("§2: a till that followed a server unknown to this one: all is taken, and the owner is told", async () => {
    const { db } = shop.server.services;
    const backup = await backUp(shop);
    const strange = async (): Promise<number> =>
      (await db.selectFrom("books.findings").select("kind").where("kind", "=", "strange-lineage").execute())
        .length;
    shop = await restoreShop(shop, backup);
    // Of the lineage that ended with the restore: that one is known.
    await till.hello();
    await till.sellCash(100);
    await till.deliver();
    expect(await strange()).toBe(0);
    await till.sellCash(200);
    till.lineage = new Uint8Array(8).fill(7);
    await till.hello();
    await till.hello();
    await till.deliver();
    expect(await strange()).toBe(1);
    expect(await sold(shop)).toMatchObject({ totalMinor: 300 });
  });

  it("§3: typed and never confirmed, a till does not come in by way of a restore", async () => {
    const backup = await backUp(shop);
    const id = await shop.addTill("2号机");
    const { typedCode } = await shop.ask<{ typedCode: string }>("POST", `/api/office/tills/${id}/activation`);
    const typed = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
    if (!typed.ok) throw new Error(typed.refusal.code);
    const stranger = typed.value;
    shop = await restoreShop(shop, backup);
    expect(await stranger.readmit()).toMatchObject({ result: "ok", detail: { kind: "pending" } });
    await stranger.sellCash(900);
    await stranger.deliver();
    await stranger.pullPage("full");
    expect([...stranger.told.keys()].filter((key) => key.startsWith("till-state"))).toEqual([]);
    expect(stranger.siteKeys.size).toBe(0);
    expect(await sold(shop)).toMatchObject({ totalMinor: 0 });
    await shop.ask("POST", `/api/office/tills/${shortId(stranger.certificate.till)}/compare`, {
      same: false,
    });
    expect(await sold(shop)).toMatchObject({ totalMinor: 0 });
    expect(await stranger.hello()).toMatchObject({ result: "closed" });
  });

  it("I12: what an ended epoch left is carried in by another till, for the owner to decide", async () => {
    const backup = await backUp(shop);
    const ended = await shop.enrol(await shop.addTill("2号机"));
    await ended.sellCash(555);
    shop = await restoreShop(shop, backup);
    const token = till.token;
    expect(await ended.readmit(true)).toMatchObject({ result: "closed", seq: -1 });
    expect(ended.token).toBeNull();
    till.token = token;
    expect(await till.pushEntries(ended.journal.map((row) => row.signed))).toMatchObject({
      result: "quarantined",
    });
    // Nobody can say «same» of a tablet that is gone: the owner books what it left, or does not.
    expect(await sold(shop)).toMatchObject({ totalMinor: 0 });
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows).toMatchObject([{ count: 1, sumMinor: 555, reason: "not-confirmed" }]);
    const decision = { decide: "booked", entries: rows[0]?.entries };
    await shop.ask("POST", `/api/office/quarantine/${rows[0]?.id}/decision`, decision);
    expect(await sold(shop)).toMatchObject({ totalMinor: 555 });
    expect(await ended.hello()).toMatchObject({ result: "closed" });
  });

  it("a certificate that is not ours, not shown by its holder, or of a number since given: refused alike", async () => {
    const neighbour = await openNeighbour(shop);
    const backup = await backUp(shop);
    const other = await shop.enrol(await shop.addTill("2号机"));
    const stranger = await neighbour.enrol((await neighbour.tillIds())[0] ?? "");
    shop = await restoreShop(shop, backup, 1000);
    const statuses: number[] = [];
    const wire = shop.server.app.request.bind(shop.server.app);
    const count = async (asking: HeadlessTill): Promise<void> => {
      expect(await asking.readmit()).toBeNull();
    };
    // Somebody who saw the certificate, and signs with a key of his own.
    await count(Object.assign(other.rewind(other.journal), { rootSignature: new Uint8Array(64) }));
    await count(
      Object.assign(stranger.rewind(stranger.journal), {
        certificateBytes: other.certificateBytes,
        rootSignature: other.rootSignature,
      }),
    );
    const body = new Uint8Array([1]);
    const headers = { "content-type": "application/cbor" };
    for (let n = 0; n < 12; n++) {
      statuses.push(
        (await wire("http://localhost:8080/api/till/readmit", { method: "POST", headers, body })).status,
      );
    }
    expect(new Set(statuses)).toEqual(new Set([400, 429]));
  });
});
