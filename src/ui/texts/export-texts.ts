import { type Signal, signal } from "@preact/signals";
import { createTexts, language, type TextSet } from "../language.ts";
import type { ExportTexts } from "./export-zh-cn.ts";

const exportTexts: Signal<TextSet<ExportTexts> | null> = signal(null);

/**
 * Fetches the words about files, in the language in force; they follow every later switch. They come with the
 * screen that says them, after the keypad. Rejects when they cannot be had.
 */
export async function loadExportTexts(): Promise<void> {
  if (exportTexts.value !== null) return;
  const texts = createTexts<ExportTexts>({
    "zh-CN": async () => (await import("./export-zh-cn.ts")).exportZhCn,
    en: async () => (await import("./export-en.ts")).exportEn,
  });
  await texts.load(language.value);
  texts.show(language.value);
  exportTexts.value = texts;
}

/**
 * The words in the language in force; redraws on a switch where it is read. Throws before `loadExportTexts`.
 */
export function sayExport(): ExportTexts {
  const texts = exportTexts.value;
  if (texts === null) throw new Error("the words about files are shown before they are loaded");
  return texts.now;
}
