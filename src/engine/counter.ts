import { asksPassword } from "#domain/method-password.ts";
import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import type { Result } from "#domain/result.ts";
import { fromHex, toHex, type Bytes } from "#protocol/bytes.ts";
import type { ClaimDecision } from "#protocol/claim.ts";
import type { PresentOutcome } from "#protocol/engine-calls.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { methodSubject } from "#protocol/unlock.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { ClaimDesk, type ClaimParts } from "./claim-desk.ts";
import { CodeDesk, type PresentableCode, type RefusedCode } from "./code-desk.ts";
import { judgeFloor, receiptedEpochs } from "./code-exposure.ts";
import type { LooseLook } from "./loose-look.ts";
import type { SaleDesk, TenderOutcome } from "./sale-desk.ts";
import type { TillTime } from "./till-time.ts";
import { closedGate } from "./vault/gates.ts";
import { liveSecrets } from "./vault/live-secrets.ts";
import type { OpenVault } from "./vault/open-vault.ts";

/** What was put on the counter. */
export interface Presented {
  readonly via: "scan" | "number";
  readonly text: string;
}

export interface CounterParts {
  readonly db: TillDatabase;
  readonly identity: IdentityRow;
  readonly time: TillTime;
  readonly vault: OpenVault;
  readonly sales: SaleDesk;
  /** The keyset as it stands now. */
  readonly keyset: () => Keyset;
  /** Asks the server for news and takes them in; null when there is no network to ask through. */
  readonly askForNews: () => Promise<void> | null;
  /** As far as the tablet knows: asking makes no sense without. */
  readonly onLine: () => boolean;
  readonly claims: Pick<ClaimParts, "ledger" | "surroundings" | "round">;
  readonly loose: Pick<LooseLook, "note">;
  readonly takeCode: (
    code: PresentableCode,
    inside: () => Promise<void>,
  ) => Promise<Result<TenderOutcome, CodeRefusal | TillRefusal>>;
  readonly recordRefusal: (refusal: CodeRefusal | TillRefusal, cti: Bytes | null) => Promise<void>;
}

/** Refusals that say «not known here», not «no»: the server may know more than this till does yet. */
const NEWS_MAY_HELP: ReadonlySet<string> = new Set([
  "unknown-key",
  "key-epoch-absent",
  "leased-elsewhere",
  "unknown-number",
]);

/**
 * From a presented code to the pad, to a sale, or to a refusal by name. Loaded after the keypad, whose first
 * second it would cost; kept with the program, so that an outage has it too.
 */
export class Counter {
  readonly #p: CounterParts;
  readonly #codes: CodeDesk;
  readonly #claims: ClaimDesk;

  constructor(parts: CounterParts) {
    this.#p = parts;
    const { db, identity, keyset } = parts;
    this.#codes = new CodeDesk(db, identity, parts.time, parts.vault);
    this.#claims = new ClaimDesk({ db, identity, keyset, ...parts.claims });
  }

  async present(presented: Presented): Promise<PresentOutcome> {
    const { sales } = this.#p;
    const stopped = await this.#stopped();
    if (stopped) return stopped;
    if (sales.isPaid) sales.drop();
    let judged = await this.#judge(presented);
    if (!judged.ok && NEWS_MAY_HELP.has(judged.refusal.refusal.code)) {
      // Issued a moment ago at the office: what this till needs may be on its way. Asked for once, then
      // judged again.
      const news = this.#p.askForNews();
      if (news) {
        await news;
        // The news may be that this till's codes are stopped.
        const stoppedNow = await this.#stopped();
        if (stoppedNow) return stoppedNow;
        judged = await this.#judge(presented);
      }
    }
    if (!judged.ok) return this.#refuse(judged.refusal.refusal, judged.refusal.cti);
    let code = judged.value;
    const cti = fromHex(code.payload.cti);
    // Before the pad: a right password must not lead to a refusal that was certain from the start.
    const twice = sales.secondTime(cti);
    if (twice) return this.#refuse(twice, cti);
    const broughtSum = sales.dueMinor === null;
    if (broughtSum) {
      // An empty counter: the code brings its own sum (UX §9).
      const opened = await sales.open(code.cover.amountMinor);
      if (!opened.ok) return { kind: "refused", refusal: opened.refusal };
    }
    const asks = await this.#passwordFor(code);
    // Before the server is asked for it: a code that cannot be taken here is nobody's to hold.
    if (asks === "absent") return this.#refuse({ code: "password-absent" }, cti);
    if (code.way === "ask") {
      const leave = await this.#askLeave(code);
      if (leave !== "claim" && leave !== "floor") {
        // The sum stays only where asking again is the way on, or cash may be taken for it.
        if (broughtSum && leave.code !== "claim-unknown") sales.drop();
        return this.#refuse(leave, cti);
      }
      code = { ...code, way: leave };
    }
    if (asks) {
      sales.layCode({ ...code, password: asks.whose });
      return { kind: "password", dueMinor: sales.dueMinor ?? 0, passwordKind: asks.kind };
    }
    const taken = await this.#p.takeCode(code, async () => undefined);
    return taken.ok ? taken.value : this.#refuse(taken.refusal, cti);
  }

  /**
   * Nobody has leased the code: the server is asked, by an entry that is on disk first; the floor counts only
   * where no answer can be had (PROTOCOL §11).
   */
  async #askLeave(code: PresentableCode): Promise<"claim" | "floor" | CodeRefusal | TillRefusal> {
    const { sales, onLine, loose } = this.#p;
    const cti = fromHex(code.payload.cti);
    const amountMinor = code.cover.amountMinor;
    const sale = sales.saleId;
    if (!sale) return { code: "no-sale" };
    const unknown = { code: "claim-unknown", amountMinor } as const;
    if (!onLine()) {
      const floor = await this.#floor(amountMinor);
      if (floor === null) return "floor";
      return floor.code === "needs-server" && (await this.#claims.isOpen(cti)) ? unknown : floor;
    }
    sales.keepClaim(code.payload.cti);
    loose.note();
    const answer = await this.#claims.ask(cti, sale);
    switch (answer.kind) {
      case "granted":
        return "claim";
      case "no-answer": {
        const floor = await this.#floor(amountMinor);
        if (floor === null) return "floor";
        return floor.code === "needs-server" ? unknown : floor;
      }
      case "not-written":
        return answer.refusal;
      case "held":
      case "spent":
      case "revoked":
      case "expired":
      case "unknown":
      case "released":
      case "stopped":
        sales.letGo(code.payload.cti);
        return refusalOf(answer);
    }
  }

  async #floor(amountMinor: number): Promise<CodeRefusal | null> {
    const { db, identity, time, sales } = this.#p;
    const { nowMs, quality } = time.read();
    return judgeFloor(db, {
      amountMinor,
      nowMs,
      clockBack: quality === "back",
      takenMinor: sales.coveredMinor,
      receipted: await receiptedEpochs(db, identity),
    });
  }

  async #stopped(): Promise<PresentOutcome | null> {
    const refusal = await closedGate(this.#p);
    return refusal && { kind: "refused", refusal };
  }

  /**
   * The code's own password, or the shop's where the code or the owner's rule asks for it: the rule may add
   * one, never remove one, and there are never two.
   */
  async #passwordFor(
    code: PresentableCode,
  ): Promise<{ readonly whose: "own" | "method"; readonly kind: "digits" | "letters" } | "absent" | null> {
    const { db, identity, time, sales } = this.#p;
    if (code.password === "own") {
      const policy = await db.setting("policy");
      return { whose: "own", kind: policy?.policy.passwordKind ?? "digits" };
    }
    const rule = await db.setting("payment-code-password");
    if (code.password === "none" && !asksPassword(rule, (sales.dueMinor ?? 0) + sales.coveredMinor))
      return null;
    const subject = toHex(await methodSubject("payment-code"));
    const live = await liveSecrets(db, identity, subject, time.read().nowMs);
    return live.length === 0 ? "absent" : { whose: "method", kind: rule?.kind ?? "digits" };
  }

  #judge(presented: Presented): Promise<Result<PresentableCode, RefusedCode>> {
    const { text, via } = presented;
    const due = this.#p.sales.dueMinor;
    const keyset = this.#p.keyset();
    return via === "scan"
      ? this.#codes.fromScan(text, keyset, due)
      : this.#codes.fromNumber(text, keyset, due);
  }

  async #refuse(refusal: CodeRefusal | TillRefusal, cti: Bytes | null): Promise<PresentOutcome> {
    await this.#p.recordRefusal(refusal, cti);
    return { kind: "refused", refusal };
  }
}

/** The server's no, by the name the till has for it. */
function refusalOf(decision: Exclude<ClaimDecision, { kind: "granted" }>): CodeRefusal | TillRefusal {
  switch (decision.kind) {
    case "held":
      return {
        code: decision.by === "lease" ? "leased-elsewhere" : "held-elsewhere",
        tillName: decision.tillName,
      };
    case "spent": {
      const { tillName, atMs, amountMinor } = decision;
      return { code: "spent", tillName, atMs, amountMinor, here: false };
    }
    case "revoked":
      return { code: "revoked" };
    case "expired":
      return { code: "expired", atMs: decision.atMs };
    case "unknown":
      return { code: "unknown-code" };
    case "released":
      return { code: "claim-released" };
    case "stopped":
      return { code: "till-stopped", stop: "revoked" };
  }
}
