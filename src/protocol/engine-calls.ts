import type { CodeWay } from "#domain/code-way.ts";
import type { CodeRefusal, EnrolRefusal, PinRefusal, StopReason, TillRefusal } from "#domain/refusal.ts";
import type { Result } from "#domain/result.ts";
import type { ExportRefusal } from "./export-file.ts";
import type { VaultLevel } from "./feed-secrets.ts";

/**
 * What crosses between a till screen and the engine worker (comlink). Plain data both ways; nothing throws
 * across it on purpose. The screen sends commands and draws the last `TillView`; it computes no money and
 * holds no secret.
 */

/** Where the till stands, for the strip and for which screen to show. Sent whole after every change. */
export interface TillView {
  /**
   * `booting` until the database is open · `unenrolled` shows Activate · `comparing` shows the six digits and
   * waits for the owner's «same» · `needs-pin` a first operator PIN must be set · `locked` shows Lock ·
   * `open` an operator is in · `elsewhere` another window of this browser holds the till; this one takes over
   * by itself when that one closes.
   */
  readonly phase: "booting" | "elsewhere" | "unenrolled" | "comparing" | "needs-pin" | "locked" | "open";
  readonly shopName: string;
  readonly tillName: string;
  /** Six digits to compare on both screens, only while `comparing`. */
  readonly compareDigits: string | null;
  readonly operators: readonly OperatorView[];
  readonly operator: OperatorView | null;
  readonly link: LinkView;
  /** Codes and secrets are stopped; cash goes on. */
  readonly stop: StopReason | null;
  readonly sale: SaleView | null;
  readonly settings: SettingsView;
  /** The server's time may be trusted, or how the clock stands otherwise (PROTOCOL §8). */
  readonly clock: "anchored" | "plausible" | "back" | "leap";
  readonly storage: {
    readonly persisted: boolean;
    readonly freeBytes: number | null;
    readonly low: boolean;
    /** The disk took no more: the reserve is spent, and no further sale begins until there is room. */
    readonly full: boolean;
    /** The journal's second copy could not be written: sales are safe in the database, and only there. */
    readonly copyFailed: boolean;
  };
  readonly vault: VaultView;
  readonly build: string;
}

/** How the vault stands: where it is closed, only cash can be taken until it is opened again. */
export interface VaultView {
  readonly level: VaultLevel;
  /** False after a restart, until the server's half came or the passphrase was typed. */
  readonly open: boolean;
  /** What the owner chose and this till has not changed over to yet; null: nothing waits. */
  readonly wanted: VaultLevel | null;
  /** Until when codes and overrides go without a word of the server; null: the owner set no such limit. */
  readonly lease: { readonly untilMs: number; readonly over: boolean } | null;
  /** Six digits for the owner to compare in the office, while a new vault in a lost one's place waits. */
  readonly renewalDigits?: string;
}

export interface OperatorView {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "manager" | "cashier";
  readonly hasPin: boolean;
}

export interface LinkView {
  /**
   * `offline` = no network as far as the tablet knows; `silent` = network, but the server gives no signed
   * answer.
   */
  readonly state: "online" | "syncing" | "offline" | "silent";
  /** Since when in this state, or since the last signed answer when offline or silent; null when never. */
  readonly sinceMs: number | null;
  /** Sales that the server does not have: neither receipted nor set apart. */
  readonly unsentCount: number;
  readonly unsentMinor: number;
  /** Sales of this epoch that the server has set apart for the owner to decide; null when there are none. */
  readonly withOwner: { readonly count: number; readonly sumMinor: number } | null;
  /** How old the oldest of them is, ms, when this view was made; null when none waits. */
  readonly oldestUnsentMs: number | null;
  /**
   * Since when rounds run and the server's receipt has not moved although entries wait; null while there is
   * progress. This is the alarm: being offline is none.
   */
  readonly stuckSinceMs: number | null;
  /** The last signed answer of the server, by the tablet's clock; null when there was none. */
  readonly lastAnswerMs: number | null;
  /** Entries pushed and to push in the running round, for «2/5». */
  readonly progress: { readonly done: number; readonly of: number } | null;
}

export interface SettingsView {
  /** Feed version this till has applied (G11, G2); 0 before the first page. */
  readonly feedVersion: number;
  readonly appliedAtMs: number | null;
  readonly currency: string;
  readonly maxSaleMinor: number;
  readonly passwordRule: "never" | "always" | "above";
  readonly passwordAboveMinor: number;
  /** What becomes of codes while nobody can be asked (PROTOCOL §11). */
  readonly codeWay: CodeWay;
}

/** The one sale in hand. */
export interface SaleView {
  readonly id: string;
  /** What remains to be paid. */
  readonly dueMinor: number;
  /** What accepted codes already cover of it; nothing of it is spent before the sale is complete. */
  readonly coveredMinor: number;
  readonly state: "due" | "password" | "paid";
  /** The code on the counter while `password`. */
  readonly code: {
    readonly amountMinor: number;
    readonly kind: "exact" | "up-to";
    /** Whose password is asked for: the code's own, or the shop's for payment codes. */
    readonly password?: "own" | "method";
  } | null;
  readonly paid: PaidView | null;
}

/** How a sale was paid; `mixed` is a code for a part and cash for the rest. */
export type SaleMethod = "cash" | "payment-code" | "mixed";

export interface PaidView {
  readonly saleId: string;
  readonly amountMinor: number;
  readonly method: SaleMethod;
  readonly receivedMinor: number;
  readonly changeMinor: number;
  /** What of an up-to code goes back to the issuer's list. */
  readonly returnedMinor: number;
  readonly atMs: number;
  readonly epoch: number;
  readonly seq: number;
  /** First 8 hex digits of the entry's hash: stands on the receipt (B10). */
  readonly headHex: string;
}

/** A line of the list of sales. */
export interface SaleRow {
  readonly id: string;
  readonly atMs: number;
  readonly amountMinor: number;
  readonly method: SaleMethod;
  readonly operatorName: string;
  readonly seq: number;
  readonly epoch: number;
  readonly headHex: string;
  /** `till`: on this till only · `server`: the server's signed receipt is here. */
  readonly delivered: "till" | "server";
  /** The server decided that another till's use of the same code came first (§11); null otherwise. */
  readonly lossMinor: number | null;
  /** The use that came first: its till, and when by that till's time; null when it is not known. */
  readonly lostTo: { readonly tillName: string; readonly atMs: number } | null;
  /** Made when this tablet was another till, and which one it was, counted up; absent: of this till. */
  readonly era?: number;
}

/** Where a page of the list goes on: its last row. */
export type SaleCursor = Pick<SaleRow, "epoch" | "seq" | "era">;

export interface RefusalRow {
  readonly atMs: number;
  readonly code: string;
  readonly seq: number;
}

/** What came of presenting a scanned or typed code. */
export type PresentOutcome =
  | { readonly kind: "paid"; readonly paid: PaidView }
  /** An up-to code covers a part; the rest is still due. */
  | { readonly kind: "part-paid"; readonly dueMinor: number; readonly coveredMinor: number }
  /** Open the pad next: `openPad({ purpose: "code" })`. */
  | { readonly kind: "password"; readonly dueMinor: number; readonly passwordKind: "digits" | "letters" }
  | { readonly kind: "refused"; readonly refusal: CodeRefusal | TillRefusal };

export type PadPurpose =
  | { readonly purpose: "code" }
  | { readonly purpose: "operator"; readonly operatorId: string }
  /**
   * Sets a PIN: confirmed twice, on one pad. Goes for the owner while no PIN is known at all, and otherwise
   * only with what `old-pin` or `manager` approved just before; else `pin-needs-manager`.
   */
  | { readonly purpose: "new-pin"; readonly operatorId: string }
  /** One's own PIN, before it is changed: right leads to `approved`, then open `new-pin`. */
  | { readonly purpose: "old-pin"; readonly operatorId: string }
  /** A manager's or the owner's PIN for something an operator may not do alone (class `manager`). */
  | { readonly purpose: "manager"; readonly managerId: string; readonly approve: Approval }
  /** The passphrase, after a restart at that level: right leads to `vault-open`. Letters, Confirm. */
  | { readonly purpose: "passphrase" }
  /** Makes the till change over to a passphrase, as the owner chose: approved before, typed twice. */
  | { readonly purpose: "new-passphrase" };

/** What a manager may approve; each is good for one use within two minutes, and none outlives a restart. */
export type Approval =
  /** The next `new-pin` of this operator: a first one, or in place of one that was forgotten. */
  | { readonly what: "new-pin"; readonly operatorId: string }
  /** Done at once: the operator's tries start anew. */
  | { readonly what: "unlock"; readonly operatorId: string }
  /** The next `new-passphrase`. */
  | { readonly what: "passphrase" };

/** Eight digits to read to the office, which answers with eight others (PROTOCOL §10). */
export interface UnlockChallenge {
  readonly operatorId: string;
  readonly digits: string;
  /** So long the answer is good; a restart ends it earlier. */
  readonly leftMs: number;
  readonly triesLeft: number;
}

/** An open pad: the screen sends characters to `port` itself, so that no secret ever stands in page state. */
export interface Pad {
  readonly padId: string;
  readonly kind: "digits" | "letters";
  /** A fixed length submits itself when full; null asks for Confirm. */
  readonly fixedLength: number | null;
  /** Speaks PadMessage in, PadCount out. */
  readonly port: MessagePort;
}

/**
 * On the BroadcastChannel «guitai»: the service worker tells that it wrote receipts or pages, the engine that
 * there is something to send or to fetch (the page then pokes the service worker).
 */
export type ChannelMessage = { readonly type: "wrote" } | { readonly type: "want-sync" };
/** Page → service worker, by postMessage. `timer` respects the back-off, the others do not. */
export interface SyncPoke {
  readonly type: "sync";
  readonly reason: "commit" | "online" | "visible" | "timer" | "asked" | "hint";
}

/** Page → service worker: the operator agreed to the update, replace the older version now. */
export interface TakeOver {
  readonly type: "take-over";
}

/** Page → pin.worker. */
export type PadMessage =
  | { readonly type: "char"; readonly char: string }
  | { readonly type: "back" }
  | { readonly type: "clear" };
/** pin.worker → page. */
export interface PadCount {
  readonly count: number;
  /** Messages taken so far: the page confirms only when the worker has had all it sent. */
  readonly seen: number;
}

export type PadOutcome =
  | { readonly kind: "paid"; readonly paid: PaidView }
  | { readonly kind: "part-paid"; readonly dueMinor: number; readonly coveredMinor: number }
  | { readonly kind: "operator-in"; readonly operator: OperatorView }
  /** The new PIN was read once; ask for it again on the same pad. */
  | { readonly kind: "again" }
  | { readonly kind: "pin-set"; readonly operator: OperatorView }
  /** The manager's, or one's own old PIN, was right: go on with what it was asked for. */
  | { readonly kind: "approved"; readonly by: OperatorView }
  /** The operator's tries start anew, as the manager approved. */
  | { readonly kind: "unlocked"; readonly operator: OperatorView }
  /** Codes and PINs work again; after `new-passphrase`: the till has changed over. */
  | { readonly kind: "vault-open" }
  /** Wrong and another try is possible on a new pad, or a wait, or locked: the refusal says which. */
  | { readonly kind: "refused"; readonly refusal: CodeRefusal | PinRefusal | TillRefusal };

export interface Activation {
  /** Typed: 12 characters in any case, with or without separators. Scanned: the whole text «GTE1…». */
  readonly text: string;
  /** True: a till in good order is to become a new epoch all the same; without it that is refused. */
  readonly deliberate?: boolean;
}

/** What an activation code says of itself before it is used; names only when it was scanned. */
export interface ActivationPreview {
  readonly source: "typed" | "scanned";
  readonly shopName: string | null;
  readonly tillName: string | null;
}

/** A sealed file of entries that have no receipt (PROTOCOL §12), for the page to hand to the person. */
export interface ExportedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is on this tablet and has no receipt, as it would be saved. */
export interface ExportOverview {
  readonly files: readonly ExportFileView[];
  /** Entries of every kind; `sales` and `sumMinor` are what of them is money. */
  readonly entries: number;
  readonly sales: number;
  readonly sumMinor: number;
  readonly oldestMs: number | null;
  /** The database is gone or unreadable: this is what the second copy holds. */
  readonly fromCopy: boolean;
}

export interface ExportFileView {
  readonly name: string;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly sales: number;
  readonly sumMinor: number;
}

export type ExportTillRefusal =
  | { readonly code: "nothing-unsent" }
  /** The server's export key has not reached this till, or went with its database. */
  | { readonly code: "export-no-key" };

/** Another till's file on its way to the server. */
export interface ParcelView {
  /** SHA-256 of the file, hex: its name here. */
  readonly hash: string;
  readonly till: string;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly size: number;
  readonly takenAtMs: number;
  readonly received: number;
  readonly state: "carrying" | "done" | "waiting" | "refused";
  /** Why it waits or was refused; empty otherwise. */
  readonly refusal: string;
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
}

export type ParcelRefusal =
  | ExportRefusal
  | { readonly code: "not-enrolled" | "storage-full" }
  | { readonly code: "too-many-parcels"; readonly max: number };

export interface TillEngine {
  /** Registers the one listener for views; called at once with the present view. */
  watch(listener: (view: TillView) => void): Promise<void>;
  /** Tells how delivery goes: by the service worker, or by this worker itself where there is none. */
  setCarrier(carrier: "service-worker" | "engine"): Promise<void>;
  /** The service worker wrote receipts or pages: look. */
  serviceWorkerWrote(): Promise<void>;
  /** Page facts the worker cannot see: network hint, persistence, quota. */
  pageFacts(facts: {
    readonly onLine: boolean;
    readonly persisted: boolean;
    readonly freeBytes: number | null;
  }): Promise<void>;

  previewActivation(activation: Activation): Promise<Result<ActivationPreview, EnrolRefusal>>;
  enrol(activation: Activation): Promise<Result<{ readonly compareDigits: string | null }, EnrolRefusal>>;

  openPad(purpose: PadPurpose): Promise<Result<Pad, PinRefusal | CodeRefusal | TillRefusal>>;
  confirmPad(padId: string): Promise<PadOutcome>;
  closePad(padId: string): Promise<void>;
  lock(): Promise<void>;
  /** Begins an unlock with the office's digits, or shows the one that is under way for this operator. */
  unlockChallenge(operatorId: string): Promise<Result<UnlockChallenge, PinRefusal | TillRefusal>>;
  /** What the office answered, 8 digits: right lets the operator try again. */
  answerUnlock(answer: {
    readonly operatorId: string;
    readonly digits: string;
  }): Promise<Result<OperatorView, PinRefusal | TillRefusal>>;
  /** While the vault is closed only: comes in without a check, and the entry says so. Cash only. */
  enterUnchecked(operatorId: string): Promise<Result<OperatorView, PinRefusal | TillRefusal>>;
  /** Asks the server for its half of the vault's key now; answers whether the vault is open afterwards. */
  openVault(): Promise<boolean>;

  /** Opens a sale of this amount; the amount stands until paid or cancelled. */
  charge(amountMinor: number): Promise<Result<SaleView, TillRefusal>>;
  /** A scanned text, with or without an open sale (then an exact code brings its own sum). */
  presentScan(text: string): Promise<PresentOutcome>;
  /** A typed 16-digit number. */
  presentNumber(digits: string): Promise<PresentOutcome>;
  takeCash(receivedMinor: number): Promise<Result<PaidView, CodeRefusal | TillRefusal>>;
  /** Back to the sale from the password pad, code unspent. */
  withdrawCode(): Promise<void>;
  /** Drops an unpaid sale. A paid one is not touched: use nextSale. */
  cancelSale(): Promise<Result<void, TillRefusal>>;
  nextSale(): Promise<void>;

  /** Newest first, all epochs; `before` is the last row shown. */
  sales(page: { readonly before: SaleCursor | null; readonly limit: number }): Promise<readonly SaleRow[]>;
  refusals(limit: number): Promise<readonly RefusalRow[]>;
  syncNow(): Promise<void>;
  /** What would be saved, looked at anew: count, sum, oldest, files. */
  exportOverview(): Promise<Result<ExportOverview, ExportTillRefusal>>;
  /** The n-th file of the list that `exportOverview` gave last. */
  exportFile(index: number): Promise<Result<ExportedFile, ExportTillRefusal>>;
  /** Takes another till's file, to carry it to the server unopened. */
  takeParcel(bytes: Uint8Array<ArrayBuffer>): Promise<Result<ParcelView, ParcelRefusal>>;
  parcels(): Promise<readonly ParcelView[]>;
  /** Looks whether the disk has room again for the next sale; the view's `storage.full` says it too. */
  lookForRoom(): Promise<boolean>;
  /** True when an update may restart the page: no sale open, nothing unsent (or the operator agreed). */
  mayUpdate(): Promise<{
    readonly saleOpen: boolean;
    readonly unsentCount: number;
    readonly unsentMinor: number;
  }>;
}
