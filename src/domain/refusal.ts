/**
 * Every name under which the till or the server says no. A name is final: it stands in journals and in both
 * languages of the texts. Facts beside the name are what the sentence for people needs, never a secret.
 */

/** Why a presented payment code was not taken, in the order in which the checks run (PROTOCOL §9). */
export type CodeRefusal =
  /** Nothing was read, or only blanks. */
  | { readonly code: "empty" }
  /** Longer than any code can be (8 KB); not looked at further. */
  | { readonly code: "too-long" }
  /** A wallet's code: it needs its channel and a network. */
  | { readonly code: "wallet-code"; readonly channel: "alipay" | "wechat" | "unionpay" | "unclear" }
  /** A product's bar code. */
  | { readonly code: "product-code" }
  /** A till's activation code, shown at the wrong place. */
  | { readonly code: "activation-code" }
  /** A web address or other text that is no payment code. */
  | { readonly code: "not-a-code" }
  /** Begins like ours but is cut short, padded or mangled. */
  | { readonly code: "malformed" }
  | { readonly code: "wrong-algorithm" }
  | { readonly code: "another-merchant" }
  | { readonly code: "unknown-key" }
  | { readonly code: "key-withdrawn" }
  | { readonly code: "bad-signature" }
  | { readonly code: "another-till" }
  | { readonly code: "not-yet-valid"; readonly fromMs: number }
  | { readonly code: "expired"; readonly atMs: number }
  | { readonly code: "revoked" }
  | {
      readonly code: "spent";
      readonly tillName: string;
      readonly atMs: number;
      readonly amountMinor: number;
      readonly here: boolean;
    }
  /** Presented twice in one sale: it covers its part already, the rest is still due. */
  | { readonly code: "already-in-sale"; readonly coveredMinor: number; readonly dueMinor: number }
  /** The key that checks this code's password has not reached this till yet. */
  | { readonly code: "key-epoch-absent" }
  | { readonly code: "amount-mismatch"; readonly codeMinor: number; readonly dueMinor: number }
  /** Leased to another till: it must be taken there. */
  | { readonly code: "leased-elsewhere"; readonly tillName: string }
  /** Not leased to this till, and the server cannot be asked now. */
  | { readonly code: "needs-server" }
  /** The server was asked and nobody heard its answer: ask again, or take something else. Not a failure. */
  | { readonly code: "claim-unknown"; readonly amountMinor: number }
  /** Another till has this code in hand, or holds its lease. */
  | { readonly code: "held-elsewhere"; readonly tillName: string }
  /** The owner freed the code while this till had it in hand. */
  | { readonly code: "claim-released" }
  /** Signed by this shop's key, and in no list of the server. */
  | { readonly code: "unknown-code" }
  /** Without the server: more than the owner lets one code pay. */
  | { readonly code: "floor-code"; readonly maxMinor: number; readonly amountMinor: number }
  /** Without the server: this till holds as much in codes without a receipt as the owner allows. */
  | {
      readonly code: "floor-till";
      readonly maxMinor: number;
      readonly openMinor: number;
      readonly amountMinor: number;
    }
  /** Without the server: the rules were confirmed longer ago than the owner allows. */
  | { readonly code: "floor-stale"; readonly hours: number }
  /** A typed number that is in no list this till holds. */
  | { readonly code: "unknown-number" }
  /** A typed number whose check digit is wrong, or that is not 16 digits. */
  | { readonly code: "number-mistyped" }
  | { readonly code: "password-wrong"; readonly triesLeft: number }
  | { readonly code: "password-wait"; readonly waitMs: number; readonly tries: number }
  | { readonly code: "password-locked" }
  /** The owner asks the shop's password for payment codes, and none that is valid has reached this till. */
  | { readonly code: "password-absent" };

/** Why nothing can be sold or checked just now, whatever is presented. */
export type TillRefusal =
  | { readonly code: "not-enrolled" }
  | { readonly code: "no-operator" }
  /** The clock stands where it cannot be trusted (PROTOCOL §8 `leap`). */
  | { readonly code: "clock"; readonly clockMs: number; readonly nowMs: number }
  /** This till's codes and secrets are stopped: fork, behind, damaged, revoked. Cash goes on. */
  | { readonly code: "till-stopped"; readonly stop: StopReason }
  | { readonly code: "storage-full" }
  /** The write did not reach the disk; nothing was sold. */
  | { readonly code: "not-committed" }
  | { readonly code: "no-sale" }
  | { readonly code: "sale-already-paid" }
  | { readonly code: "amount-out-of-range"; readonly maxMinor: number }
  | { readonly code: "cash-short"; readonly dueMinor: number }
  | { readonly code: "limit-reached"; readonly limit: string }
  /** After a restart nobody has opened the vault yet: no code, no override; cash goes on. */
  | { readonly code: "vault-closed" }
  /** The server's last word is older than the owner lets this till take codes and overrides without one. */
  | { readonly code: "lease-over"; readonly heardMs: number | null };

/** Why a till stopped taking codes and secrets (PROTOCOL §6). */
export type StopReason =
  | "fork"
  /** Ended by the owner: what it sells is set apart, and the owner decides about it. */
  | "set-apart"
  | "behind"
  | "damaged"
  | "revoked"
  | "empty-database"
  | "vault-lost";

/** Why a tablet could not be enrolled (PROTOCOL §3). */
export type EnrolRefusal =
  | { readonly code: "activation-mistyped" }
  | { readonly code: "activation-unknown" }
  | { readonly code: "activation-expired" }
  | { readonly code: "activation-used" }
  | { readonly code: "activation-killed" }
  | { readonly code: "too-many-tries"; readonly waitMs: number }
  | { readonly code: "server-unreachable" }
  /** The answer did not carry the proof that only our server can make. */
  | { readonly code: "server-not-genuine" }
  | { readonly code: "already-enrolled" }
  /** Sales of another merchant lie here undelivered: nobody could carry them any more. */
  | { readonly code: "unsent-elsewhere"; readonly count: number; readonly sumMinor: number }
  | { readonly code: "insecure-context" };

/** Why an operator's PIN was not set or not accepted. */
export type PinRefusal =
  | { readonly code: "pin-wrong"; readonly triesLeft: number }
  | { readonly code: "pin-wait"; readonly waitMs: number; readonly tries: number }
  | { readonly code: "pin-locked" }
  | { readonly code: "pin-too-short"; readonly min: number }
  | { readonly code: "pin-too-weak"; readonly why: "sequence" | "repeat" | "common" }
  | { readonly code: "pin-differs" }
  /** A first PIN, another one's, or an unlock: a manager or the owner has to approve it at the pad first. */
  | { readonly code: "pin-needs-manager" }
  /** Shorter than a passphrase of the vault may be. */
  | { readonly code: "passphrase-too-short"; readonly min: number }
  | { readonly code: "passphrase-wrong" }
  /** The office's eight digits do not belong to those shown here. */
  | { readonly code: "unlock-wrong"; readonly triesLeft: number }
  /** Used up, ten minutes old, or ended by a restart: begin anew. */
  | { readonly code: "unlock-over" }
  /** The key for it has not reached this till: it has to hear from the server once before. */
  | { readonly code: "unlock-unready" };

export type Refusal = CodeRefusal | TillRefusal | EnrolRefusal | PinRefusal;
export type RefusalCode = Refusal["code"];
