import type { JSX } from "preact";
import type { ScreenPad } from "../use-pad.ts";
import { NumberPad } from "./number-pad.tsx";

/** The keys of an open pad that takes digits only: every PIN, and code passwords whose policy says so. */
export function DigitPad({ pad }: { readonly pad: ScreenPad }): JSX.Element {
  return (
    <NumberPad
      secret
      corner="none"
      onKey={(key) => {
        if (key === "back") pad.back();
        else if (key === "clear") pad.clear();
        else pad.char(key);
      }}
    />
  );
}
