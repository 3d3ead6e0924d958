import { accepted } from "#domain/result.ts";
import { createListeners } from "./listeners.ts";
import type { ScanEvent, Scanner, ScannerRefusal, Unsubscribe } from "./scanner.ts";
import { createWedgeDetector, defaultWedgeSettings } from "./wedge-detector.ts";
import type { WedgeKey, WedgeSettings, WedgeVerdict } from "./wedge-detector.ts";
import { isTextField, snapshotOf } from "./wedge-field.ts";
import type { FieldSnapshot } from "./wedge-field.ts";

export interface WedgeOptions {
  /** Where keys arrive; the window. */
  readonly target: EventTarget;
  readonly settings?: WedgeSettings;
  /** On the time line of the events: `() => performance.now()`. */
  readonly nowMs: () => number;
}

/** A scanner that types (HID keyboard). It needs no permission and works everywhere, so it is tried first. */
export interface WedgeScanner extends Scanner {
  readonly source: "wedge";
  configure(settings: WedgeSettings): void;
  /**
   * A character typed by a person while no text field had the focus, at most one gap limit after it was hit.
   * Screens with keys of their own (the number pad) listen here and not to `keydown`: a scan burst must never
   * be an amount.
   */
  onTyped(listener: (char: string) => void): Unsubscribe;
}

/** A timer later than this is a sign of a busy page, and how long waiting keys are given to arrive. */
const lateTimerMs = 20;

/**
 * Listens before everything else on the page. Without a focused text field characters are kept back until it
 * is known whose they are; with one they go in and are taken out again after a scan. A scanner's Enter
 * presses nothing.
 */
export function createWedgeScanner(options: WedgeOptions): WedgeScanner {
  const scans = createListeners<ScanEvent>();
  const troubles = createListeners<ScannerRefusal>();
  const typed = createListeners<string>();
  let detector = createWedgeDetector(options.settings ?? defaultWedgeSettings);
  let kept: string[] = [];
  let field: FieldSnapshot | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let listening: AbortController | null = null;
  /** Keys whose press was swallowed: their release must not press anything either. */
  const swallowed = new Set<string>();
  let composition = "";
  let lastKeyGaveText = false;

  function release(): void {
    const chars = kept;
    kept = [];
    for (const char of chars) typed.tell(char);
  }

  function dropKept(): void {
    kept = [];
    field?.restore();
    field = null;
  }

  /** Acts on what a burst turned out to be; answers whether the key that ended it is to be swallowed. */
  function settle(verdict: WedgeVerdict, timeMs: number): boolean {
    switch (verdict.kind) {
      case "scan":
        dropKept();
        scans.tell({
          text: verdict.text,
          symbology: "unstated",
          source: "wedge",
          atMs: timeMs,
          outline: null,
        });
        return true;
      case "unreadable":
        dropKept();
        return true;
      case "trailing":
        return true;
      case "typed":
        release();
        return false;
      case "held":
        return false;
      default:
        return verdict satisfies never;
    }
  }

  /**
   * `toldMs`: the time stamp of the key just told. What a busy page tells late, it also falls silent late.
   */
  function watchSilence(toldMs: number): void {
    clearTimeout(timer);
    const stampedMs = detector.deadlineMs();
    if (stampedMs === null) return;
    const lagMs = Math.max(0, options.nowMs() - toldMs);
    const deadlineMs = stampedMs + lagMs;
    const dueMs = Math.max(0, deadlineMs - options.nowMs());
    timer = setTimeout(() => {
      const nowMs = options.nowMs();
      // A timer that comes late means a busy page: keys that were hit in time may still wait behind it.
      const isLate = nowMs - deadlineMs > lateTimerMs;
      if (isLate) timer = setTimeout(judgeSilence, lateTimerMs);
      else judgeSilence();
    }, dueMs);
  }

  function judgeSilence(): void {
    const nowMs = options.nowMs();
    const verdict = detector.silence(nowMs);
    if (verdict === null) watchSilence(nowMs);
    else settle(verdict, nowMs);
  }

  function swallow(event: KeyboardEvent): void {
    event.preventDefault();
    event.stopImmediatePropagation();
    swallowed.add(event.key);
  }

  function onKeyDown(event: KeyboardEvent): void {
    swallowed.delete(event.key);
    const intoField = isTextField(event.target);
    lastKeyGaveText = false;
    // An input method tells its text by the input event that follows.
    if (intoField && (event.isComposing || event.key === "Unidentified" || event.key === "Process")) return;
    // The space bar presses the focused button; no code begins with a blank.
    if (!intoField && event.key === " " && detector.deadlineMs() === null) return;
    const key: WedgeKey = {
      key: event.key,
      timeMs: event.timeStamp,
      repeat: event.repeat,
      modified: event.ctrlKey || event.altKey || event.metaKey,
    };
    const verdict = detector.key(key);
    const isChar = Array.from(event.key).length === 1;
    const nowHeld = verdict.kind === "held" || (verdict.kind === "typed" && verdict.held);
    if (settle(verdict, event.timeStamp)) swallow(event);
    else if (nowHeld) {
      // Kept after it was told as typed, too: keys of a scan that arrive late still have to be taken out.
      if (beginsBurst(verdict)) field = intoField ? snapshotOf(event.target) : null;
      if (intoField) lastKeyGaveText = isChar;
      else if (isChar) {
        kept.push(event.key);
        swallow(event);
      }
    }
    watchSilence(event.timeStamp);
  }

  function onKeyUp(event: KeyboardEvent): void {
    if (!swallowed.delete(event.key)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  function onBeforeInput(event: Event): void {
    if (detector.deadlineMs() === null && isTextField(event.target)) field = snapshotOf(event.target);
  }

  /** Text that came without keys: a soft keyboard, or a scanner's app that acts as one. */
  function onInput(event: Event): void {
    if (!("data" in event) || typeof event.data !== "string" || !("inputType" in event)) return;
    if (lastKeyGaveText) return;
    const isComposed = event.inputType === "insertCompositionText";
    if (!isComposed && event.inputType !== "insertText") return;
    // A composition tells all of its text at every change, and its end may insert the same text once more.
    const fresh = event.data.startsWith(composition) ? event.data.slice(composition.length) : event.data;
    composition = isComposed ? event.data : "";
    for (const char of fresh) {
      const before = field;
      const verdict = detector.key({ key: char, timeMs: event.timeStamp, inserted: true });
      settle(verdict, event.timeStamp);
      if (beginsBurst(verdict)) field = before;
    }
    watchSilence(event.timeStamp);
  }

  function stop(): void {
    listening?.abort();
    listening = null;
    clearTimeout(timer);
    detector.reset();
    kept = [];
    field = null;
    composition = "";
    swallowed.clear();
  }

  return {
    source: "wedge",
    start() {
      if (listening !== null) return Promise.resolve(accepted(undefined));
      listening = new AbortController();
      const how = { capture: true, signal: listening.signal };
      options.target.addEventListener("keydown", (event) => onKeyDown(event as KeyboardEvent), how);
      options.target.addEventListener("keyup", (event) => onKeyUp(event as KeyboardEvent), how);
      options.target.addEventListener("beforeinput", onBeforeInput, how);
      options.target.addEventListener("input", onInput, how);
      return Promise.resolve(accepted(undefined));
    },
    stop,
    configure(settings) {
      clearTimeout(timer);
      release();
      detector = createWedgeDetector(settings);
    },
    onScan: scans.add,
    onTrouble: troubles.add,
    onTyped: typed.add,
  };
}

/** Whether this verdict opened a new burst, before which the field is to be remembered. */
function beginsBurst(verdict: WedgeVerdict): boolean {
  return (verdict.kind === "held" && verdict.first) || (verdict.kind === "typed" && verdict.held);
}
