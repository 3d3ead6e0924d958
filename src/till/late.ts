import { type Signal, signal } from "@preact/signals";

/** What the till needs after its first screen: the other screens, and the camera's picture. */
export type LateScreens = typeof import("./late-screens.ts");

/** Null until fetched; a screen that reads it is drawn again when it comes. */
export const late: Signal<LateScreens | null> = signal(null);

/** Fetches the screens behind the keypad; rejects when they cannot be had. Call after the first paint. */
export async function loadLateScreens(): Promise<void> {
  late.value = await withWords(await import("./late-screens.ts"));
}

/** A screen that is drawn before its words are there would have none. */
async function withWords(screens: LateScreens): Promise<LateScreens> {
  await Promise.all([
    screens.loadScreenTexts(),
    screens.loadHealthTexts(),
    screens.loadExportTexts(),
    screens.loadVaultTexts(),
  ]);
  return screens;
}
