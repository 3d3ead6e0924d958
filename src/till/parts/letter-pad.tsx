import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { BackspaceIcon } from "#ui/icons.tsx";
import { screenTexts } from "../screen-texts.ts";
import { Key } from "./key.tsx";

const letterRows = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"] as const;
const symbolRows = ["1234567890", "!@#$%^&*()", "-_=+[]{}\\", "|;:'\",."] as const;
const restRows = ["1234567890", "<>/?`~", "", ""] as const;
const crockfordRows = ["0123456789", "ABCDEFGHJK", "MNPQRSTVWX", "YZ"] as const;

export interface LetterPadProps {
  readonly onChar: (char: string) => void;
  readonly onBack: () => void;
}

/**
 * Which face the keys of a password pad show. Pure, so that every printable ASCII character can be proved
 * reachable.
 */
export function passwordRows(face: "small" | "capital" | "symbols" | "rest"): readonly string[] {
  switch (face) {
    case "small":
      return letterRows;
    case "capital":
      return letterRows.map((row) => row.toUpperCase());
    case "symbols":
      return symbolRows;
    case "rest":
      return restRows;
  }
}

/**
 * Letters, digits and marks for a code password, ten across. No key flashes, sounds or moves (UX §6), and the
 * keys stand where they always stand: shuffling them would only slow the customer down.
 */
export function PasswordLetterPad({ onChar, onBack }: LetterPadProps): JSX.Element {
  const t = screenTexts.now.pad;
  const [face, setFace] = useState<"small" | "capital" | "symbols" | "rest">("small");
  const rows = passwordRows(face);
  const letters = face === "small" || face === "capital";
  const chars = (row: number): JSX.Element[] =>
    Array.from(rows[row] ?? "", (char) => (
      <Key key={char} secret onPress={() => onChar(char)}>
        {char}
      </Key>
    ));
  return (
    <div class="keys keys--letters keys--secret" role="group" aria-label={t.secretLabel}>
      {chars(0)}
      {chars(1)}
      {face === "rest" && (
        <Key class="key--word key--space" secret onPress={() => onChar(" ")}>
          {t.space}
        </Key>
      )}
      {chars(2)}
      <Key label={t.back} onPress={onBack}>
        <BackspaceIcon />
      </Key>
      {letters ? (
        <Key
          class={`key--word key--wide ${face === "capital" ? "key--on" : ""}`}
          pressed={face === "capital"}
          label={t.shift}
          onPress={() => setFace(face === "capital" ? "small" : "capital")}
        >
          Aa
        </Key>
      ) : (
        <Key
          class="key--word key--wide"
          label={t.symbols}
          onPress={() => setFace(face === "symbols" ? "rest" : "symbols")}
        >
          {face === "symbols" ? "1/2" : "2/2"}
        </Key>
      )}
      {chars(3)}
      <Key
        class="key--word key--wide"
        label={letters ? t.symbols : t.letters}
        onPress={() => setFace(letters ? "symbols" : "small")}
      >
        {letters ? "#+=" : "ABC"}
      </Key>
    </div>
  );
}

/** The 32 characters of an activation code: no I, L, O or U, so none is mistaken for another. */
export function CrockfordPad({
  onChar,
  onBack,
  onClear,
}: LetterPadProps & { readonly onClear: () => void }): JSX.Element {
  const t = screenTexts.now.pad;
  return (
    <div class="keys keys--letters" role="group" aria-label={t.label}>
      {crockfordRows.flatMap((row) =>
        Array.from(row, (char) => (
          <Key key={char} onPress={() => onChar(char)}>
            {char}
          </Key>
        )),
      )}
      <Key class="key--word key--half" onPress={onClear}>
        {t.clear}
      </Key>
      <Key class="key--half" label={t.back} onPress={onBack}>
        <BackspaceIcon />
      </Key>
    </div>
  );
}
