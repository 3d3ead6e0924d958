// The owner at the office's own API: makes the shop, issues the codes that customers will bring.
import { maySet } from "#domain/password-rules.ts";
import { toHex, randomBytes } from "#protocol/bytes.ts";
import type { CodePolicyAnswer, IssuedCode, SetupAnswer } from "#protocol/office-api.ts";
import type { Chance } from "../simulation/chance.ts";
import type { CodeInHand } from "./page-driver.ts";

export interface Owner {
  readonly activationText: string;
  /** A code leased to the shop's only till. Throws when the server does not answer as it should. */
  issue(chance: Chance): Promise<IssuedForTill>;
  /** The same, of a value that asks for a password. */
  issueLocked(chance: Chance): Promise<IssuedForTill>;
  /** A fresh activation of the only till, whose data is gone. */
  reactivate(): Promise<string>;
}

export interface IssuedForTill extends CodeInHand {
  /** The short id that stands for it in the office. */
  readonly id: string;
}

const password = "correct horse battery";
/** Codes worth more than this carry a password, the smaller ones none: both ways are tortured. */
const passwordAboveMinor = 7000;

/** Six digits that the rules let an owner type. */
function passwordOf(chance: Chance): string {
  for (;;) {
    const digits = `${chance.between(214_365, 978_243)}`;
    if (maySet(digits, "digits", { names: [], phones: [] })) return digits;
  }
}

export async function openShop(serverUrl: string, setupLink: string): Promise<Owner> {
  const token = /#setup=(\S+)$/u.exec(setupLink)?.[1] ?? "";
  let cookie = "";
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${serverUrl}${path}`, {
      method,
      headers: { "content-type": "application/json", origin: serverUrl, cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    const set = response.headers.getSetCookie().map((line) => line.split(";")[0] ?? "");
    if (set.length > 0) cookie = set.join("; ");
    return response;
  };
  const made = await send("POST", "/api/setup", {
    token,
    email: "owner@example.com",
    password,
    shopName: "Torture",
    language: "en",
  });
  const { activation, tillId } = (await made.json()) as SetupAnswer;
  const standing = (await (await send("GET", "/api/office/code-policy")).json()) as CodePolicyAnswer;
  await send("PUT", "/api/office/code-policy", {
    ...standing.policy,
    passwordRule: "above",
    passwordAboveMinor,
  });
  const issue = async (chance: Chance, amountMinor: number): Promise<IssuedForTill> => {
    const kind = chance.happens(0.4) ? "up-to" : "exact";
    const typed = amountMinor > passwordAboveMinor ? passwordOf(chance) : null;
    const answer = await send("POST", "/api/office/codes", {
      requestId: toHex(randomBytes(16)),
      amountMinor,
      kind,
      password: typed === null ? { mode: "none" } : { mode: "typed", text: typed },
      validDays: null,
      fromMs: null,
      tillId: null,
      onlyThisTill: false,
    });
    const { id, qrText } = (await answer.json()) as IssuedCode;
    if (qrText === null) throw new Error(`code ${id} came without its text`);
    return { id, qrText, amountMinor, kind, password: typed ?? "" };
  };
  return {
    activationText: activation.qrText,
    issue: (chance) => issue(chance, chance.between(1, 400) * 25),
    issueLocked: (chance) => issue(chance, chance.between(300, 400) * 25),
    async reactivate() {
      const answer = await send("POST", `/api/office/tills/${tillId}/activation`, {
        reason: "data-lost",
      });
      return ((await answer.json()) as { readonly qrText: string }).qrText;
    },
  };
}
