import { beforeAll, describe, expect, it } from "vitest";
import type { OperatorView, TillView } from "#protocol/engine-calls.ts";
import { switchLanguage } from "#ui/language.ts";
import { vaultEn } from "#ui/texts/vault-en.ts";
import { loadVaultTexts } from "#ui/texts/vault-texts.ts";
import { vaultZhCn } from "#ui/texts/vault-zh-cn.ts";
import { codesStop, sayCodesStop, wayOf } from "../../src/till/codes-stopped.ts";
import { approversOf } from "../../src/till/parts/approval.tsx";
import { stripState, stripTold } from "../../src/till/parts/strip.tsx";
import { hasRail, screenFor, type Place } from "../../src/till/place.ts";
import { loadScreenTexts } from "../../src/till/screen-texts.ts";
import { levelsToShow } from "../../src/till/screens/levels.tsx";
import { inTwoGroups } from "../../src/till/screens/unlock-digits.tsx";
import { enterConfirms } from "../../src/till/whole-keyboard.ts";
import "../../src/till/texts.ts";
import { dayView } from "./fake-engine.ts";

const day = dayView();
const closed: TillView["vault"] = { level: "server-half", open: false, wanted: null, lease: null };
const over: TillView["vault"] = { ...day.vault, lease: { untilMs: 1, over: true } };
const locked = { phase: "locked", operator: null } as const;

const person = (id: string, role: OperatorView["role"], hasPin = true): OperatorView => ({
  id,
  name: id,
  role,
  hasPin,
});

function leaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String((value as (...args: unknown[]) => string)("李雷"))];
  return Object.values(value as Record<string, unknown>).flatMap(leaves);
}

describe("locked keys and a lease that is over", () => {
  beforeAll(async () => {
    await switchLanguage("zh-CN", { lang: "" } as HTMLElement);
    await Promise.all([loadScreenTexts(), loadVaultTexts()]);
  });

  it("B2: codes are stopped by a stop first, then by locked keys, then by the lease", () => {
    expect(codesStop(day)).toBeNull();
    expect(codesStop(dayView({ vault: closed }))).toBe("keys");
    expect(codesStop(dayView({ vault: over }))).toBe("lease");
    expect(codesStop(dayView({ vault: { ...closed, lease: over.lease } }))).toBe("keys");
    expect(codesStop(dayView({ vault: closed, stop: "revoked" }))).toBe("stop");
  });

  it("B2: a lease that still runs stops nothing", () => {
    const running = { ...over, lease: { untilMs: 1, over: false } };
    expect(codesStop(dayView({ vault: running }))).toBeNull();
    expect(stripState(dayView({ vault: running }))).toBe("online");
  });

  it("G6: whatever stops codes is said together with what works still", () => {
    for (const view of [dayView({ vault: closed }), dayView({ vault: over }), dayView({ stop: "fork" })]) {
      expect(sayCodesStop(view)).toContain("现金");
    }
    expect(stripTold(dayView({ vault: closed })).fact).toBe("密钥没打开，只收现金");
    expect(stripTold(dayView({ vault: over })).fact).toBe("太久没联网，只收现金");
  });

  it("locked keys are said before a slow network, and never that codes work", () => {
    const link = { ...day.link, state: "offline" } as const;
    const told = stripTold(dayView({ vault: closed, link }));
    expect(stripState(dayView({ vault: closed, link }))).toBe("closed");
    expect(told.extra.join()).not.toContain("付款码");
  });

  it("the strip leads to what can be done about what it says", () => {
    expect(wayOf(day)).toEqual({ at: "connection" });
    expect(wayOf(dayView({ stop: "fork" }))).toEqual({ at: "renew" });
    expect(wayOf(dayView({ vault: closed }))).toEqual({ at: "vault", task: "levels" });
    expect(wayOf(dayView({ vault: over }))).toEqual({ at: "vault", task: "levels" });
  });
});

describe("who may approve", () => {
  const operators = [
    person("cashier", "cashier"),
    person("manager", "manager"),
    person("owner", "owner"),
    person("newcomer", "manager", false),
  ];
  const ids = (view: Parameters<typeof approversOf>[0], about: string): readonly string[] =>
    approversOf(view, { what: "new-pin", operatorId: about }).map(({ id }) => id);

  it("G22: managers and owners whose PIN this till can check, never a cashier", () => {
    expect(ids({ operators, operator: null }, "newcomer")).toEqual(["manager", "owner"]);
  });

  it("G22: nobody approves for themselves", () => {
    expect(ids({ operators, operator: null }, "manager")).toEqual(["owner"]);
  });

  it("G22: a manager does not set the owner's PIN, and may unlock it", () => {
    expect(ids({ operators, operator: null }, "owner")).toEqual([]);
    const unlock = approversOf({ operators, operator: null }, { what: "unlock", operatorId: "owner" });
    expect(unlock.map(({ id }) => id)).toEqual(["manager"]);
  });

  it("who is at the till stands first", () => {
    expect(ids({ operators, operator: operators[2] ?? null }, "cashier")).toEqual(["owner", "manager"]);
  });
});

describe("where PINs and keys are reached", () => {
  const at = (task: "people" | "change-pin" | "levels" | "passphrase"): Place => ({ at: "vault", task });
  const about = (task: "set-pin" | "unlock"): Place => ({ at: "vault", task, operatorId: "op1" });

  it("G24: from the lock a PIN may be set, unlocked or the passphrase typed; nothing else", () => {
    for (const place of [about("set-pin"), about("unlock"), at("passphrase")]) {
      expect(screenFor(dayView(locked), place)).toBe("vault-locked");
    }
    for (const place of [at("people"), at("change-pin"), at("levels")]) {
      expect(screenFor(dayView(locked), place)).toBe("lock");
    }
  });

  it("with somebody in, all of it stands beside the rail, so that an idle till still locks", () => {
    expect(screenFor(day, at("levels"))).toBe("vault");
    expect(hasRail("vault")).toBe(true);
    expect(hasRail("vault-locked")).toBe(false);
  });

  it("UX §11.9: while the customer types a password none of it comes up", () => {
    const sale = {
      id: "s",
      dueMinor: 1,
      coveredMinor: 0,
      state: "password",
      code: null,
      paid: null,
    } as const;
    expect(screenFor(dayView({ sale }), at("people"))).toBe("password");
  });
});

describe("levels, digits, Enter", () => {
  it("B9: the security chip is shown only at a till that has it", () => {
    expect(levelsToShow(day.vault)).toEqual(["basic", "server-half", "passphrase"]);
    expect(levelsToShow({ ...day.vault, wanted: "prf" })).toContain("prf");
  });

  it("B9: every level says what it stops, what it does not, and what it costs", () => {
    for (const texts of [vaultZhCn, vaultEn]) {
      for (const words of Object.values(texts.levels.each)) {
        expect(Object.keys(words).toSorted()).toEqual(["fails", "guards", "name", "price"]);
      }
      const opened = [texts.levels.each["server-half"], texts.levels.each.passphrase, texts.levels.each.prf];
      // «After a restart without network (or passphrase) only cash can be taken.»
      for (const { price } of opened) expect(price).toMatch(/只能收现金|only cash can be taken/u);
    }
  });

  it("the till's digits are read in two groups of four", () => {
    expect(inTwoGroups("40718263")).toBe("4071 8263");
  });

  it("UX §6: an Enter right behind a character is a scanner's and confirms nothing", () => {
    expect(enterConfirms(1000, 1149)).toBe(false);
    expect(enterConfirms(1000, 1150)).toBe(true);
  });

  it("UX §8: nothing shouts, fails or is half-width where Chinese is said", () => {
    for (const text of leaves(vaultZhCn)) expect(text).not.toMatch(/[!！]|失败|[一-鿿] \d|[,;?]/u);
    for (const text of leaves(vaultEn)) expect(text).not.toMatch(/!|failed/iu);
  });
});
