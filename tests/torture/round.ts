// One round: sell in bad weather while things are killed, heal, let the queue drain, judge.
import { errors } from "playwright-core";
import { Chance } from "../simulation/chance.ts";
import { readBooks } from "./books-as-read.ts";
import { nextSale, sellForCash } from "./cashier-hands.ts";
import { judge, type Judgement, nextBase } from "./judge.ts";
import { passing } from "./passing-time.ts";
import type { Customer, TortureWindow } from "./page-driver.ts";
import type { Plan, PlannedBlow } from "./plan.ts";
import { drained, enrolAgain, nothingYet, type Rig, signIn, stockCodes } from "./rig.ts";
import type { Tally } from "./tally.ts";
import { readTill } from "./till-as-read.ts";

export interface RoundEnd extends Judgement {
  readonly seconds: number;
}

/** Codes that are on the tablet for the rounds to come. */
const stockWanted = 16;
const stocks = new WeakMap<Rig, Customer["code"][]>();

export async function playRound(rig: Rig, plan: Plan): Promise<RoundEnd> {
  if (plan.changesBackend) return await changeBackend(rig, plan);
  const { tally } = rig;
  const startedMs = performance.now();
  const chance = new Chance(plan.seed + 0x5_eed);
  const stock = await stockFor(rig, chance);
  const customers = Array.from({ length: plan.customers }, () => customer(plan, stock, chance));
  rig.log(`${JSON.stringify({ at: Date.now(), plan })}\n`);

  rig.line.weather(plan.weather, new Chance(plan.seed + 0x11e));
  const till = new Till(rig, tally);
  till.serve(customers);
  await Promise.all(plan.blows.map((blow) => strike(rig, till, blow, tally)));
  await till.rest();

  // Everything runs again, and some are served while the line is still bad: only an answer of a server that
  // lives can be lost.
  rig.line.connect();
  await rig.server.ready();
  till.serve(Array.from({ length: 5 }, () => ({ ...customer(plan, [], chance), thinksMs: 120 })));
  await till.served();

  // Healed: good weather, and one more sale.
  rig.line.weather(null, chance);
  if (!plan.patient) await lastSale(rig, plan, chance, tally);
  const isDrained = await drained(rig);
  const end = await judgeRig(rig, isDrained);
  return { ...end, seconds: (performance.now() - startedMs) / 1000 };
}

/**
 * Sales that are on the tablet only, and then a browser that keeps IndexedDB in another way and has thrown
 * the old one away (measured with Chromium 156). The second copy is all there is: nothing may be lost, and
 * nothing delivered twice, once the till is enrolled again.
 */
async function changeBackend(rig: Rig, plan: Plan): Promise<RoundEnd> {
  const startedMs = performance.now();
  const chance = new Chance(plan.seed + 0x5_eed);
  rig.log(`${JSON.stringify({ at: Date.now(), plan })}\n`);
  const till = new Till(rig, rig.tally);
  till.serve(Array.from({ length: 6 }, () => customer(plan, [], chance)));
  await till.served();
  rig.line.disconnect();
  till.serve(Array.from({ length: 6 }, () => customer(plan, [], chance)));
  await till.served();
  await rig.browser.kill();
  rig.line.connect();
  rig.backend = rig.backend === "leveldb" ? "sqlite" : "leveldb";
  await rig.browser.start(rig.backend);
  await rig.browser.page().locator("[data-screen]").first().waitFor();
  if (await readTill(rig.browser.page(), rig.base.seq)) {
    rig.tally.add("change of backend kept the data");
    await signIn(rig);
  } else {
    rig.tally.add("change of backend threw the data away");
    await enrolAgain(rig);
    rig.base = nothingYet;
  }
  await lastSale(rig, { ...plan, lastByHand: false }, chance, rig.tally);
  const end = await judgeRig(rig, await drained(rig));
  return { ...end, seconds: (performance.now() - startedMs) / 1000 };
}

/** Lays the three side by side and, where nothing is wrong, moves the base on. */
export async function judgeRig(rig: Rig, isDrained: boolean): Promise<Judgement> {
  const till = await readTill(rig.browser.page(), rig.base.seq);
  if (!till) return { lost: ["the till's database is empty"], doubled: [], stuck: [] };
  const books = await readBooks(rig.server.databaseUrl(), till.till, till.epoch, rig.base.seq);
  const { shown, signed, base } = rig;
  const judgement = await judge({ shown, signed, till, books, base });
  const stuck = isDrained || judgement.stuck.length > 0 ? judgement.stuck : ["I6: the queue did not drain"];
  if (judgement.lost.length + judgement.doubled.length + stuck.length === 0) {
    rig.base = nextBase(till);
    shown.length = 0;
    signed.length = 0;
  }
  return { ...judgement, stuck };
}

/** The till's shift in this round: it goes on where it can, and begins again after each kill. */
class Till {
  readonly #rig: Rig;
  readonly #tally: Tally;
  #waiting: readonly Customer[] = [];
  #serving: Promise<void> = Promise.resolve();
  #turn: Promise<void> = Promise.resolve();

  constructor(rig: Rig, tally: Tally) {
    this.#rig = rig;
    this.#tally = tally;
  }

  serve(customers: readonly Customer[]): void {
    this.#waiting = customers;
    this.#serving = this.#serveOnce(customers);
  }

  /** What kills the tablet or its page comes one after the other, and the shift goes on after each. */
  broken(kill: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await kill();
      await this.#serving;
      await signIn(this.#rig);
      // Whoever was not served stands in the line again; half of them have gone home.
      this.serve(this.#waiting.slice(this.#waiting.length >> 1));
    });
    return this.#turn;
  }

  /** Settles when all who stood in the line were served. */
  async served(): Promise<void> {
    await this.#serving;
  }

  async rest(): Promise<void> {
    await this.#turn;
    const page = this.#rig.browser.page();
    await page.evaluate(() => (globalThis as unknown as TortureWindow).torture.stop());
    await this.#serving;
  }

  async #serveOnce(customers: readonly Customer[]): Promise<void> {
    try {
      await this.#rig.browser
        .page()
        .evaluate((all) => (globalThis as unknown as TortureWindow).torture.serve(all), customers);
    } catch (cause) {
      // The page was killed under its cashier: that is the round's doing.
      if (!(cause instanceof Error) || cause instanceof errors.TimeoutError) throw cause;
      this.#tally.add("cashier interrupted");
    }
  }
}

async function strike(rig: Rig, till: Till, { blow, atMs, forMs }: PlannedBlow, tally: Tally): Promise<void> {
  await passing(atMs);
  rig.log(`${JSON.stringify({ at: Date.now(), blow })}\n`);
  switch (blow) {
    case "browser":
      return await till.broken(async () => {
        await rig.browser.kill();
        await rig.browser.start(rig.backend);
      });
    case "page":
      return await till.broken(() => rig.browser.killTab());
    case "network-process":
      rig.browser.killNetworkProcess();
      return;
    case "service-worker":
      try {
        await rig.browser.stopServiceWorker();
      } catch (cause) {
        // Killed by another blow at the same moment.
        if (!(cause instanceof Error)) throw cause;
        tally.add("service worker was gone already");
      }
      return;
    case "server":
      rig.server.killServer();
      return await rig.server.ready();
    case "database":
      await rig.server.killDatabase();
      return await rig.server.ready();
    case "line":
      rig.line.disconnect();
      await passing(forMs);
      rig.line.connect();
  }
}

function customer(plan: Plan, stock: Customer["code"][], chance: Chance): Customer {
  const code = chance.happens(0.1) ? (stock.pop() ?? null) : null;
  const more = code?.kind === "up-to" && chance.happens(0.6) ? chance.between(1, 3000) : 0;
  const amountMinor = code ? code.amountMinor + more : chance.between(1, 50_000);
  return { amountMinor, code, thinksMs: chance.between(0, plan.longestThinkMs) };
}

async function lastSale(rig: Rig, plan: Plan, chance: Chance, tally: Tally): Promise<void> {
  const page = rig.browser.page();
  if (!plan.lastByHand) {
    const customers: Customer[] = [{ amountMinor: chance.between(1, 9999), code: null, thinksMs: 0 }];
    await page.evaluate((all) => (globalThis as unknown as TortureWindow).torture.serve(all), customers);
    return;
  }
  // The link's sales left the glass where it was: at the counter.
  const onScreen = await sellForCash(page, chance.between(1, 300));
  const noted = rig.shown.at(-1);
  if (onScreen.number !== `${noted?.epoch}-${noted?.seq}` || onScreen.headHex !== noted?.headHex)
    throw new Error(`the screen says ${JSON.stringify(onScreen)}, the link ${JSON.stringify(noted)}`);
  tally.add("sales by hand");
  await nextSale(page);
}

async function stockFor(rig: Rig, chance: Chance): Promise<Customer["code"][]> {
  const stock = stocks.get(rig) ?? [];
  stocks.set(rig, stock);
  if (stock.length < 6) stock.push(...(await stockCodes(rig, stockWanted, chance)));
  return stock;
}
