import { createTexts, type TextSet } from "#ui/language.ts";
import type { TillTexts } from "#ui/texts/till-zh-cn.ts";

/** The till's own words; only the language in use is loaded. */
export const tillTexts: TextSet<TillTexts> = createTexts<TillTexts>({
  "zh-CN": async () => (await import("#ui/texts/till-zh-cn.ts")).tillZhCn,
  en: async () => (await import("#ui/texts/till-en.ts")).tillEn,
});
