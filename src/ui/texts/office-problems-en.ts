import type { OfficeProblemTexts } from "./office-problem.ts";

const states = {
  issued: "unspent",
  "not-yet-valid": "not valid yet",
  spent: "spent",
  expired: "expired",
  revoked: "revoked",
} as const;

const fields: Readonly<Record<string, string>> = {
  email: "Email",
  password: "Password",
  shopName: "Shop name",
  name: "Name",
  amount: "Amount",
  amountMinor: "Amount",
  days: "Valid days",
  validDays: "Valid days",
  fromMs: "Valid from",
  tillId: "Till",
  latestExpiryMs: "Latest expiry",
  passwordAboveMinor: "Password above",
  maxCodeMinor: "Largest code",
  token: "Link",
};

/** What the office says when a request brought nothing. */
export const officeProblemsEn: OfficeProblemTexts = {
  "no-network": () => "No network. Nothing was changed. Your input is kept; try again once online.",
  "no-answer": () => "The server is not answering; it may or may not be done. Your input is kept. Try again.",
  "not-signed-in": () => "You are signed out. Sign in again; your input is kept.",
  "not-allowed": () => "Your role can’t do this. Ask the owner.",
  "not-found": () => "Not found. It may belong to another shop, or the address is cut short.",
  "setup-closed": () => "This shop exists already; nothing was created twice. Sign in.",
  "token-invalid": () => "This link has expired or was used. Get a new one on the server.",
  "invalid-input": (problem) =>
    `Not saved: check “${fields[problem.field] ?? problem.field}”. Your input is kept.`,
  "card-number": (problem) =>
    `Not saved: a bank card number is in “${fields[problem.field] ?? problem.field}”. Take it out; it was kept nowhere.`,
  "wrong-credentials": () => "Email or password is wrong. Not signed in.",
  "too-many-tries": (problem, say) => `Too many tries. Wait ${say.wait(problem.waitMs)}, then try again.`,
  "password-too-short": (problem) => `The password needs ${problem.min} characters. No shop was created yet.`,
  "password-too-common": () => "This password is common and easy to guess. Choose another.",
  "password-contains-name": () => "The password holds the shop’s name or email. Choose another.",
  "password-required": () => "Your policy asks for a password on this code. Not issued.",
  "password-not-allowed": () => "Your policy gives codes no password. Not issued.",
  "amount-over-policy": (problem, say) =>
    `Not issued: one code holds at most ${say.money(problem.maxMinor)}. Split it, or raise the limit in Methods.`,
  "validity-past": () =>
    "Not issued: the code would be expired at once. Change valid days, valid from or the latest expiry.",
  "till-not-ready": () =>
    "Not issued: this till can’t take such a code yet. Wait until it has been online, or choose another.",
  "code-in-hand": (problem) =>
    `Nothing changed: ${problem.tillName} has this code in hand. Wait for it, or free the code first.`,
  "lease-not-movable": () =>
    "Nothing changed: this code is good at one till only, or its till is there and must give it back itself.",
  "leases-not-chosen": () =>
    "Not issued: your policy lets every till ask the server. Choose no till, or change the policy in Methods.",
  "code-not-open": (problem) => `Nothing changed: this code is ${states[problem.state]}.`,
  "too-many-tills": (problem) =>
    `Not added: a shop has at most ${problem.max} tills. Revoke one you don’t use.`,
  "quarantine-changed": () =>
    "Nothing was decided: more came in, or somebody decided already. Look at it anew.",
  "till-revoked": () => "Nothing changed: this till is revoked. Add a new one.",
  "password-breaks-rules": (problem) =>
    `Not set: the password breaks ${problem.rules.length === 1 ? "a rule" : "rules"} shown beside the field. Choose another or “Generated”.`,
  "last-owner": () => "Nothing changed: at least one owner must stay. Make somebody else owner first.",
  "operator-retired": () => "Nothing changed: this person is retired. Bring them back first.",
  "too-many-operators": (problem) =>
    `Not added: a shop has at most ${problem.max} people in service. Retire somebody first.`,
  "renewal-changed": () =>
    "Nothing was decided: somebody decided already, or the tablet asks anew. Look at it again.",
  "password-cannot-be-typed": () =>
    "Nothing changed: the present password has letters, which a pad of digits can’t type. Withdraw it first.",
  "till-not-in-service": () => "No answer: this till is not in service, so it can’t be unlocked.",
  "cross-origin": () => "Nothing changed: the request came from another site. Open the office’s own address.",
  "too-large": () => "Nothing changed: the input is too long.",
  "server-stopping": () => "The server is stopping. Nothing changed, your input is kept. Try again shortly.",
  internal: () =>
    "The server hit a fault; it may or may not be done. Reload and look, then try again, or read the server’s log.",
};
