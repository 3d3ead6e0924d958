import { type Signal, signal } from "@preact/signals";
import { createTexts, language, type TextSet } from "../language.ts";
import type { VaultTexts } from "./vault-zh-cn.ts";

const vaultTexts: Signal<TextSet<VaultTexts> | null> = signal(null);

/**
 * Fetches the words about PINs and keys, in the language in force; they follow every later switch. They come
 * with the screens that say them, after the keypad. Rejects when they cannot be had.
 */
export async function loadVaultTexts(): Promise<void> {
  if (vaultTexts.value !== null) return;
  const texts = createTexts<VaultTexts>({
    "zh-CN": async () => (await import("./vault-zh-cn.ts")).vaultZhCn,
    en: async () => (await import("./vault-en.ts")).vaultEn,
  });
  await texts.load(language.value);
  texts.show(language.value);
  vaultTexts.value = texts;
}

/**
 * The words in the language in force; redraws on a switch where it is read. Throws before `loadVaultTexts`.
 */
export function sayVault(): VaultTexts {
  const texts = vaultTexts.value;
  if (texts === null) throw new Error("the words about PINs and keys are shown before they are loaded");
  return texts.now;
}
