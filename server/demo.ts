// `npm start -- --demo`: a shop to look around in. It is filled once, through the same doors as a real one:
// codes are issued, tills enrol, and every sale comes in by a push.
import { toCrockford } from "#protocol/base32.ts";
import { randomBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { hkdf } from "#protocol/crypto.ts";
import type { IssueCodeRequest } from "#protocol/office-api.ts";
import { assert } from "#domain/result.ts";
import { isSetUpOpen, openSetUp, setUp } from "./accounts/set-up.ts";
import { openBooks, type Books } from "./books.ts";
import { readCode } from "./codes/code-rows.ts";
import { issueCode, type IssueFor } from "./codes/issue-code.ts";
import { revokeCode } from "./codes/revoke-code.ts";
import { HeadlessTill, type Wire } from "./demo/headless-till.ts";
import { createApp } from "./http/app.ts";
import type { Pages } from "./http/pages.ts";
import { activateTill, addTill } from "./office/till-commands.ts";
import type { Services } from "./services.ts";
import { shortId } from "#protocol/ids.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const EMAIL = "owner@demo.example";
const SHOP = "林记杂货";
const SECOND_TILL = "2号机";
const CODE_MINOR = 3800;
/** ¥ of the cash sales: with the one by code they are twenty. */
const CASH_MINOR = [
  1250, 380, 4600, 990, 2550, 1800, 720, 15_600, 350, 2990, 6680, 450, 1100, 8800, 260, 3300, 500, 12_900,
  1990,
];
/** So many of them lie on the days before. */
const EARLIER_SALES = 4;

/** How to sign in to the demo: the same after every start, and another in every installation. */
export interface DemoSignIn {
  readonly email: string;
  readonly password: string;
}

/** Fills the demo shop on its first start. Answers how its owner signs in. */
export async function openDemo(services: Services, pages: Pages): Promise<DemoSignIn> {
  const seed = await hkdf(services.master.cookieSecret, utf8("guitai/demo-password/1"), 15);
  const password = toCrockford(seed).replace(/(.{6})(?=.)/gu, "$1-");
  if (await isSetUpOpen(services.db)) await fill(services, pages, { email: EMAIL, password });
  return { email: EMAIL, password };
}

async function fill(services: Services, pages: Pages, signIn: DemoSignIn): Promise<void> {
  const startMs = services.nowMs();
  // The shop's past is lived through in order: a clock only the demo reads stands three days back at first.
  let atMs = startMs - 3 * DAY_MS;
  const past: Services = { ...services, nowMs: () => atMs };
  const app = createApp(past, pages);
  const wire: Wire = (path, init) => app.request(`http://localhost${path}`, init);
  const token = await openSetUp(services.db);
  assert(token !== null, "the demo is set up once");
  const done = await setUp(past, { ...signIn, token, shopName: SHOP, language: "zh-CN" });
  assert(done.ok, "the demo's owner is set up");
  const books = await openBooks(past);
  const merchant = await onlyMerchant(books);
  const by: IssueFor = { merchant, userId: done.value.userId };
  const issue = async (wish: Partial<IssueCodeRequest>): Promise<DemoCode> => await issueOne(books, by, wish);

  const first = await enrol(wire, done.value.answer.activation.qrText, () => atMs);
  // Tills are listed in the order in which they were made.
  atMs += 60_000;
  const added = await addTill(books, by, SECOND_TILL);
  assert(added.ok, "the demo has room for a second till");
  const activation = await activateTill(books, by, shortId(added.value), null);
  assert(activation.ok, "the demo's second till is activated");
  const second = await enrol(wire, activation.value.qrText, () => atMs);
  const tillId = done.value.answer.tillId;

  await issue({ amountMinor: 2000, validDays: 1, tillId });
  const revoked = await issue({ amountMinor: 8800, tillId });
  const spent = await issue({ amountMinor: CODE_MINOR, tillId });
  for (const [i, amountMinor] of CASH_MINOR.entries()) {
    const earlier = i < EARLIER_SALES;
    atMs = earlier
      ? startMs - 2 * DAY_MS + i * 11 * HOUR_MS
      : startMs - (CASH_MINOR.length - i + 1) * (HOUR_MS / 2);
    const till = i % 3 === 2 ? second : first;
    await till.sellCash(amountMinor);
    await till.deliver();
  }
  const undone = await revokeCode(books, by, revoked.cti);
  assert(undone.ok, "the demo's code is revoked");
  await issue({ amountMinor: 5000, kind: "up-to", tillId });
  await issue({ amountMinor: 12_000, fromMs: startMs + 2 * DAY_MS, tillId });
  await first.pull();
  const sold = await first.sellCode(spent.qrText, spent.password);
  assert(sold.ok, "the demo's code is taken");
  atMs = startMs;
  for (const till of [first, second]) {
    await till.deliver();
    await till.pull();
  }
}

interface DemoCode {
  readonly cti: Bytes;
  readonly qrText: string;
  readonly password: string | null;
}

async function issueOne(books: Books, by: IssueFor, wish: Partial<IssueCodeRequest>): Promise<DemoCode> {
  const issued = await issueCode(books, by, {
    requestId: toHex(randomBytes(16)),
    amountMinor: CODE_MINOR,
    kind: "exact",
    password: { mode: "generate" },
    validDays: null,
    fromMs: null,
    tillId: null,
    onlyThisTill: false,
    ...wish,
  });
  assert(issued.ok, "the demo's code is issued");
  const { cti, generatedPassword } = issued.value;
  const shown = await readCode(books, by.merchant, { cti });
  return { cti, qrText: shown?.qrText ?? "", password: generatedPassword };
}

async function enrol(wire: Wire, activationText: string, nowMs: () => number): Promise<HeadlessTill> {
  const till = await HeadlessTill.enrol(wire, activationText, nowMs);
  assert(till.ok, "the demo's till enrols");
  await till.value.hello();
  await till.value.deliver();
  await till.value.pull();
  return till.value;
}

async function onlyMerchant(books: Books): Promise<Bytes> {
  const row = await books.db.selectFrom("control.merchants").select("merchant_id").executeTakeFirstOrThrow();
  return new Uint8Array(row.merchant_id);
}
