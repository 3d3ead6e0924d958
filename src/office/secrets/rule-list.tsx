import type { JSX } from "preact";
import {
  brokenRules,
  type KnownOfShop,
  minLength,
  type PasswordKind,
  type PasswordRule,
} from "#domain/password-rules.ts";
import { rulesFor } from "#domain/password-rules.ts";
import { CheckIcon, StopIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { Ring } from "../parts/state-word.tsx";

/** What is still to come is no mistake while one types: these are wanted, the others unwanted. */
const WANTED: ReadonlySet<PasswordRule> = new Set(["length", "letter", "digit", "special"]);

export interface RuleListProps {
  readonly text: string;
  readonly kind: PasswordKind;
  readonly known: KnownOfShop;
  /** After a try to save: what is missing is a mistake now. */
  readonly tried: boolean;
}

type RuleState = "met" | "broken" | "open";

/** Every rule beside the field, and what becomes of it with each character (G21). */
export function RuleList({ text, kind, known, tried }: RuleListProps): JSX.Element {
  const { rules: words, ruleStates } = officeTexts.now.secrets;
  const broken = brokenRules(text, kind, known);
  const min = minLength(kind);
  const stateOf = (rule: PasswordRule): RuleState => {
    if (text === "") return tried && WANTED.has(rule) ? "broken" : "open";
    if (!broken.includes(rule)) return broken.includes("can-type") && WANTED.has(rule) ? "open" : "met";
    return WANTED.has(rule) && !tried ? "open" : "broken";
  };
  const unwanted = text === "" ? undefined : broken.find((rule) => !WANTED.has(rule));
  return (
    <div class="rules">
      <ul aria-label={ruleStates.title}>
        {rulesFor(kind).map((rule) => {
          const state = stateOf(rule);
          return (
            <li key={rule} class={`rule rule--${state}`}>
              {state === "met" && <CheckIcon size={18} />}
              {state === "broken" && <StopIcon size={18} />}
              {state === "open" && <Ring />}
              <span>
                {words[rule](min)}
                <span class="visually-hidden"> {ruleStates[state]}</span>
              </span>
            </li>
          );
        })}
      </ul>
      {/* Read out as it happens: which rule was just broken, never what was typed. */}
      <p role="status" class="visually-hidden">
        {unwanted === undefined ? "" : `${ruleStates.broken}: ${words[unwanted](min)}`}
      </p>
    </div>
  );
}
