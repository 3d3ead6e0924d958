import { classifyScannedCode } from "#domain/scanned-code.ts";

/**
 * Tells a keyboard scanner from a person by timing and by what comes out (`field/hardware.md` «Our rules»).
 * Pure: it is fed with keys and their times and never looks at a clock.
 */

export interface WedgeSettings {
  /** The longest pause inside one scan. 50 suits most scanners; slow ones (80 ms a key) need it learned. */
  readonly gapLimitMs: number;
  /** What the scanner sends first, when it was set up to: the only certain mark. Empty: none. */
  readonly prefix: string;
  /** The key that ends a scan; `any`: Enter, Tab, or silence. */
  readonly suffix: "any" | "Enter" | "Tab" | "none";
}

export const defaultWedgeSettings: WedgeSettings = { gapLimitMs: 50, prefix: "", suffix: "any" };

export interface WedgeKey {
  /** `KeyboardEvent.key`; `code` is empty on Android and never looked at. */
  readonly key: string;
  /** When it happened, by the event's own monotonic time stamp. */
  readonly timeMs: number;
  /** The key is held down: a person, or something on the keyboard. */
  readonly repeat?: boolean;
  /** Ctrl, Alt or Meta is held: a shortcut. */
  readonly modified?: boolean;
  /** It came as inserted text, not as a key: an input method, which may insert whole words at once. */
  readonly inserted?: boolean;
}

/** What a key, or the silence after it, turned out to be. */
export type WedgeVerdict =
  /** Not decided: keep the characters back, or note what the focused field held before `first`. */
  | { readonly kind: "held"; readonly first: boolean }
  /** A scan. The key that ended it, if there was one, presses nothing. */
  | { readonly kind: "scan"; readonly text: string; readonly averageGapMs: number }
  /** A scanner's burst in which a character got lost: nothing is reported, and its Enter presses nothing. */
  | { readonly kind: "unreadable" }
  /** A second line end of the scan just told (CR LF, Tab Enter): presses nothing. */
  | { readonly kind: "trailing" }
  /** A person: what was kept back is theirs, and so is this key unless it begins the next burst (`held`). */
  | { readonly kind: "typed"; readonly held: boolean };

export interface WedgeDetector {
  /** Judges one key. `typed` with an empty buffer means: nothing to do with scanning. */
  key(key: WedgeKey): WedgeVerdict;
  /** Judges the silence up to `timeMs`; null while it is too early or there is nothing to judge. */
  silence(timeMs: number): WedgeVerdict | null;
  /** When silence is to be judged next; null when nothing waits for it. */
  deadlineMs(): number | null;
  /** Forgets what is held. */
  reset(): void;
}

/** Below this nothing is a scan: a person may hit three keys within one gap. */
export const minScanLength = 4;
/** No code a wedge sends is longer; more is a stuck key or a cat. */
export const maxWedgeLength = 8192;
/** Nobody types four keys in a row this quickly; every common scanner does. */
const inhumanGapMs = 30;
/** How much longer than a gap the silence after a possible scan is waited for: a busy tablet tells keys late,
 * and a code judged too early would be half a code. */
const silenceGraceMs = 100;
/** A burst with a lost character is recognised by its length alone when its scanner is slow. */
const minDamagedLength = 8;
/** Stands for a character that got lost. */
const lost = "\uFFFD";
/** How long after a scan its line end may still trickle in. */
const trailingMs = 150;

export function createWedgeDetector(settings: WedgeSettings = defaultWedgeSettings): WedgeDetector {
  /** The present burst. Kept after it was judged by silence, for keys of it that are told late. */
  let text = "";
  let judged: "no" | "typed" | "scan" = "no";
  let inserted = false;
  let firstMs = 0;
  let secondMs = 0;
  let lastMs = 0;
  let scannedMs = Number.NEGATIVE_INFINITY;

  function clear(): void {
    text = "";
    judged = "no";
    inserted = false;
  }

  function isHeld(): boolean {
    return text !== "" && judged === "no";
  }

  /** Whether a key of this time belongs to the burst: by its own time stamp, however late it was told. */
  function continues(key: WedgeKey): boolean {
    const gapMs = key.timeMs - lastMs;
    return text !== "" && gapMs >= 0 && gapMs <= settings.gapLimitMs;
  }

  /** Adds one character to the burst it belongs to, or begins another. */
  function take(char: string, key: WedgeKey): WedgeVerdict {
    const isInserted = key.inserted === true;
    if (continues(key) && inserted === isInserted && text.length < maxWedgeLength) {
      // Told too early, the scan before was half a code: the rest of it must never pass for another one.
      if (judged === "scan") {
        text = lost.repeat(minDamagedLength);
        firstMs = lastMs;
      }
      if (text.length === 1) secondMs = key.timeMs;
      text += char;
      judged = "no";
      lastMs = key.timeMs;
      return { kind: "held", first: false };
    }
    const wasHeld = isHeld();
    text = char;
    judged = "no";
    inserted = isInserted;
    firstMs = key.timeMs;
    secondMs = key.timeMs;
    lastMs = key.timeMs;
    return wasHeld ? { kind: "typed", held: true } : { kind: "held", first: true };
  }

  function averageGapMs(): number {
    return (lastMs - firstMs) / Math.max(1, text.length - 1);
  }

  /** Whether what is held is a scan, given how it ended. */
  function judge(ended: "suffix" | "silence", endMs: number): WedgeVerdict {
    const whole = withoutTypedLead();
    const marked = settings.prefix !== "" && whole.startsWith(settings.prefix);
    const body = marked ? whole.slice(settings.prefix.length) : whole;
    const isScan = marked ? body !== "" : settings.prefix === "" && isMachineMade(whole, ended);
    if (!isScan) return { kind: "typed", held: false };
    scannedMs = endMs;
    return whole.includes(lost)
      ? { kind: "unreadable" }
      : { kind: "scan", text: body, averageGapMs: averageGapMs() };
  }

  /**
   * A key hit by a person just before the burst: seen by its pause, and by what is left being a code without
   * it.
   */
  function withoutTypedLead(): string {
    const rest = text.slice(1);
    const restGapMs = (lastMs - secondMs) / Math.max(1, rest.length - 1);
    const leadGapMs = secondMs - firstMs;
    const isLead =
      leadGapMs > 15 && leadGapMs > restGapMs * 2.5 && !hasKnownShape(text) && hasKnownShape(rest);
    return isLead ? rest : text;
  }

  function isMachineMade(whole: string, ended: "suffix" | "silence"): boolean {
    if (whole.length < minScanLength || averageGapMs() > settings.gapLimitMs) return false;
    if (whole.includes(lost) && whole.length >= minDamagedLength) return true;
    if (hasKnownShape(whole)) return true;
    // An input method inserts whole words at once, so its speed proves nothing.
    if (inserted) return false;
    // Nothing says that this was all of it, unless the shop's scanner is known to send no line end.
    if (ended === "silence" && settings.suffix !== "none") return false;
    return averageGapMs() <= inhumanGapMs;
  }

  function isInhuman(): boolean {
    return !inserted && text.length >= minScanLength && averageGapMs() <= inhumanGapMs;
  }

  function isSuffix(key: string): boolean {
    if (settings.suffix === "any") return key === "Enter" || key === "Tab";
    return key === settings.suffix;
  }

  function lineEnd(key: WedgeKey): WedgeVerdict {
    const isEnd = continues(key) && judged !== "scan" && isSuffix(key.key);
    const verdict = isEnd ? judge("suffix", key.timeMs) : { kind: "typed" as const, held: false };
    const held = isHeld();
    clear();
    if (isEnd || held || key.timeMs - scannedMs > trailingMs) return verdict;
    return { kind: "trailing" };
  }

  /**
   * Whether silence may still make a scan of what is held; if not, the person need not wait for their
   * characters.
   */
  function mayBecomeScan(): boolean {
    if (settings.suffix !== "any" && settings.suffix !== "none") return false;
    return (text.length >= minScanLength || settings.prefix !== "") && averageGapMs() <= settings.gapLimitMs;
  }

  function silenceLimitMs(): number {
    // Two keys at inhuman speed are no hand's: the rest of them may be late on a busy tablet.
    const isQuick = text.length > 1 && averageGapMs() <= inhumanGapMs;
    return settings.gapLimitMs + (isQuick || mayBecomeScan() ? silenceGraceMs : 0);
  }

  return {
    key(key) {
      if (key.repeat === true || key.modified === true) {
        clear();
        return { kind: "typed", held: false };
      }
      if (isLineEnd(key.key)) return lineEnd(key);
      if (isSilentKey(key.key))
        return isHeld() ? { kind: "held", first: false } : { kind: "typed", held: false };
      if (isLostCharacter(key.key)) return take(lost, key);
      if (Array.from(key.key).length === 1) return take(key.key, key);
      clear();
      return { kind: "typed", held: false };
    },
    silence(timeMs) {
      if (!isHeld() || timeMs - lastMs <= silenceLimitMs()) return null;
      const found = mayBecomeScan() ? judge("silence", timeMs) : { kind: "typed" as const, held: false };
      judged = found.kind === "typed" ? "typed" : "scan";
      // A code of nobody knows what, or half of one whose rest is still to come: no amount and no PIN.
      return found.kind === "typed" && isInhuman() ? { kind: "unreadable" } : found;
    },
    reset: clear,
    deadlineMs: () => (isHeld() ? lastMs + silenceLimitMs() + 1 : null),
  };
}

/** A code with a check of its own, or with one of our prefixes: nobody types these by accident. */
function hasKnownShape(text: string): boolean {
  const found = classifyScannedCode(text);
  switch (found.kind) {
    case "payment-code":
    case "activation-code":
    case "code-number":
    case "product":
    case "emv-consumer":
    case "emv-merchant":
      return true;
    case "wallet":
      return found.certainty === "sure";
    case "ambiguous":
    case "url":
    case "empty":
    case "unknown":
      return false;
    default:
      return found satisfies never;
  }
}

function isLineEnd(key: string): boolean {
  return key === "Enter" || key === "Tab";
}

/** Keys a scanner presses along with its characters. */
function isSilentKey(key: string): boolean {
  return key === "Shift" || key === "CapsLock" || key === "NumLock" || key === "AltGraph";
}

/** What Android gives for a key it cannot name: Shift with a digit, a dead key (onscan.js #40). */
function isLostCharacter(key: string): boolean {
  return key === "Unidentified" || key === "Dead" || key === "";
}
