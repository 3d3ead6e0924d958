import { type Signal, signal } from "@preact/signals";

/**
 * What a person chose for this one screen. Nothing of it is money, a secret, or worth sending to the server.
 */
export interface Preferences {
  readonly language: "zh-CN" | "en" | null;
  readonly theme: "system" | "light" | "dark";
  readonly hand: "right" | "left";
  readonly textSize: "normal" | "large" | "larger";
  readonly sound: "on" | "off";
  /** Portrait: `narrow` keeps the pad within reach of one thumb. */
  readonly pad: "wide" | "narrow";
}

const storageKey = "guitai.preferences";
const defaults: Preferences = {
  language: null,
  theme: "system",
  hand: "right",
  textSize: "normal",
  sound: "on",
  pad: "wide",
};
const choices: { readonly [K in keyof Preferences]: readonly Preferences[K][] } = {
  language: [null, "zh-CN", "en"],
  theme: ["system", "light", "dark"],
  hand: ["right", "left"],
  textSize: ["normal", "large", "larger"],
  sound: ["on", "off"],
  pad: ["wide", "narrow"],
};

/** The preferences in force; set them with `prefer`. */
export const preferences: Signal<Preferences> = signal(defaults);

/** Reads stored preferences; whatever is not one of the known choices falls back to its default. */
export function readPreferences(stored: string | null): Preferences {
  if (stored === null) return defaults;
  let parsed: unknown;
  try {
    parsed = JSON.parse(stored);
  } catch (cause) {
    if (cause instanceof SyntaxError) return defaults;
    throw cause;
  }
  if (typeof parsed !== "object" || parsed === null) return defaults;
  const given = parsed as Readonly<Record<string, unknown>>;
  const pick = <K extends keyof Preferences>(key: K): Preferences[K] =>
    choices[key].find((choice) => choice === given[key]) ?? defaults[key];
  return {
    language: pick("language"),
    theme: pick("theme"),
    hand: pick("hand"),
    textSize: pick("textSize"),
    sound: pick("sound"),
    pad: pick("pad"),
  };
}

/** Takes the stored preferences into force. Call once, before the first paint. */
export function loadPreferences(storage: Pick<Storage, "getItem">, root: HTMLElement): void {
  preferences.value = readPreferences(storage.getItem(storageKey));
  applyTo(root);
}

/** Changes one preference, on screen and in store. */
export function prefer<K extends keyof Preferences>(
  key: K,
  value: Preferences[K],
  storage: Pick<Storage, "setItem">,
  root: HTMLElement,
): void {
  preferences.value = { ...preferences.value, [key]: value };
  storage.setItem(storageKey, JSON.stringify(preferences.value));
  applyTo(root);
}

function applyTo(root: HTMLElement): void {
  const { theme, hand, textSize, pad } = preferences.value;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  root.dataset["hand"] = hand;
  root.dataset["text"] = textSize;
  root.dataset["pad"] = pad;
}
