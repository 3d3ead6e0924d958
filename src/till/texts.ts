import { createTexts, type TextSet } from "#ui/language.ts";
import type { TillFirstTexts } from "#ui/texts/till-first-zh-cn.ts";

/** The words of the first screen: strip, rail, lock and pad. Only the language in use is loaded. */
export const tillTexts: TextSet<TillFirstTexts> = createTexts<TillFirstTexts>({
  "zh-CN": async () => (await import("#ui/texts/till-first-zh-cn.ts")).tillFirstZhCn,
  en: async () => (await import("#ui/texts/till-first-en.ts")).tillFirstEn,
});
