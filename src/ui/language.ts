import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** zh-CN first; every text stands in both. */
export type Language = "zh-CN" | "en";

/** One set of texts (till, office, refusals): only the language in use is loaded. */
export interface TextSet<T> {
  /**
   * The texts in the language in force. Reading it in a component redraws it on a switch. Throws before
   * `load`.
   */
  readonly now: T;
  /** Fetches this set in one language without showing it. */
  load(language: Language): Promise<void>;
  /** Shows what was loaded. */
  show(language: Language): void;
}

const current: Signal<Language> = signal("zh-CN");
const sets: TextSet<unknown>[] = [];

/** The language in force. */
export const language: ReadonlySignal<Language> = current;

/** The stored choice, else Chinese where the tablet's first language is Chinese, else English. */
export function chooseLanguage(stored: Language | null, preferred: readonly string[]): Language {
  if (stored !== null) return stored;
  return preferred[0]?.toLowerCase().startsWith("zh") === false ? "en" : "zh-CN";
}

/** Makes a set of texts out of one dynamic import a language; the set takes part in every later switch. */
export function createTexts<T>(loaders: Readonly<Record<Language, () => Promise<T>>>): TextSet<T> {
  const loaded = new Map<Language, T>();
  const shown = signal<T | undefined>(undefined);
  const set: TextSet<T> = {
    get now(): T {
      if (shown.value === undefined) throw new Error("texts are shown before they are loaded");
      return shown.value;
    },
    async load(next) {
      if (!loaded.has(next)) loaded.set(next, await loaders[next]());
    },
    show(next) {
      shown.value = loaded.get(next);
    },
  };
  sets.push(set);
  return set;
}

/**
 * Loads every set in `next` and only then shows them all at once, so that no screen is ever half in one
 * language. Also sets `lang` of the document, without which Han characters are drawn in their Japanese shapes
 * (UX §3). Rejects when a set cannot be fetched; the language in force then stays.
 */
export async function switchLanguage(next: Language, root: HTMLElement): Promise<void> {
  await Promise.all(sets.map((set) => set.load(next)));
  batch(() => {
    for (const set of sets) set.show(next);
    current.value = next;
  });
  root.lang = next;
}
