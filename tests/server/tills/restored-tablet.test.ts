import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sameBytes } from "#protocol/bytes.ts";
import { compareDigits } from "#protocol/enrolment.ts";
import { shortId } from "#protocol/ids.ts";
import type { TillRow, TodayAnswer } from "#protocol/office-api.ts";
import type { QuarantineAnswer } from "#protocol/office-losses-api.ts";
import { quickArgon2, Tablet, WorldClock } from "../../engine/tablet.ts";
import { openShop, type Shop } from "../headless-till.ts";
import { backUp, restoreShop } from "../restored-shop.ts";

/** The till's own program against the server's: what one says is what the other hears. */
let shop: Shop;
let world: WorldClock;

beforeEach(async () => {
  shop = await openShop();
  world = new WorldClock();
  world.ms = shop.server.clock.ms;
});
afterEach(() => shop.close());

type Activation = Readonly<Record<"qrText" | "typedCode", string>>;

/** A tablet enrolled as this till, a PIN set, everything delivered. */
async function tablet(tillId: string, by: keyof Activation = "qrText"): Promise<Tablet> {
  const send = async (path: string, init: RequestInit): Promise<Response> => shop.wire(path, init);
  const made = new Tablet({ world, argon2: quickArgon2, send });
  await made.start();
  const activation = await shop.ask<Activation>("POST", `/api/office/tills/${tillId}/activation`);
  const enrolled = await made.engine.enrol({ text: activation[by] });
  if (!enrolled.ok) throw new Error(`test: not enrolled: ${enrolled.refusal.code}`);
  await made.deliver();
  return made;
}

async function sell(till: Tablet, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(`test: no cash: ${paid.refusal.code}`);
}

/** What the alarm clock does while nobody looks: rounds, until nothing waits any more. */
async function rounds(till: Tablet): Promise<void> {
  for (let n = 0; n < 4; n++) await till.deliver();
}

/** The owner has compared the six digits, which both screens show. */
async function same(till: Tablet): Promise<void> {
  const identity = await till.db.enrolled();
  const id = shortId(identity?.till ?? new Uint8Array());
  const row = (await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills")).rows.find(
    (one) => one.id === id,
  );
  expect(row).toMatchObject({ state: "comparing" });
  expect(row?.compareDigits).toBe(await compareDigits(identity?.certificate ?? new Uint8Array()));
  await shop.ask("POST", `/api/office/tills/${id}/compare`, { same: true });
}

const today = (): Promise<TodayAnswer> => shop.ask<TodayAnswer>("GET", "/api/office/today");

describe("the till's own program and a server restored from a backup (PROTOCOL §2)", () => {
  it("I2: enrolled after the backup: the hello finds nobody, the certificate is shown, all comes again", async () => {
    const backup = await backUp(shop);
    const till = await tablet(await shop.addTill("2号机"));
    await till.setPin();
    await sell(till, 700);
    await sell(till, 300);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    shop = await restoreShop(shop, backup);
    expect(await today()).toMatchObject({ count: 0 });
    await sell(till, 50);
    till.network.tried.length = 0;
    await rounds(till);
    expect(till.network.tried.filter((path) => path.endsWith("/readmit"))).toHaveLength(1);
    // Cash goes on while the owner is asked to compare; nothing of it is booked before.
    expect(till.view).toMatchObject({ phase: "open", stop: null, link: { unsentCount: 0 } });
    expect(await today()).toMatchObject({ count: 0 });
    await sell(till, 5);
    await same(till);
    await rounds(till);
    expect(await today()).toMatchObject({ count: 4, totalMinor: 1055 });
    expect(till.view).toMatchObject({ phase: "open", stop: null, link: { unsentCount: 0 } });
  });

  it("§3: typed and never confirmed, it waits for «same» behind the restore as before it", async () => {
    const backup = await backUp(shop);
    const till = await tablet(await shop.addTill("2号机"), "typedCode");
    const { compareDigits } = till.view;
    expect(till.view.phase).toBe("comparing");
    shop = await restoreShop(shop, backup);
    await rounds(till);
    expect(till.view).toMatchObject({ phase: "comparing", compareDigits });
    await same(till);
    await rounds(till);
    expect(till.view).toMatchObject({ phase: "needs-pin", compareDigits: null });
  });

  it("I2 §7: known to the backup: over to the new lineage, everything sent again, the feed in full", async () => {
    const [id = ""] = await shop.tillIds();
    const till = await tablet(id);
    await till.setPin();
    await sell(till, 700);
    await till.deliver();
    const backup = await backUp(shop);
    await sell(till, 300);
    const forgotten = await shop.issue({ tillId: id });
    await rounds(till);
    expect(await till.db.codes.count()).toBe(1);
    const before = till.view.settings.feedVersion;
    const lineage = (await till.db.setting("feed"))?.lineage;
    shop = await restoreShop(shop, backup);
    expect(await today()).toMatchObject({ count: 1 });
    await sell(till, 50);
    expect(till.view.link.unsentCount).toBe(1);
    await rounds(till);
    expect(await today()).toMatchObject({ count: 3, totalMinor: 1050 });
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
    const feed = await till.db.setting("feed");
    expect(sameBytes(feed?.lineage ?? new Uint8Array(), lineage ?? new Uint8Array())).toBe(false);
    expect(till.view.settings.feedVersion).toBeGreaterThan(before);
    // A code that the restored server never issued is on no list any more; a new one arrives.
    expect(await till.db.codes.count()).toBe(0);
    expect(await till.engine.presentScan(forgotten.qrText ?? "")).not.toMatchObject({ kind: "password" });
    const issued = await shop.issue({ tillId: id });
    await rounds(till);
    expect((await till.db.codes.toArray()).map((row) => row.cti)).toHaveLength(1);
    expect(issued.qrText).not.toBe(forgotten.qrText);
    expect(await till.db.setting("full-run")).toBeNull();
  });

  it("I2 I12: an epoch that ended on this tablet is carried in, though the server forgot both", async () => {
    const backup = await backUp(shop);
    const id = await shop.addTill("2号机");
    const till = await tablet(id);
    await till.setPin();
    await sell(till, 700);
    till.network.down = true;
    await sell(till, 300);
    till.network.down = false;
    const again = await shop.ask<Activation>("POST", `/api/office/tills/${id}/activation`, {
      reason: "data-lost",
    });
    const enrolled = await till.engine.enrol({ text: again.qrText, deliberate: true });
    expect(enrolled.ok).toBe(true);
    shop = await restoreShop(shop, backup);
    await rounds(till);
    await rounds(till);
    // Both are at the server, set apart: of that epoch it cannot know whether anybody ever confirmed it.
    expect(await today()).toMatchObject({ count: 0 });
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows).toMatchObject([{ epoch: 1, count: 2, sumMinor: 1000 }]);
    const decision = { decide: "booked", entries: rows[0]?.entries };
    await shop.ask("POST", `/api/office/quarantine/${rows[0]?.id}/decision`, decision);
    expect(await today()).toMatchObject({ count: 2, totalMinor: 1000 });
  });
});
