import type { JSX } from "preact";
import type { ScreenPad } from "../use-pad.ts";
import { NumberPad } from "./number-pad.tsx";
import { PasswordLetterPad } from "./letter-pad.tsx";

/** The keys of an open pad. Which kind follows the method's policy, never the secret itself (UX §6). */
export function SecretPad({ pad }: { readonly pad: ScreenPad }): JSX.Element {
  if (pad.view.kind === "letters") return <PasswordLetterPad onChar={pad.char} onBack={pad.back} />;
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
