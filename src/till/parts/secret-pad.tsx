import type { JSX } from "preact";
import type { ScreenPad } from "../use-pad.ts";
import { DigitPad } from "./digit-pad.tsx";
import { PasswordLetterPad } from "./letter-pad.tsx";

/** The keys of an open pad. Which kind follows the method's policy, never the secret itself (UX §6). */
export function SecretPad({ pad }: { readonly pad: ScreenPad }): JSX.Element {
  return pad.view.kind === "letters" ? (
    <PasswordLetterPad onChar={pad.char} onBack={pad.back} />
  ) : (
    <DigitPad pad={pad} />
  );
}
