import type { StopReason } from "#domain/refusal.ts";
import type { RefusalTexts } from "./refusal-texts.ts";

const enWallets = {
  alipay: "an Alipay code",
  wechat: "a WeChat Pay code",
  unionpay: "a UnionPay code",
  unclear: "a wallet code",
} as const;

const enStops: Readonly<Record<StopReason, string>> = {
  fork: "This till's books and the server's have parted.",
  behind: "This till's books are shorter than the server's: older data may have been restored.",
  damaged: "A part of this till's books can't be read.",
  revoked: "The owner switched this till off.",
  "empty-database": "This till's data is gone.",
  "vault-lost": "This till's keys are gone.",
};

const enWeak = {
  sequence: "The PIN is a plain sequence.",
  repeat: "The PIN repeats itself.",
  common: "The PIN is a common one.",
} as const;

/** Every refusal in English: fact · where the money is · what to do (UX §8). */
export const refusalsEn: RefusalTexts = {
  sentences: {
    empty: () => ({
      fact: "Nothing was read.",
      money: "Nothing taken.",
      todo: "Scan again, or type the number.",
    }),
    "too-long": () => ({
      fact: "This code is too long to be a payment code.",
      money: "Nothing taken.",
      todo: "Scan one of this shop's payment codes.",
    }),
    "wallet-code": (refusal) => ({
      fact: `This is ${enWallets[refusal.channel]}, which this till can't take yet.`,
      money: "Nothing charged.",
      todo: "Cash or a payment code works.",
    }),
    "product-code": () => ({
      fact: "This is a product's bar code.",
      money: "Nothing taken.",
      todo: "Scan a payment code.",
    }),
    "activation-code": () => ({
      fact: "This is a till's activation code.",
      money: "Nothing taken.",
      todo: "It works on the Activate screen only. Scan a payment code.",
    }),
    "not-a-code": () => ({
      fact: "This is not a payment code.",
      money: "Nothing taken.",
      todo: "Scan one of this shop's payment codes.",
    }),
    malformed: () => ({
      fact: "The code is damaged or incomplete.",
      money: "Nothing taken, code unspent.",
      todo: "Scan again, or type its 16 digits.",
    }),
    "wrong-algorithm": () => ({
      fact: "The code is signed in a way this till does not accept.",
      money: "Nothing taken.",
      todo: "Ask the owner where it came from. Take cash or another code.",
    }),
    "another-merchant": () => ({
      fact: "This code belongs to another merchant.",
      money: "Nothing taken, code unspent.",
      todo: "It can be used where it was issued.",
    }),
    "unknown-key": () => ({
      fact: "This till doesn't know this code's key yet.",
      money: "Nothing taken, code unspent.",
      todo: "Sync and try again, or take cash.",
    }),
    "key-withdrawn": () => ({
      fact: "The key of this code was withdrawn.",
      money: "Nothing taken, its value is kept.",
      todo: "The owner can reissue it.",
    }),
    "bad-signature": () => ({
      fact: "The code's signature is wrong: it may have been altered.",
      money: "Nothing taken.",
      todo: "Do not hand over. Ask the owner where it came from.",
    }),
    "another-till": () => ({
      fact: "This code is meant for another till.",
      money: "Nothing taken, code unspent.",
      todo: "Take it at that till.",
    }),
    "not-yet-valid": (refusal, say) => ({
      fact: `The code is not valid until ${say.moment(refusal.fromMs)}.`,
      money: "Nothing taken, code unspent.",
      todo: "Use it then, or take cash.",
    }),
    expired: (refusal, say) => ({
      fact: `Code expired (${say.moment(refusal.atMs)}).`,
      money: "Nothing taken, its value is kept.",
      todo: "The owner can reissue it.",
    }),
    revoked: () => ({
      fact: "The owner revoked this code.",
      money: "Nothing taken.",
      todo: "Ask the owner, or take cash.",
    }),
    spent: (refusal, say) => ({
      fact: `Already used: ${refusal.here ? "this till" : refusal.tillName}, ${say.moment(refusal.atMs)}, ${say.money(refusal.amountMinor)}.`,
      money: "Nothing taken here.",
      todo: "Take cash or another code.",
    }),
    "already-in-sale": (refusal, say) => ({
      fact: `This code covers ${say.money(refusal.coveredMinor)} of this sale already; it can't cover more.`,
      money: `${say.money(refusal.dueMinor)} is still due.`,
      todo: "Take cash or another code.",
    }),
    "key-epoch-absent": () => ({
      fact: "The key that checks this code's password has not reached this till.",
      money: "Nothing taken, code unspent.",
      todo: "Sync and try again, or take cash.",
    }),
    "amount-mismatch": (refusal, say) => ({
      fact: `Sums differ: code ${say.money(refusal.codeMinor)}, sale ${say.money(refusal.dueMinor)}.`,
      money: "Nothing taken, code unspent.",
      todo: "This code pays its exact sum. Change the sale, or take cash.",
    }),
    "leased-elsewhere": (refusal) => ({
      fact: `This code can only be used at ${refusal.tillName}.`,
      money: "Nothing taken, code unspent.",
      todo: "Take it there, or ask the owner to move it.",
    }),
    "needs-server": () => ({
      fact: "This code needs the server, which can't be reached now.",
      money: "Nothing taken, code unspent.",
      todo: "Try again once online, or take cash.",
    }),
    "unknown-number": () => ({
      fact: "This till holds no code with this number.",
      money: "Nothing taken.",
      todo: "Check the number, sync and try again, or scan it.",
    }),
    "number-mistyped": () => ({
      fact: "The number has a slip: its check digit doesn't fit.",
      money: "Nothing taken.",
      todo: "Check the 16 digits.",
    }),
    "password-wrong": (refusal) => ({
      fact: `Wrong password, ${refusal.triesLeft} ${refusal.triesLeft === 1 ? "try" : "tries"} left.`,
      money: "Code unspent.",
      todo: "",
    }),
    "password-wait": (refusal, say) => ({
      fact: `${refusal.tries} wrong tries.`,
      money: "",
      todo: `Wait ${say.wait(refusal.waitMs)} or change method.`,
    }),
    "password-locked": () => ({
      fact: "10 wrong tries: this code's password is locked.",
      money: "Code unspent, its value is kept.",
      todo: "The owner can reissue it. Use another method.",
    }),
    "not-enrolled": () => ({
      fact: "This tablet is not activated.",
      money: "Nothing taken.",
      todo: "Activate it with a code from the office.",
    }),
    "no-operator": () => ({
      fact: "No operator is signed in.",
      money: "Nothing taken.",
      todo: "Enter a PIN first.",
    }),
    clock: (refusal, say) => ({
      fact: `The tablet's clock can't be trusted: it says ${say.moment(refusal.clockMs)}, expected about ${say.moment(refusal.nowMs)}.`,
      money: "Nothing taken, code unspent.",
      todo: "Go online or set the clock. Cash still works.",
    }),
    "till-stopped": (refusal) => ({
      fact: `${enStops[refusal.stop]} Payment codes are stopped.`,
      money: "Recorded sales are kept. Nothing taken.",
      todo: "Call the owner. Cash still works.",
    }),
    "storage-full": () => ({
      fact: "Storage is full: no new sale can be recorded.",
      money: "Nothing taken. Unsent sales stay.",
      todo: "Go online to upload, or free space on the tablet.",
    }),
    "not-committed": () => ({
      fact: "The sale did not reach storage and does not count.",
      money: "Nothing taken, code unspent.",
      todo: "Try again.",
    }),
    "no-sale": () => ({
      fact: "There is no open sale.",
      money: "Nothing taken.",
      todo: "Enter an amount first.",
    }),
    "sale-already-paid": () => ({
      fact: "This sale is already paid.",
      money: "It was recorded once, nothing more was taken.",
      todo: "Start the next sale.",
    }),
    "amount-out-of-range": (refusal, say) => ({
      fact: `The amount is out of range: at most ${say.money(refusal.maxMinor)} a sale.`,
      money: "Nothing taken.",
      todo: "Change the amount or split the sale.",
    }),
    "cash-short": (refusal, say) => ({
      fact: `Not enough cash: ${say.money(refusal.dueMinor)} is due.`,
      money: "Nothing recorded yet.",
      todo: "Check the amount received.",
    }),
    "limit-reached": () => ({
      fact: "This till has reached a limit.",
      money: "Nothing taken.",
      todo: "Go online to upload, or call the owner.",
    }),
    "activation-mistyped": () => ({
      fact: "The activation code has a slip.",
      money: "",
      todo: "Check its 12 characters.",
    }),
    "activation-unknown": () => ({
      fact: "No such activation code.",
      money: "",
      todo: "Make a new one in the office, under Tills.",
    }),
    "activation-expired": () => ({
      fact: "The activation code has expired: each lasts 10 minutes.",
      money: "",
      todo: "Make a new one in the office.",
    }),
    "activation-used": () => ({
      fact: "The activation code was used: each works once.",
      money: "",
      todo: "Make a new one in the office.",
    }),
    "activation-killed": () => ({
      fact: "The activation code was stopped: too many wrong tries, or a newer one exists.",
      money: "",
      todo: "Use the newest one in the office.",
    }),
    "too-many-tries": (refusal, say) => ({
      fact: "Too many tries.",
      money: "",
      todo: `Wait ${say.wait(refusal.waitMs)} and try again.`,
    }),
    "server-unreachable": () => ({
      fact: "The server can't be reached.",
      money: "",
      todo: "Check network and address, then try again.",
    }),
    "server-not-genuine": () => ({
      fact: "The answer did not come from this shop's server. Not activated.",
      money: "",
      todo: "Try again on a network you trust.",
    }),
    "already-enrolled": () => ({
      fact: "This tablet is already activated.",
      money: "Recorded sales are kept.",
      todo: "Nothing more to do.",
    }),
    "insecure-context": () => ({
      fact: "This address is not secure, so the browser gives no keys.",
      money: "",
      todo: "Open the HTTPS address: see below.",
    }),
    "pin-wrong": (refusal) => ({
      fact: `Wrong PIN, ${refusal.triesLeft} ${refusal.triesLeft === 1 ? "try" : "tries"} left.`,
      money: "",
      todo: "Enter it again.",
    }),
    "pin-wait": (refusal, say) => ({
      fact: `${refusal.tries} wrong tries.`,
      money: "",
      todo: `Wait ${say.wait(refusal.waitMs)}.`,
    }),
    "pin-locked": () => ({
      fact: "10 wrong tries: this PIN is locked.",
      money: "Recorded sales are kept.",
      todo: "An owner or manager can reset it.",
    }),
    "pin-too-short": (refusal) => ({
      fact: `The PIN is too short: at least ${refusal.min} digits.`,
      money: "",
      todo: "Choose another.",
    }),
    "pin-too-weak": (refusal) => ({
      fact: `${enWeak[refusal.why]}`,
      money: "",
      todo: "Choose one that is harder to guess.",
    }),
    "pin-differs": () => ({ fact: "The two entries differ.", money: "", todo: "Start again." }),
  },
  names: {
    empty: "Nothing read",
    "too-long": "Too long",
    "wallet-code": "Wallet code",
    "product-code": "Product code",
    "activation-code": "Activation code",
    "not-a-code": "Not a code",
    malformed: "Damaged code",
    "wrong-algorithm": "Wrong signature kind",
    "another-merchant": "Another merchant's",
    "unknown-key": "Unknown key",
    "key-withdrawn": "Key withdrawn",
    "bad-signature": "Bad signature",
    "another-till": "Another till's",
    "not-yet-valid": "Not yet valid",
    expired: "Expired",
    revoked: "Revoked",
    spent: "Already used",
    "already-in-sale": "In this sale",
    "key-epoch-absent": "Password key absent",
    "amount-mismatch": "Sums differ",
    "leased-elsewhere": "Leased elsewhere",
    "needs-server": "Needs the server",
    "unknown-number": "Unknown number",
    "number-mistyped": "Mistyped",
    "password-wrong": "Wrong password",
    "password-wait": "Wait after wrong tries",
    "password-locked": "Password locked",
    "not-enrolled": "Not activated",
    "no-operator": "No operator",
    clock: "Clock",
    "till-stopped": "Codes stopped",
    "storage-full": "Storage full",
    "not-committed": "Not written",
    "no-sale": "No sale",
    "sale-already-paid": "Already paid",
    "amount-out-of-range": "Out of range",
    "cash-short": "Cash short",
    "limit-reached": "Limit reached",
    "activation-mistyped": "Activation mistyped",
    "activation-unknown": "Activation unknown",
    "activation-expired": "Activation expired",
    "activation-used": "Activation used",
    "activation-killed": "Activation stopped",
    "too-many-tries": "Too many tries",
    "server-unreachable": "Server unreachable",
    "server-not-genuine": "Not genuine",
    "already-enrolled": "Already activated",
    "insecure-context": "Insecure address",
    "pin-wrong": "Wrong PIN",
    "pin-wait": "Wait after wrong tries",
    "pin-locked": "PIN locked",
    "pin-too-short": "PIN too short",
    "pin-too-weak": "PIN too weak",
    "pin-differs": "PINs differ",
  },
};
