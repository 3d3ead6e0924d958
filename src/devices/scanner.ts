import type { Result } from "#domain/result.ts";
import type { Symbology } from "#domain/scanned-code.ts";

/** A place in the picture: 0 0 is its upper left corner, 1 1 its lower right, whatever its size in pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** The corners of a found code, clockwise from its upper left; a bar code's outline may be a flat line. */
export type Outline = readonly Point[];

export type ScanSource = "camera" | "wedge" | "usb-serial" | "web-serial" | "web-hid";

/** One code that was read. `text` may be worth money: it goes to the engine and never into a log. */
export interface ScanEvent {
  readonly text: string;
  readonly symbology: Symbology;
  readonly source: ScanSource;
  /** By the clock the caller brought. */
  readonly atMs: number;
  /** Where in the camera's picture; null from every other source. */
  readonly outline: Outline | null;
}

/** Why a scanner does not scan. Words for people, and what to do about it, live in the texts by `code`. */
export type ScannerRefusal =
  /** The page was not opened over HTTPS (or localhost): the browser hides its cameras. */
  | { readonly code: "insecure-context" }
  | { readonly code: "permission-denied" }
  /** Another app or tab holds the camera, or it does not start. */
  | { readonly code: "camera-busy" }
  | { readonly code: "no-camera" }
  /** It was scanning and went away: unplugged, taken by another app, switched off by the system. */
  | { readonly code: "camera-lost" }
  /** This browser has no way to read a camera. */
  | { readonly code: "unsupported" }
  /** The decoder died again and again, or could not be loaded. */
  | { readonly code: "decoder-failed" };

export type Unsubscribe = () => void;

/** What every scanner is to a screen: camera, keyboard wedge, serial and HID devices alike. */
export interface Scanner {
  readonly source: ScanSource;
  /**
   * Begins to scan; a second call while it runs changes nothing. Never throws: a refusal says what is in the
   * way.
   */
  start(): Promise<Result<void, ScannerRefusal>>;
  /** Ends at once: no event follows, the camera's light goes out. May be started again. */
  stop(): void;
  onScan(listener: (event: ScanEvent) => void): Unsubscribe;
  /** What went wrong while scanning; the scanner has stopped itself. */
  onTrouble(listener: (refusal: ScannerRefusal) => void): Unsubscribe;
}
