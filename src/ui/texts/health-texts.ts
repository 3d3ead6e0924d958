import { type Signal, signal } from "@preact/signals";
import { createTexts, language, type TextSet } from "../language.ts";
import type { HealthTexts } from "./health-zh-cn.ts";

const healthTexts: Signal<TextSet<HealthTexts> | null> = signal(null);

/**
 * Fetches the words about delivery and what is at stake, in the language in force; they follow every later
 * switch. They come with the screens that say them, after the keypad. Rejects when they cannot be had.
 */
export async function loadHealthTexts(): Promise<void> {
  if (healthTexts.value !== null) return;
  const texts = createTexts<HealthTexts>({
    "zh-CN": async () => (await import("./health-zh-cn.ts")).healthZhCn,
    en: async () => (await import("./health-en.ts")).healthEn,
  });
  await texts.load(language.value);
  texts.show(language.value);
  healthTexts.value = texts;
}

/**
 * The words in the language in force; redraws on a switch where it is read. Throws before `loadHealthTexts`.
 */
export function sayHealth(): HealthTexts {
  const texts = healthTexts.value;
  if (texts === null) throw new Error("the words about delivery are shown before they are loaded");
  return texts.now;
}
