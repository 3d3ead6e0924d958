import type {
  ActivationAnswer,
  AuditRow,
  ChangePasswordRequest,
  CodeDetail,
  CodePolicy,
  CodePolicyAnswer,
  CodeRow,
  CodeState,
  DoubleSpendsAnswer,
  IssueCodeRequest,
  IssuedCode,
  Me,
  MoveLeaseRequest,
  OpenActivation,
  Page,
  SaleDetail,
  SaleListRow,
  SetupAnswer,
  SetupRequest,
  TillRow,
  TodayAnswer,
} from "#protocol/office-api.ts";
import type {
  LossesAnswer,
  LossEvent,
  QuarantineAnswer,
  QuarantineBranch,
  QuarantineDecisionRequest,
  ReceiptEvidenceRequest,
  RenewalReason,
} from "#protocol/office-losses-api.ts";
import type { PaperNumber } from "#domain/paper-receipt.ts";
import type { JournalListRow, ReceiptCheck, WaitingParcel } from "#protocol/export-office.ts";
import type { Answer } from "./answer.ts";
import type { Http } from "./http.ts";
import { createSecretsApi, type SecretsApi } from "./secrets/secrets-api.ts";

/** Rows a list asks for at a time. */
export const PAGE_ROWS = 50;

/** The routes of `src/protocol/office-api.ts`, one function each. None throws. */
export interface OfficeApi {
  readonly setupState: () => Promise<Answer<{ readonly open: boolean }>>;
  readonly setUp: (request: SetupRequest) => Promise<Answer<SetupAnswer>>;
  readonly signIn: (email: string, password: string) => Promise<Answer<unknown>>;
  readonly signInByOwnerLink: (token: string) => Promise<Answer<unknown>>;
  readonly signOut: () => Promise<Answer<unknown>>;
  readonly me: () => Promise<Answer<Me>>;
  readonly changePassword: (request: ChangePasswordRequest) => Promise<Answer<unknown>>;
  /** The day begins where the office stands. */
  readonly today: () => Promise<Answer<TodayAnswer>>;
  readonly codePolicy: () => Promise<Answer<CodePolicyAnswer>>;
  readonly saveCodePolicy: (policy: CodePolicy) => Promise<Answer<CodePolicyAnswer>>;
  readonly codes: (state: CodeState | null, before: number | null) => Promise<Answer<Page<CodeRow>>>;
  readonly issueCode: (request: IssueCodeRequest) => Promise<Answer<IssuedCode>>;
  readonly code: (id: string) => Promise<Answer<CodeDetail>>;
  readonly revokeCode: (id: string) => Promise<Answer<CodeDetail>>;
  readonly moveLease: (id: string, request: MoveLeaseRequest) => Promise<Answer<CodeDetail>>;
  /** Frees a code that a till has in hand. */
  readonly releaseClaim: (id: string) => Promise<Answer<CodeDetail>>;
  readonly doubleSpends: () => Promise<Answer<DoubleSpendsAnswer>>;
  readonly tills: () => Promise<Answer<{ readonly rows: readonly TillRow[] }>>;
  readonly addTill: (name: string) => Promise<Answer<TillRow>>;
  /** Makes a new activation code; the one before stops working. */
  readonly activateTill: (id: string, reason: RenewalReason | null) => Promise<Answer<ActivationAnswer>>;
  /** The activation code that waits for a tablet, if one does. */
  readonly openActivation: (id: string) => Promise<Answer<{ readonly open: OpenActivation | null }>>;
  /** `epoch`: the one whose digits were on the screen. */
  readonly compareTill: (id: string, same: boolean, epoch: number | null) => Promise<Answer<TillRow>>;
  readonly revokeTill: (id: string) => Promise<Answer<TillRow>>;
  readonly sales: (before: number | null) => Promise<Answer<Page<SaleListRow>>>;
  readonly sale: (id: string) => Promise<Answer<SaleDetail>>;
  readonly losses: () => Promise<Answer<LossesAnswer>>;
  /** A paper receipt as evidence beside the loss `id` («TILL-EPOCH»). */
  readonly enterReceipt: (id: string, receipt: ReceiptEvidenceRequest) => Promise<Answer<LossEvent>>;
  readonly quarantine: () => Promise<Answer<QuarantineAnswer>>;
  readonly decideQuarantine: (
    id: string,
    decision: QuarantineDecisionRequest,
  ) => Promise<Answer<QuarantineBranch>>;
  /** Files that are kept until what comes before them is there; asking tries them once more. */
  readonly waitingParcels: () => Promise<Answer<{ readonly rows: readonly WaitingParcel[] }>>;
  readonly journals: () => Promise<Answer<{ readonly rows: readonly JournalListRow[] }>>;
  /** Is the receipt with this number and these eight digits in the journal? */
  readonly checkReceipt: (number: PaperNumber, head: string) => Promise<Answer<ReceiptCheck>>;
  readonly audit: (before: number | null) => Promise<Answer<Page<AuditRow>>>;
  /** People at the till, PINs, passwords and how a till guards them. */
  readonly secrets: SecretsApi;
  /** This device's clock corrected by the server's last answer: what a countdown counts by. */
  readonly serverNowMs: () => number;
}

/** The beginning of the day that holds `ms`, by this screen's clock zone. */
function startOfDayMs(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** The office's client over `http`; `nowMs` is the device's clock. */
export function createOfficeApi(http: Http, nowMs: () => number): OfficeApi {
  const office = "/api/office";
  const serverNowMs = (): number => nowMs() + http.serverAheadMs();
  const page = (before: number | null) => ({ before, limit: PAGE_ROWS });
  return {
    setupState: () => http.get("/api/setup/state"),
    setUp: (request) => http.send("POST", "/api/setup", request),
    signIn: (email, password) => http.send("POST", "/api/auth/sign-in/email", { email, password }),
    signInByOwnerLink: (token) => http.send("POST", "/api/owner-link", { token }),
    signOut: () => http.send("POST", "/api/auth/sign-out"),
    me: () => http.get(`${office}/me`),
    changePassword: (request) => http.send("POST", `${office}/password`, request),
    today: () => http.get(`${office}/today`, { sinceMs: startOfDayMs(serverNowMs()) }),
    codePolicy: () => http.get(`${office}/code-policy`),
    saveCodePolicy: (policy) => http.send("PUT", `${office}/code-policy`, policy),
    codes: (state, before) => http.get(`${office}/codes`, { state, ...page(before) }),
    issueCode: (request) => http.send("POST", `${office}/codes`, request),
    code: (id) => http.get(`${office}/codes/${id}`),
    revokeCode: (id) => http.send("POST", `${office}/codes/${id}/revoke`),
    moveLease: (id, request) => http.send("POST", `${office}/codes/${id}/lease`, request),
    releaseClaim: (id) => http.send("POST", `${office}/codes/${id}/release-claim`),
    doubleSpends: () => http.get(`${office}/double-spends`),
    tills: () => http.get(`${office}/tills`, { sinceMs: startOfDayMs(serverNowMs()) }),
    addTill: (name) => http.send("POST", `${office}/tills`, { name }),
    activateTill: (id, reason) =>
      http.send("POST", `${office}/tills/${id}/activation`, reason === null ? {} : { reason }),
    openActivation: (id) => http.get(`${office}/tills/${id}/activation`),
    compareTill: (id, same, epoch) =>
      http.send("POST", `${office}/tills/${id}/compare`, epoch === null ? { same } : { same, epoch }),
    revokeTill: (id) => http.send("POST", `${office}/tills/${id}/revoke`),
    sales: (before) => http.get(`${office}/sales`, page(before)),
    sale: (id) => http.get(`${office}/sales/${id}`),
    losses: () => http.get(`${office}/losses`),
    enterReceipt: (id, receipt) => http.send("POST", `${office}/losses/${id}/receipts`, receipt),
    quarantine: () => http.get(`${office}/quarantine`),
    decideQuarantine: (id, decision) => http.send("POST", `${office}/quarantine/${id}/decision`, decision),
    waitingParcels: () => http.get(`${office}/exports`),
    journals: () => http.get(`${office}/journals`),
    checkReceipt: ({ epoch, seq }, head) => http.get(`${office}/receipt-check`, { seq, head, epoch }),
    audit: (before) => http.get(`${office}/audit`, page(before)),
    secrets: createSecretsApi(http),
    serverNowMs,
  };
}
