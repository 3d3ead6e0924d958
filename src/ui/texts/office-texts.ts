import { createTexts, type TextSet } from "../language.ts";
import type { OfficeTexts } from "./office-zh-cn.ts";

/** The office's texts; only the language in use is fetched. */
export const officeTexts: TextSet<OfficeTexts> = createTexts<OfficeTexts>({
  "zh-CN": async () => (await import("./office-zh-cn.ts")).officeZhCn,
  en: async () => (await import("./office-en.ts")).officeEn,
});
