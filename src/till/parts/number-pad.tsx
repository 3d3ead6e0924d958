import type { JSX } from "preact";
import type { AmountKey } from "#domain/amount-entry.ts";
import { BackspaceIcon } from "#ui/icons.tsx";
import { tillTexts } from "../texts.ts";
import { Key } from "./key.tsx";

const digits = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;

export interface NumberPadProps {
  readonly onKey: (key: AmountKey) => void;
  /**
   * What stands left of the zero: a point for sums, two zeros for currencies without decimals, nothing for
   * numbers.
   */
  readonly corner: "." | "00" | "none";
  /** A secret pad shows no press and plays none. */
  readonly secret?: boolean;
}

/** 1-2-3 on top (UX §6). Never the system's keyboard. */
export function NumberPad({ onKey, corner, secret = false }: NumberPadProps): JSX.Element {
  const t = tillTexts.now.pad;
  return (
    <div
      class={`keys keys--number ${secret ? "keys--secret" : ""}`}
      role="group"
      aria-label={secret ? t.secretLabel : t.label}
    >
      {digits.map((digit) => (
        <Key key={digit} secret={secret} onPress={() => onKey(digit)}>
          {digit}
        </Key>
      ))}
      {corner === "none" ? (
        <Key class="key--word" onPress={() => onKey("clear")}>
          {t.clear}
        </Key>
      ) : (
        <Key onPress={() => onKey(corner)} {...(corner === "." ? { label: t.point } : {})}>
          {corner}
        </Key>
      )}
      <Key secret={secret} onPress={() => onKey("0")}>
        0
      </Key>
      <Key label={t.back} onPress={() => onKey("back")}>
        <BackspaceIcon size={30} />
      </Key>
    </div>
  );
}
