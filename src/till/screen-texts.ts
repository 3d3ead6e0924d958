import { createTexts, language, type TextSet } from "#ui/language.ts";
import type { TillTexts } from "#ui/texts/till-zh-cn.ts";

/** All the till's own words: for the screens behind the first one, whose keypad does not wait for them. */
export const screenTexts: TextSet<TillTexts> = createTexts<TillTexts>({
  "zh-CN": async () => (await import("#ui/texts/till-zh-cn.ts")).tillZhCn,
  en: async () => (await import("#ui/texts/till-en.ts")).tillEn,
});

/** Fetches them in the language in force; they follow every later switch. Rejects when they cannot be had. */
export async function loadScreenTexts(): Promise<void> {
  await screenTexts.load(language.value);
  screenTexts.show(language.value);
}
