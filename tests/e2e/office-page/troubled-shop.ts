import type { LossEvent, QuarantineBranch } from "#protocol/office-losses-api.ts";
import { busySecrets } from "../../office/busy-secrets.ts";
import { emptyShop, fakeMe, fakeSale, type FakeShop, fakeTill, healthyTill } from "../../office/fake-shop.ts";

const hourMs = 3_600_000;
const ids = ["T7K2A9QX04TB", "T8M3B0RY15VC", "T9N4C1SZ26WD", "TAP5D2TZ37XE", "TBQ6E3UZ48YF"] as const;

/** A shop where everything that can be wrong with deliveries is, each once. */
export function troubledShop(nowMs: number): FakeShop {
  const shop = emptyShop(nowMs);
  shop.isSetUp = true;
  shop.me = { ...fakeMe, addresses: ["http://localhost:8080", "http://192.168.1.20:8080"] };
  const at = (hours: number): number => nowMs - hours * hourMs;
  shop.tills = [
    fakeTill(ids[0], "1号机", {
      state: "active",
      epoch: 2,
      seq: 4180,
      lastSeenMs: nowMs - 20_000,
      feedVersion: 48,
      build: "0.3.0+9f2c41d",
      salesToday: 62,
      salesTodayMinor: 184_250,
      health: {
        ...healthyTill,
        claimedSeq: 4223,
        unsent: { count: 41, sumMinor: 123_450, oldestMs: 26 * hourMs, saidAtMs: nowMs - 20_000 },
        stuckSinceMs: at(25),
        openLosses: 1,
      },
    }),
    fakeTill(ids[1], "2号机（门口）", {
      state: "active",
      epoch: 1,
      seq: 912,
      lastSeenMs: at(7),
      feedVersion: 47,
      build: "0.3.0+9f2c41d",
      salesToday: 8,
      salesTodayMinor: 21_000,
      health: {
        ...healthyTill,
        claimedSeq: 912,
        unsent: { count: 3, sumMinor: 11_400, oldestMs: 600_000, saidAtMs: at(7) },
      },
    }),
    fakeTill(ids[2], "3号机", {
      state: "stopped",
      epoch: 3,
      seq: 77,
      lastSeenMs: nowMs - 60_000,
      feedVersion: 48,
      build: "0.3.0+9f2c41d",
      health: { ...healthyTill, claimedSeq: 77, quarantined: { count: 14, sumMinor: 45_600 } },
    }),
    fakeTill(ids[3], "4号机", {}),
    fakeTill(ids[4], "5号机", { state: "active", epoch: 1, seq: 0, lastSeenMs: nowMs - 30_000 }),
  ];
  shop.secrets = busySecrets(nowMs, [ids[0], ids[1], ids[2]]);
  shop.activations.set(ids[2], {
    typedCode: "CD34-EF56-GH78",
    qrText: "GTE1CD34QZ7M3K8W5R2T9V4X6C1D0F",
    expiresAtMs: nowMs + 420_000,
    reason: "stolen",
  });
  shop.sales = [fakeSale("S0000000000A", 101, at(1)), fakeSale("S0000000000B", 100, at(2))];
  shop.losses = [
    loss(
      ids[0],
      "1号机",
      1,
      { knownHeadSeq: 3210, count: 5, sumMinor: 19_000, source: "later-entries" },
      at(50),
    ),
    loss(ids[1], "2号机（门口）", 1, { source: "none", reason: "stolen" }, at(300)),
    loss(ids[2], "3号机", 2, { state: "closed", count: 0, sumMinor: 0, reason: "replaced" }, at(900)),
    loss(
      ids[3],
      "4号机",
      1,
      {
        state: "shrunk",
        count: 2,
        sumMinor: 9_900,
        cameLate: { count: 7, sumMinor: 30_100 },
        reason: "data-lost",
      },
      at(20),
    ),
  ];
  shop.quarantine = [
    branch(ids[2], "3号机", 3, { reason: "fork" }, at(3)),
    branch(
      ids[1],
      "2号机（门口）",
      1,
      { reason: "stolen", decision: { decided: "rejected", atMs: at(90), by: "owner@example.com" } },
      at(120),
    ),
  ];
  shop.findings = ["fork", "bad-signature", "sale-does-not-add-up", "readmitted", "of-a-newer-server"].map(
    (kind, index) => ({
      kind,
      tillId: ids[2],
      tillName: "3号机",
      epoch: 3,
      seq: 78 + index,
      atMs: at(3 + index * 30),
    }),
  );
  return shop;
}

function loss(
  tillId: string,
  tillName: string,
  epoch: number,
  facts: Partial<LossEvent>,
  atMs: number,
): LossEvent {
  return {
    id: `${tillId}-${epoch}`,
    tillId,
    tillName,
    epoch,
    fromSeq: 3204,
    nextSeq: 3204,
    knownHeadSeq: null,
    count: null,
    sumMinor: null,
    source: "claimed-head",
    reason: "lost",
    state: "open",
    atMs,
    cameLate: { count: 0, sumMinor: 0 },
    receipts: [
      { seq: 3204, headHex: "a3f09c1e", amountMinor: 3_800, enteredAtMs: atMs, verdict: "missing" },
      { seq: 3201, headHex: "5be85a33", amountMinor: 123_450, enteredAtMs: atMs, verdict: "arrived" },
      { seq: 3202, headHex: "96c1e0b4", amountMinor: 900, enteredAtMs: atMs, verdict: "differs" },
    ],
    ...facts,
  };
}

function branch(
  tillId: string,
  tillName: string,
  epoch: number,
  facts: Partial<QuarantineBranch>,
  atMs: number,
): QuarantineBranch {
  return {
    id: `${tillId}-${epoch}`,
    tillId,
    tillName,
    epoch,
    fromSeq: 78,
    toSeq: 91,
    entries: 14,
    count: 9,
    sumMinor: 45_600,
    reason: "fork",
    firstAtMs: atMs,
    lastAtMs: atMs + hourMs,
    decision: null,
    ...facts,
  };
}
