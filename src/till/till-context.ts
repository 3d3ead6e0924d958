import type { ReadonlySignal, Signal } from "@preact/signals";
import { createContext, type Context } from "preact";
import { useContext, useEffect, useRef } from "preact/hooks";
import type { TillEngine, TillView } from "#protocol/engine-calls.ts";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import type { WedgeScanner } from "#devices/wedge.ts";
import type { Flow } from "./flow.ts";

/** A newer build that waits; nothing of it runs before the operator or an empty counter lets it (G2). */
export interface UpdateOffer {
  readonly ready: ReadonlySignal<boolean>;
  readonly apply: () => void;
}

/** What every screen of the till may reach. */
export interface Till {
  readonly engine: TillEngine;
  readonly view: ReadonlySignal<TillView | null>;
  readonly flow: Flow;
  readonly wedge: Pick<WedgeScanner, "onTyped">;
  /** Loads the camera's code at the first call; the scanner shows its picture in `video`. */
  readonly openCamera: (video: () => HTMLVideoElement | null) => Promise<CameraScanner>;
  /** Whether the browser would open the camera without asking. */
  readonly cameraAllowed: ReadonlySignal<boolean>;
  readonly update: UpdateOffer;
  /** A code scanned or typed on Activate, until it is used. */
  readonly activation: Signal<string>;
  /** Asks the browser to keep this till's data; answers what it said. */
  readonly askToKeep: () => Promise<boolean>;
}

const context: Context<Till | null> = createContext<Till | null>(null);

/** Gives the till to all screens below. */
export const TillProvider: Context<Till | null>["Provider"] = context.Provider;

/** The till a screen belongs to. Throws outside of `TillProvider`. */
export function useTill(): Till {
  const till = useContext(context);
  if (till === null) throw new Error("a till screen is drawn outside of its provider");
  return till;
}

/** The last view of the engine. Screens below the booting one are only drawn when there is one. */
export function useView(): TillView {
  const view = useTill().view.value;
  if (view === null) throw new Error("a till screen is drawn before the engine has spoken");
  return view;
}

/**
 * Hands a real keyboard's keys to the pad on screen: single characters a person typed (a scanner's bursts
 * never come here), and «Backspace».
 */
export function useTypedKeys(onKey: (key: string) => void): void {
  const { wedge } = useTill();
  const latest = useRef(onKey);
  latest.current = onKey;
  useEffect(() => {
    const forget = wedge.onTyped((char) => latest.current(char));
    const listen = (event: KeyboardEvent): void => {
      if (event.key === "Backspace" && !event.defaultPrevented) latest.current("Backspace");
    };
    addEventListener("keydown", listen);
    return () => {
      forget();
      removeEventListener("keydown", listen);
    };
  }, [wedge]);
}
