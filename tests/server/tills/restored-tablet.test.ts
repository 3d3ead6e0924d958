import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sameBytes } from "#protocol/bytes.ts";
import type { AuditRow, Page, TillRow, TodayAnswer } from "#protocol/office-api.ts";
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
    expect(await today()).toMatchObject({ count: 3, totalMinor: 1050 });
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
  });
});
