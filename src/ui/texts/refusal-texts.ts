import { type Signal, signal } from "@preact/signals";
import type { Refusal, RefusalCode } from "#domain/refusal.ts";
import { formatMoney } from "#domain/money.ts";
import { createTexts, language, type TextSet } from "../language.ts";
import { formatMoment, formatWait } from "../text-format.ts";

/** Fact · where the money is · what to do (UX §8). `money` is empty where no money was ever in question. */
export interface RefusalSentence {
  readonly fact: string;
  readonly money: string;
  readonly todo: string;
}

/** How facts beside a refusal are written out in the language at hand. */
export interface RefusalFormats {
  money(amountMinor: number): string;
  moment(ms: number): string;
  wait(waitMs: number): string;
}

type Sayer<C extends RefusalCode> = (
  refusal: Extract<Refusal, { readonly code: C }>,
  say: RefusalFormats,
) => RefusalSentence;

/** Words for every name under which till or server says no; a code without them does not compile. */
export interface RefusalTexts {
  readonly sentences: { readonly [C in RefusalCode]: Sayer<C> };
  /** Short, for a line of a list. */
  readonly names: { readonly [C in RefusalCode]: string };
}

type VaultRefusalCode =
  | "password-absent"
  | "vault-closed"
  | "lease-over"
  | "pin-needs-manager"
  | "passphrase-too-short"
  | "passphrase-wrong"
  | "unlock-wrong"
  | "unlock-over"
  | "unlock-unready";

/** The words about PINs, passwords and the vault, in a file of their own. */
export interface VaultRefusalTexts {
  readonly sentences: Pick<RefusalTexts["sentences"], VaultRefusalCode>;
  readonly names: Pick<RefusalTexts["names"], VaultRefusalCode>;
}

const refusalTexts: Signal<TextSet<RefusalTexts> | null> = signal(null);

/**
 * Fetches the sentences in the language in force; they follow every later switch. The keypad does not wait
 * for them: nothing can be refused before it stands. Rejects when they cannot be had.
 */
export async function loadRefusalTexts(): Promise<void> {
  if (refusalTexts.value !== null) return;
  const texts = createTexts<RefusalTexts>({
    "zh-CN": async () => (await import("./refusals-zh-cn.ts")).refusalsZhCn,
    en: async () => (await import("./refusals-en.ts")).refusalsEn,
  });
  await texts.load(language.value);
  texts.show(language.value);
  refusalTexts.value = texts;
}

/**
 * The sentence for a refusal in the language in force, empty for the moment until the sentences are loaded.
 * Redraws on a switch, and when they come, where it is read in a component.
 */
export function sayRefusal(refusal: Refusal, currency: string, nowMs: number): RefusalSentence {
  const spoken = language.value;
  const texts = refusalTexts.value?.now;
  if (texts === undefined) return { fact: "", money: "", todo: "" };
  // The table pairs each code with the sayer of that very code; TypeScript cannot follow that through an
  // index.
  const sayer = texts.sentences[refusal.code] as (refusal: Refusal, say: RefusalFormats) => RefusalSentence;
  return sayer(refusal, {
    money: (amountMinor) => formatMoney(amountMinor, currency),
    moment: (ms) => formatMoment(ms, nowMs, spoken),
    wait: (waitMs) => formatWait(waitMs, spoken),
  });
}

/**
 * The short name of a refusal for a list; a code this build does not know (a newer one wrote it) stands as it
 * is.
 */
export function nameRefusal(code: string): string {
  const names: Readonly<Record<string, string>> = refusalTexts.value?.now.names ?? {};
  return names[code] ?? code;
}

/** The three parts as one run of text. */
export function joinSentence(sentence: RefusalSentence): string {
  const separator = language.value === "en" ? " " : "";
  return [sentence.fact, sentence.money, sentence.todo].filter((part) => part !== "").join(separator);
}
