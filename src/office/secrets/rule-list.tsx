import type { JSX } from "preact";
import {
  brokenRules,
  type KnownOfShop,
  minLength,
  type PasswordKind,
  type PasswordRule,
  rulesFor,
} from "#domain/password-rules.ts";
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
  /** What the server found besides: it knows more of the shop than this page. */
  readonly refused?: readonly string[];
  /** Said elsewhere, by other figures. */
  readonly without?: readonly PasswordRule[];
}

type RuleState = "met" | "broken" | "open";

/** Every rule beside the field, and what becomes of it with each character (G21). */
export function RuleList(props: RuleListProps): JSX.Element {
  const { text, kind, known, tried, refused = [], without = [] } = props;
  const { rules: words, ruleStates } = officeTexts.now.secrets;
  const rules = rulesFor(kind).filter((rule) => !without.includes(rule));
  const found = brokenRules(text, kind, known);
  const broken = rules.filter((rule) => found.includes(rule) || refused.includes(rule));
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
        {rules.map((rule) => {
          const state = stateOf(rule);
          return (
            <li key={rule} class={`rule rule--${state}`}>
              {state === "met" && <CheckIcon size={18} />}
              {state === "broken" && <StopIcon size={18} />}
              {state === "open" && <Ring />}
              <span>
                {words[rule](kind, min)}
                <span class="visually-hidden"> {ruleStates[state]}</span>
              </span>
            </li>
          );
        })}
      </ul>
      {/* Read out as it happens: which rule was just broken, never what was typed. */}
      <p role="status" class="visually-hidden">
        {unwanted === undefined ? "" : `${ruleStates.broken}: ${words[unwanted](kind, min)}`}
      </p>
    </div>
  );
}
