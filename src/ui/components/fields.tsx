import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { looksLikeCard } from "#domain/card-number.ts";
import { StopIcon } from "../icons.tsx";
import { language } from "../language.ts";

interface FieldFacts {
  readonly label: string;
  readonly hint?: string | undefined;
  /**
   * What is wrong and how to mend it; the field is then announced as invalid. What was typed always stays.
   */
  readonly error?: string | undefined;
}

export interface TextFieldProps extends FieldFacts {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly type?: "text" | "email" | "password" | "url" | "search" | "date" | "datetime-local" | "tel";
  readonly name?: string;
  readonly autocomplete?: string;
  /** Which keyboard a tablet offers; sums use `decimal` (never `type=number`, UX §6). */
  readonly inputMode?: "text" | "decimal" | "numeric" | "email" | "search";
  readonly maxLength?: number;
  readonly required?: boolean;
  readonly placeholder?: string;
}

/** Said as it is typed, whatever else is wrong: here, or the number would be on its way first. */
const cardNumber = {
  "zh-CN": "这里不能填银行卡号，请删掉。",
  en: "A bank card number doesn’t belong here. Take it out.",
} as const;
/** Marks the field until the number is taken out: no form of the office is sent with it. */
const marked = { "data-card-number": true } as const;

/**
 * One line of text with its label above and, when wrong, the reason below. A bank card's number is refused in
 * every one but a password's.
 */
export function TextField(props: TextFieldProps): JSX.Element {
  const isCard = props.type !== "password" && looksLikeCard(props.value);
  const error = isCard ? cardNumber[language.value] : props.error;
  return (
    <Framed facts={{ ...props, error }}>
      {(ids) => (
        <input
          class="field__input"
          id={ids.input}
          // Preact types an input by each single kind; the attributes used here are the same for all of ours.
          type={(props.type ?? "text") as "text"}
          name={props.name}
          value={props.value}
          autocomplete={props.autocomplete ?? "off"}
          inputMode={props.inputMode}
          maxLength={props.maxLength}
          required={props.required}
          placeholder={props.placeholder}
          spellcheck={false}
          aria-invalid={error !== undefined}
          {...(isCard ? marked : {})}
          aria-describedby={ids.describedBy}
          onInput={(event) => props.onInput(event.currentTarget.value)}
        />
      )}
    </Framed>
  );
}

export interface SelectFieldProps<V extends string> extends FieldFacts {
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V) => void;
  readonly name?: string;
}

/** One of many. */
export function SelectField<V extends string>(props: SelectFieldProps<V>): JSX.Element {
  const choose = (text: string): void => {
    const option = props.options.find((candidate) => candidate.value === text);
    if (option) props.onChange(option.value);
  };
  return (
    <Framed facts={props}>
      {(ids) => (
        <select
          class="field__input"
          id={ids.input}
          name={props.name}
          value={props.value}
          aria-invalid={props.error !== undefined}
          aria-describedby={ids.describedBy}
          onChange={(event) => choose(event.currentTarget.value)}
        >
          {props.options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Framed>
  );
}

export interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: string }[];
  readonly onChange: (value: V) => void;
}

/** One of few, all standing open. */
export function Choice<V extends string>(props: ChoiceProps<V>): JSX.Element {
  const group = useId();
  return (
    <fieldset class="choice">
      <legend class="field__label">{props.label}</legend>
      {props.hint !== undefined && <p class="field__hint">{props.hint}</p>}
      <div class="choice__options">
        {props.options.map((option) => (
          <label class="choice__option" key={option.value}>
            <input
              type="radio"
              name={group}
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export interface CheckFieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly name?: string;
}

/** Yes or no, in force when saved. */
export function CheckField(props: CheckFieldProps): JSX.Element {
  return (
    <label class="check">
      <input
        class="check__box"
        type="checkbox"
        name={props.name}
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      <span>
        <span>{props.label}</span>
        {props.hint !== undefined && <span class="field__hint"> {props.hint}</span>}
      </span>
    </label>
  );
}

interface FrameIds {
  readonly input: string;
  readonly describedBy: string | undefined;
}

function Framed(props: {
  readonly facts: FieldFacts;
  readonly children: (ids: FrameIds) => ComponentChildren;
}): JSX.Element {
  const { label, hint, error } = props.facts;
  const id = useId();
  const described = [hint === undefined ? "" : `${id}-hint`, error === undefined ? "" : `${id}-error`];
  const describedBy = described.filter(Boolean).join(" ");
  return (
    <div class="field">
      <label class="field__label" for={id}>
        {label}
      </label>
      {hint !== undefined && (
        <span class="field__hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {props.children({ input: id, describedBy: describedBy === "" ? undefined : describedBy })}
      {error !== undefined && (
        <span class="field__error" id={`${id}-error`}>
          <StopIcon size={20} />
          {error}
        </span>
      )}
    </div>
  );
}
