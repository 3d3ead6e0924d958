import { NOBODY_AWAY } from "#domain/outage-policy.ts";
import {
  type AuditRow,
  type CodePolicyAnswer,
  type IssuedCode,
  type Me,
  type OpenActivation,
  SAFE_CODE_POLICY,
  type SaleDetail,
  type TillRow,
} from "#protocol/office-api.ts";
import type { FindingRow, LossEvent, QuarantineBranch, TillHealth } from "#protocol/office-losses-api.ts";
import { type FakeSecrets, noSecrets } from "./fake-secrets.ts";

/** What a fake server knows. Tests change it in place. */
export interface FakeShop {
  nowMs: number;
  me: Me | null;
  isSetUp: boolean;
  policy: CodePolicyAnswer;
  codes: IssuedCode[];
  tills: TillRow[];
  /** Codes that wait for a tablet, by till. */
  activations: Map<string, OpenActivation>;
  sales: SaleDetail[];
  audit: AuditRow[];
  losses: LossEvent[];
  findings: FindingRow[];
  quarantine: QuarantineBranch[];
  secrets: FakeSecrets;
  /** Codes by the request id that issued them. */
  issuedBy: Map<string, string>;
}

export const fakeMe: Me = {
  email: "owner@example.com",
  role: "owner",
  shopName: "街角小店",
  merchantId: "M7K2A9QX04TB",
  language: "zh-CN",
  currency: "CNY",
  demo: false,
  addresses: ["http://localhost:8080"],
  passwordForgotten: false,
};

/** A shop that nobody has created yet. */
export function emptyShop(nowMs: number): FakeShop {
  return {
    nowMs,
    me: null,
    isSetUp: false,
    policy: {
      policy: SAFE_CODE_POLICY,
      feedVersion: 1,
      changedAtMs: null,
      changedBy: null,
      tills: [],
      tillsInService: 0,
      away: NOBODY_AWAY,
    },
    codes: [],
    tills: [],
    activations: new Map(),
    sales: [],
    audit: [],
    losses: [],
    findings: [],
    quarantine: [],
    secrets: noSecrets(),
    issuedBy: new Map(),
  };
}

/** A till of which nothing is missing. */
export const healthyTill: TillHealth = {
  claimedSeq: null,
  unsent: null,
  stuckSinceMs: null,
  quarantined: { count: 0, sumMinor: 0 },
  openLosses: 0,
};

/** A till as the office sees it. */
export function fakeTill(id: string, name: string, facts: Partial<TillRow> = {}): TillRow {
  return {
    id,
    name,
    state: "new",
    compareDigits: null,
    epoch: null,
    seq: null,
    lastSeenMs: null,
    feedVersion: null,
    build: null,
    salesToday: 0,
    salesTodayMinor: 0,
    health: healthyTill,
    ...facts,
  };
}

/** A code as the office sees it, with a text of the true length for its QR symbol. */
export function fakeCode(id: string, nowMs: number, facts: Partial<IssuedCode> = {}): IssuedCode {
  return {
    id,
    amountMinor: 3_800,
    kind: "exact",
    state: "issued",
    hasPassword: true,
    issuedAtMs: nowMs,
    fromMs: nowMs,
    expiresAtMs: nowMs + 30 * 86_400_000,
    tillName: "1号机",
    spent: null,
    lossMinor: 0,
    returnedMinor: 0,
    qrText: `GT1${"QKVTM3F7ZC2HXADN".repeat(17)}${id}`,
    number: "9048817265530176",
    lease: null,
    claim: null,
    generatedPassword: null,
    ...facts,
  };
}

/** A sale as the office sees it. */
export function fakeSale(
  id: string,
  arrival: number,
  atMs: number,
  facts: Partial<SaleDetail> = {},
): SaleDetail {
  return {
    id,
    tillName: "1号机",
    operatorName: "小王",
    atMs,
    arrivedAtMs: atMs + 1_500,
    arrival,
    amountMinor: 3_800,
    method: "payment-code",
    lossMinor: 0,
    epoch: 1,
    seq: arrival,
    headHex: "9f2c41d07be85a3396c1e0b4d2a7f86513c09e4b7d15a2f8e60c3b9d481f7a52",
    codeId: null,
    outcomes: [],
    ...facts,
  };
}
