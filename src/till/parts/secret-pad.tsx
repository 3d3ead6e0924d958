import type { JSX } from "preact";
import type { ScreenPad } from "../use-pad.ts";
import { useWholeKeyboard } from "../whole-keyboard.ts";
import { DigitPad } from "./digit-pad.tsx";
import { PasswordLetterPad } from "./letter-pad.tsx";

/**
 * The keys of an open pad. Which kind follows the method's policy, never the secret itself (UX §6); until it
 * is known there are none, for keys that change under a finger are typed wrong.
 */
export function SecretPad({ pad }: { readonly pad: ScreenPad }): JSX.Element | null {
  useWholeKeyboard(pad);
  switch (pad.view.kind) {
    case "letters":
      return <PasswordLetterPad onChar={pad.char} onBack={pad.back} />;
    case "digits":
      return <DigitPad pad={pad} />;
    case null:
      return null;
  }
}
