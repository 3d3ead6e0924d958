import type { CDPSession } from "playwright-core";

/**
 * Keys as a keyboard scanner sends them, through Chromium's own input path: trusted, `code` empty as on
 * Android, each stamped with the time it would have been hit. They are sent at once: a busy machine then
 * changes no gap.
 */
export interface Keyboard {
  /** Hits these keys, `gapMs` after each other, and answers when the page has had them all. */
  type(keys: readonly string[], gapMs: number): Promise<void>;
  /** Lets this much time pass between the last key and the next. */
  pause(pauseMs: number): void;
}

export function createKeyboard(cdp: CDPSession): Keyboard {
  let atMs = Date.now();
  return {
    async type(keys, gapMs) {
      atMs = Math.max(atMs, Date.now());
      const sent: Promise<unknown>[] = [];
      for (const key of keys) {
        atMs += gapMs;
        const text = textOf(key);
        const common = { code: "", key, windowsVirtualKeyCode: virtualCode(key), timestamp: atMs / 1_000 };
        const down =
          text === undefined ? { type: "rawKeyDown" as const } : { type: "keyDown" as const, text };
        sent.push(cdp.send("Input.dispatchKeyEvent", { ...common, ...down }));
        sent.push(cdp.send("Input.dispatchKeyEvent", { ...common, type: "keyUp" }));
      }
      await Promise.all(sent);
    },
    pause(pauseMs) {
      atMs = Math.max(atMs, Date.now()) + pauseMs;
    },
  };
}

/** A code and the key that ends it, as single keys. */
export function keysOf(text: string, ...suffix: readonly string[]): readonly string[] {
  return [...Array.from(text), ...suffix];
}

/** The soft-keyboard path: a key without a name, then text that is composed and inserted at once. */
export async function insertByInputMethod(cdp: CDPSession, text: string): Promise<void> {
  await cdp.send("Input.dispatchKeyEvent", {
    type: "rawKeyDown",
    key: "Unidentified",
    windowsVirtualKeyCode: 229,
  });
  await cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await cdp.send("Input.insertText", { text });
}

function textOf(key: string): string | undefined {
  if (key === "Enter") return "\r";
  return Array.from(key).length === 1 ? key : undefined;
}

/** Letters and digits are their own codes; the code of a full stop would be the Delete key's. */
function virtualCode(key: string): number {
  if (key === "Enter") return 13;
  if (key === "Tab") return 9;
  return /^[A-Za-z0-9 ]$/.test(key) ? key.toUpperCase().charCodeAt(0) : 0;
}
