import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Refusal } from "#domain/refusal.ts";
import { chooseLanguage, switchLanguage } from "#ui/language.ts";
import { readPreferences } from "#ui/preferences.ts";
import { formatClock, formatMoment, formatWait } from "#ui/text-format.ts";
import { joinSentence, loadRefusalTexts, nameRefusal, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { refusalsEn } from "#ui/texts/refusals-en.ts";
import { refusalsZhCn } from "#ui/texts/refusals-zh-cn.ts";
import { healthEn } from "#ui/texts/health-en.ts";
import { healthZhCn } from "#ui/texts/health-zh-cn.ts";
import { tillEn } from "#ui/texts/till-en.ts";
import { tillZhCn } from "#ui/texts/till-zh-cn.ts";

const root = { lang: "" } as HTMLElement;
const noon = new Date(2026, 10, 23, 14, 7).getTime();
/** Every fact any refusal carries, so that each sentence can be written out. */
const facts = {
  channel: "wechat",
  fromMs: noon,
  atMs: noon,
  tillName: "2号机",
  amountMinor: 3800,
  here: false,
  codeMinor: 3800,
  coveredMinor: 3000,
  dueMinor: 5000,
  triesLeft: 4,
  waitMs: 30_000,
  tries: 5,
  clockMs: noon,
  nowMs: noon,
  stop: "fork",
  maxMinor: 100,
  hours: 24,
  limit: "x",
  min: 6,
  why: "repeat",
  openMinor: 9000,
  sumMinor: 11_400,
  count: 3,
};

function everyRefusal(): readonly Refusal[] {
  return Object.keys(refusalsZhCn.sentences).map((code) => ({ ...facts, code }) as unknown as Refusal);
}

function leaves(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String((value as (...args: unknown[]) => string)("1", "2"))];
  return Object.values(value as Record<string, unknown>).flatMap(leaves);
}

describe("words", () => {
  beforeAll(async () => {
    await switchLanguage("zh-CN", root);
    await loadRefusalTexts();
  });

  it("before its sentences are there a refusal is silent for a moment, and never a bare code", async () => {
    vi.resetModules();
    const early = await import("#ui/texts/refusal-texts.ts");
    expect(early.sayRefusal({ code: "revoked" }, "CNY", noon)).toEqual({ fact: "", money: "", todo: "" });
  });

  it("UX §8.3: a wrong password says the tries left and that the code is unspent", async () => {
    const refusal: Refusal = { code: "password-wrong", triesLeft: 4 };
    expect(joinSentence(sayRefusal(refusal, "CNY", noon))).toBe("密码不对，还可试4次。付款码未使用。");
    await switchLanguage("en", root);
    expect(joinSentence(sayRefusal(refusal, "CNY", noon))).toBe(
      "Wrong password, 4 tries left. Code unspent.",
    );
    await switchLanguage("zh-CN", root);
  });

  it("UX §8.5: a spent code says where, when, how much, and that nothing was taken here", () => {
    const said = sayRefusal(
      { code: "spent", tillName: "2号机", atMs: noon, amountMinor: 3800, here: false },
      "CNY",
      noon,
    );
    expect(said.fact).toBe("此码已用：2号机，今天14:07，¥38.00。");
    expect(said.money).toBe("本单未收款。");
  });

  it("every refusal has a fact and a name in both languages", async () => {
    for (const language of ["zh-CN", "en"] as const) {
      await switchLanguage(language, root);
      for (const refusal of everyRefusal()) {
        const said = sayRefusal(refusal, "CNY", noon);
        expect(said.fact, refusal.code).not.toBe("");
        expect(`${said.fact}${said.money}${said.todo}`, refusal.code).not.toMatch(/undefined|NaN|\[object/u);
        expect(nameRefusal(refusal.code)).not.toBe(refusal.code);
      }
    }
    await switchLanguage("zh-CN", root);
  });

  it("every refused code says where the money is", () => {
    const silent = everyRefusal()
      .filter(
        (refusal) =>
          !/^(pin-|passphrase-|unlock-|activation-|too-many|server-|insecure|password-wait)/u.test(
            refusal.code,
          ),
      )
      .filter(
        (refusal) => sayRefusal(refusal, "CNY", noon).money === "" && refusal.code !== "activation-code",
      )
      .map((refusal) => refusal.code);
    expect(silent).toEqual([]);
  });

  it("nothing shouts or fails, and Chinese has neither half-width marks nor typed spaces", async () => {
    for (const text of [...leaves(tillZhCn), ...leaves(tillEn)]) expect(text).not.toMatch(/[!！]/u);
    const halfWidth = /[一-鿿] \d|\d [一-鿿]|[,;?](?!\d)/u;
    const never = { "zh-CN": new RegExp(`${halfWidth.source}|失败`, "u"), en: /failed/iu };
    for (const language of ["zh-CN", "en"] as const) {
      await switchLanguage(language, root);
      for (const refusal of everyRefusal()) {
        const text = joinSentence(sayRefusal(refusal, "CNY", noon));
        expect(text, refusal.code).not.toMatch(/[!！]/u);
        expect(text, refusal.code).not.toMatch(never[language]);
      }
    }
    await switchLanguage("zh-CN", root);
  });

  it("both languages of the till have the same keys", () => {
    const keys = (value: object, path = ""): string[] =>
      Object.entries(value).flatMap(([key, inner]) =>
        typeof inner === "object" && inner !== null
          ? keys(inner as object, `${path}${key}.`)
          : [`${path}${key}`],
      );
    expect(keys(tillEn).toSorted()).toEqual(keys(tillZhCn).toSorted());
    expect(keys(healthEn).toSorted()).toEqual(keys(healthZhCn).toSorted());
    expect(Object.keys(refusalsEn.names).toSorted()).toEqual(Object.keys(refusalsZhCn.names).toSorted());
  });

  it("a switch sets the document's language, without which Chinese is drawn in Japanese shapes", async () => {
    await switchLanguage("en", root);
    expect(root.lang).toBe("en");
    await switchLanguage("zh-CN", root);
    expect(root.lang).toBe("zh-CN");
  });

  it("the stored language wins, then the tablet's first one, Chinese when it says nothing", () => {
    expect(chooseLanguage("en", ["zh-CN"])).toBe("en");
    expect(chooseLanguage(null, ["zh-TW", "en"])).toBe("zh-CN");
    expect(chooseLanguage(null, ["en-GB"])).toBe("en");
    expect(chooseLanguage(null, [])).toBe("zh-CN");
  });
});

describe("times and waits", () => {
  it("a moment is named by its day", () => {
    expect(formatClock(noon, "zh-CN")).toBe("14:07");
    expect(formatMoment(noon, noon, "zh-CN")).toBe("今天14:07");
    expect(formatMoment(noon - 86_400_000, noon, "en")).toBe("yesterday 14:07");
    expect(formatMoment(noon - 5 * 86_400_000, noon, "zh-CN")).toBe("11月18日14:07");
  });

  it("a wait is never said shorter than it is", () => {
    expect(formatWait(29_001, "zh-CN")).toBe("30秒");
    expect(formatWait(1, "en")).toBe("1 s");
    expect(formatWait(90_001, "zh-CN")).toBe("2分钟");
    expect(formatWait(2 * 3_600_000, "en")).toBe("2 h");
  });
});

describe("preferences", () => {
  it("what was not written by this page falls back, key by key", () => {
    expect(readPreferences(null)).toMatchObject({ theme: "system", hand: "right", sound: "on" });
    expect(readPreferences("not json")).toMatchObject({ theme: "system" });
    expect(readPreferences('["dark"]')).toMatchObject({ theme: "system" });
    expect(readPreferences('{"theme":"pink","hand":"left"}')).toMatchObject({
      theme: "system",
      hand: "left",
    });
  });
});
