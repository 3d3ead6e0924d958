import type { JSX } from "preact";
import type { CodeState, TillRow } from "#protocol/office-api.ts";
import {
  BrokenLinkIcon,
  CheckIcon,
  CloseIcon,
  LinkIcon,
  LockIcon,
  StopIcon,
  UnknownIcon,
} from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";

/** State is word, shape and colour together (UX §5). */
export function StateWord(props: {
  readonly tone: "good" | "plain" | "bad" | "wait" | "due" | "off";
  readonly icon: JSX.Element;
  readonly word: string;
}): JSX.Element {
  return (
    <span class={`state state--${props.tone}`}>
      {props.icon}
      {props.word}
    </span>
  );
}

export function CodeStateWord({ state }: { readonly state: CodeState }): JSX.Element {
  const word = officeTexts.now.codes.states[state];
  switch (state) {
    case "issued":
      return <StateWord tone="plain" icon={<Ring />} word={word} />;
    case "not-yet-valid":
      return <StateWord tone="plain" icon={<LockIcon size={18} />} word={word} />;
    case "spent":
      return <StateWord tone="good" icon={<CheckIcon size={18} />} word={word} />;
    case "expired":
      return <StateWord tone="off" icon={<CloseIcon size={18} />} word={word} />;
    case "revoked":
      return <StateWord tone="bad" icon={<StopIcon size={18} />} word={word} />;
  }
}

export function TillStateWord({ state }: { readonly state: TillRow["state"] }): JSX.Element {
  const word = officeTexts.now.tills.states[state];
  switch (state) {
    case "new":
      return <StateWord tone="plain" icon={<Ring />} word={word} />;
    case "comparing":
      return <StateWord tone="wait" icon={<UnknownIcon size={18} />} word={word} />;
    case "active":
      return <StateWord tone="good" icon={<CheckIcon size={18} />} word={word} />;
    case "stopped":
    case "revoked":
      return <StateWord tone="bad" icon={<StopIcon size={18} />} word={word} />;
  }
}

/** Whether the till spoke with the server of late. */
export function ReachableWord({ reachable }: { readonly reachable: boolean }): JSX.Element {
  const t = officeTexts.now.tills;
  return reachable ? (
    <StateWord tone="good" icon={<LinkIcon size={18} />} word={t.reachable} />
  ) : (
    <StateWord tone="off" icon={<BrokenLinkIcon size={18} />} word={t.unreachable} />
  );
}

/** The till speaks and nothing of what waits arrives: the one alarm of delivery. */
export function StuckWord(): JSX.Element {
  const word = officeTexts.now.losses.health.stuckWord;
  return <StateWord tone="bad" icon={<StopIcon size={18} />} word={word} />;
}

/** An open circle: nothing has happened yet. */
export function Ring(): JSX.Element {
  return (
    <svg width={18} height={18} viewBox="0 0 24 24" class="ring" aria-hidden="true">
      <circle cx="12" cy="12" r="8" />
    </svg>
  );
}
