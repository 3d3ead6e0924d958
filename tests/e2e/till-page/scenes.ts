import type {
  ExportOverview,
  ParcelView,
  LinkView,
  PaidView,
  SaleRow,
  SaleView,
  TillView,
} from "#protocol/engine-calls.ts";
import type { PinRefusal } from "#domain/refusal.ts";
import type { Place } from "../../../src/till/place.ts";
import { dayView } from "../../till/fake-engine.ts";

/** One state of the till to look at. */
export interface Scene {
  readonly view: TillView;
  readonly place?: Place;
  readonly camera?: boolean;
  readonly passwordKind?: "letters";
  readonly activation?: string;
  readonly updateReady?: boolean;
  /** What pressing this key on the screen leads to, by its data attribute or words; pressed in order. */
  readonly press?: readonly string[];
  /** Why a pad does not open. */
  readonly padRefused?: PinRefusal;
}

const momentMs = Date.now() - 400_000;
const big = 12_345_678;
const sums = [3800, 1250, 123_450, 900, 5600, 100, 8_888_888, 2000, 1500];

/** Every method and every state a line of the list can have. */
export const rows: readonly SaleRow[] = sums.map((amountMinor, index) => ({
  id: `sale${index}`,
  atMs: momentMs - index * 1_300_000,
  amountMinor,
  method: (["payment-code", "cash", "mixed"] as const)[index % 3] ?? "cash",
  operatorName: "王芳",
  seq: 120 - index,
  epoch: 1,
  headHex: "a3f09c1e",
  delivered: index < 2 ? "till" : "server",
  lossMinor: index === 4 ? 5600 : null,
  lostTo: index === 4 ? { tillName: "2号机", atMs: momentMs } : null,
}));

const paid: PaidView = {
  saleId: "sale0",
  amountMinor: big,
  method: "cash",
  receivedMinor: 20_000_000,
  changeMinor: 7_654_322,
  returnedMinor: 0,
  atMs: momentMs,
  epoch: 1,
  seq: 120,
  headHex: "a3f09c1e",
};
const due: SaleView = {
  id: "sale0",
  dueMinor: big,
  coveredMinor: 1200,
  state: "due",
  code: null,
  paid: null,
};
const offline: LinkView = {
  state: "offline",
  sinceMs: momentMs,
  unsentCount: 128,
  unsentMinor: 1_234_500,
  withOwner: null,
  oldestUnsentMs: 190_000_000,
  stuckSinceMs: null,
  lastAnswerMs: momentMs,
  progress: null,
};
const syncing: LinkView = { ...offline, state: "syncing", progress: { done: 2, of: 5 } };
const people = [
  { id: "op1", name: "王芳", role: "owner", hasPin: true },
  { id: "op2", name: "李雷", role: "cashier", hasPin: true },
  { id: "op3", name: "韩梅梅", role: "manager", hasPin: false },
] as const;
const twoManagers = people.map((person) => ({ ...person, hasPin: true }));
const locked = { phase: "locked", operator: null, operators: people, link: offline } as const;
const halfMissing = { level: "server-half", open: false, wanted: null, lease: null } as const;
const phraseMissing = { ...halfMissing, level: "passphrase" } as const;
const keysLost = {
  level: "basic",
  open: false,
  wanted: null,
  lease: null,
  renewalDigits: "042917",
} as const;
const leaseOver = {
  level: "basic",
  open: true,
  wanted: null,
  lease: { untilMs: momentMs, over: true },
} as const;
const cashierIn = { operators: people, operator: people[1] } as const;

const clockRefusal = { code: "clock", clockMs: 1_000_000_000_000, nowMs: momentMs } as const;

const fileOf = (epoch: number): ExportOverview["files"][number] => ({
  name: `guitai-7QM2S7EST7RK-${epoch}-1204-20418.gtx`,
  epoch,
  first: 1204,
  last: 20_418,
  sales: 9807,
  sumMinor: 123_456_789,
});
/** Days offline, in two epochs, from the second copy. */
export const unsentFiles: ExportOverview = {
  files: [fileOf(2), fileOf(3)],
  entries: 38_430,
  sales: 19_614,
  sumMinor: 246_913_578,
  oldestMs: momentMs - 250_000_000,
  fromCopy: true,
};
export const parcel: ParcelView = {
  hash: "00",
  till: "7QM2S7EST7RK",
  epoch: 2,
  first: 1204,
  last: 20_418,
  size: 9_000_000,
  takenAtMs: momentMs,
  received: 4_000_000,
  state: "carrying",
  refusal: "",
  stored: 0,
  alreadyThere: 0,
  setApart: 0,
};

/** Every screen of the till, each in the state that needs the most room. */
export const scenes: Readonly<Record<SceneName, Scene>> = {
  activate: { view: dayView({ phase: "unenrolled", operator: null }) },
  "activate-scanned": { view: dayView({ phase: "unenrolled", operator: null }), activation: "GTE1" },
  compare: { view: dayView({ phase: "comparing", compareDigits: "042917", operator: null }) },
  "first-pin": { view: dayView({ phase: "needs-pin", operator: null, operators: [people[2]] }) },
  lock: { view: dayView({ phase: "locked", operator: null, link: offline, sale: due }) },
  "lock-choose": { view: dayView({ phase: "locked", operator: null, operators: people }) },
  sell: { view: dayView({ link: offline }) },
  "sell-stopped": { view: dayView({ stop: "behind" }) },
  "sell-camera": { view: dayView({ link: { ...offline, state: "silent" } }), camera: true },
  tender: { view: dayView({ sale: due, link: syncing }) },
  "tender-camera": { view: dayView({ sale: due }), camera: true },
  number: { view: dayView({ sale: due }), place: { at: "number" } },
  cash: { view: dayView({ sale: due }), place: { at: "cash" } },
  password: { view: dayView({ sale: { ...due, state: "password" } }) },
  letters: { view: dayView({ sale: { ...due, state: "password" } }), passwordKind: "letters" },
  paid: { view: dayView({ sale: { ...due, state: "paid", paid } }) },
  refused: { view: dayView({ sale: due }), place: { at: "refused", refusal: clockRefusal } },
  sales: { view: dayView(), place: { at: "sales", open: null } },
  sale: { view: dayView(), place: { at: "sales", open: rows[4] ?? null } },
  more: { view: dayView({ link: offline }), place: { at: "more" }, updateReady: true },
  "more-not-kept": {
    view: dayView({ link: offline, storage: { ...dayView().storage, persisted: false } }),
    place: { at: "more" },
  },
  connection: { view: dayView({ link: offline }), place: { at: "connection" } },
  "connection-stuck": {
    view: dayView({ link: { ...offline, state: "syncing", stuckSinceMs: momentMs - 90_000_000 } }),
    place: { at: "connection" },
  },
  "connection-fine": {
    view: dayView({ link: { ...dayView().link, sinceMs: momentMs, lastAnswerMs: momentMs } }),
    place: { at: "connection" },
  },
  renew: { view: dayView({ link: offline }), place: { at: "renew" } },
  "renew-lock": { view: dayView({ phase: "locked", operator: null, operators: people, stop: "fork" }) },
  "renew-fork": {
    view: dayView({ phase: "locked", operator: null, link: offline, stop: "fork" }),
    place: { at: "renew" },
  },
  "renew-empty": {
    view: dayView({
      phase: "unenrolled",
      operator: null,
      operators: [],
      link: offline,
      stop: "empty-database",
    }),
  },
  "renew-activate": { view: dayView({ link: offline, stop: "damaged" }), place: { at: "activate" } },
  "storage-full": {
    view: dayView({ link: offline, storage: { ...dayView().storage, low: true, full: true } }),
  },
  export: { view: dayView({ link: offline }), place: { at: "export", back: { at: "more" } } },
  "export-locked": {
    view: dayView({ phase: "locked", operator: null, link: offline }),
    place: { at: "export", back: { at: "counter" } },
  },
  "lock-wait": {
    view: dayView(locked),
    press: [".operators button"],
    padRefused: { code: "pin-wait", waitMs: 899_000, tries: 9 },
  },
  "lock-locked": {
    view: dayView(locked),
    press: [".operators button"],
    padRefused: { code: "pin-locked" },
  },
  "lock-closed": { view: dayView({ ...locked, vault: halfMissing }) },
  "lock-closed-one": {
    view: dayView({ phase: "locked", operator: null, link: offline, vault: phraseMissing }),
  },
  "lock-lost": { view: dayView({ ...locked, stop: "vault-lost", vault: keysLost }) },
  "renew-lost": {
    view: dayView({ ...locked, stop: "vault-lost", vault: keysLost }),
    place: { at: "renew" },
  },
  "sell-closed": { view: dayView({ link: offline, vault: halfMissing }) },
  "sell-passphrase": { view: dayView({ vault: phraseMissing }) },
  "sell-lease": { view: dayView({ link: offline, vault: leaseOver }) },
  "tender-closed": { view: dayView({ sale: due, vault: halfMissing }) },
  people: { view: dayView(cashierIn), place: { at: "vault", task: "people" } },
  "change-pin": { view: dayView(cashierIn), place: { at: "vault", task: "change-pin" } },
  "set-pin": { view: dayView(locked), place: { at: "vault", task: "set-pin", operatorId: "op3" } },
  approver: {
    view: dayView({ operators: twoManagers }),
    place: { at: "vault", task: "set-pin", operatorId: "op2" },
  },
  "approve-nobody": {
    view: dayView({ operators: people.slice(1) }),
    place: { at: "vault", task: "set-pin", operatorId: "op3" },
  },
  unlock: { view: dayView(locked), place: { at: "vault", task: "unlock", operatorId: "op2" } },
  "unlock-manager": {
    view: dayView(locked),
    place: { at: "vault", task: "unlock", operatorId: "op2" },
    press: ["[data-way=manager]"],
  },
  "unlock-server": {
    view: dayView(locked),
    place: { at: "vault", task: "unlock", operatorId: "op2" },
    press: ["[data-way=server]"],
    padRefused: { code: "pin-locked" },
  },
  "unlock-digits": {
    view: dayView(locked),
    place: { at: "vault", task: "unlock", operatorId: "op2" },
    press: ["[data-way=digits]"],
  },
  levels: {
    view: dayView({ vault: { level: "basic", open: true, wanted: "passphrase", lease: null } }),
    place: { at: "vault", task: "levels" },
  },
  "levels-closed": {
    view: dayView({
      vault: { level: "prf", open: false, wanted: null, lease: { untilMs: momentMs, over: false } },
    }),
    place: { at: "vault", task: "levels" },
  },
  passphrase: {
    view: dayView({ ...locked, vault: phraseMissing }),
    place: { at: "vault", task: "passphrase" },
    passwordKind: "letters",
  },
  elsewhere: { view: dayView({ phase: "elsewhere", operator: null }) },
};

export type SceneName =
  | "activate"
  | "activate-scanned"
  | "compare"
  | "first-pin"
  | "lock"
  | "lock-choose"
  | "sell"
  | "sell-stopped"
  | "sell-camera"
  | "tender"
  | "tender-camera"
  | "number"
  | "cash"
  | "password"
  | "letters"
  | "paid"
  | "refused"
  | "sales"
  | "sale"
  | "more"
  | "more-not-kept"
  | "connection"
  | "connection-stuck"
  | "connection-fine"
  | "renew"
  | "renew-lock"
  | "renew-fork"
  | "renew-empty"
  | "renew-activate"
  | "storage-full"
  | "export"
  | "export-locked"
  | "lock-wait"
  | "lock-locked"
  | "lock-closed"
  | "lock-closed-one"
  | "lock-lost"
  | "renew-lost"
  | "sell-closed"
  | "sell-passphrase"
  | "sell-lease"
  | "tender-closed"
  | "people"
  | "change-pin"
  | "set-pin"
  | "approver"
  | "approve-nobody"
  | "unlock"
  | "unlock-manager"
  | "unlock-server"
  | "unlock-digits"
  | "levels"
  | "levels-closed"
  | "passphrase"
  | "elsewhere";
