import type { JSX } from "preact";

export interface GroupsProps {
  readonly text: string;
  readonly groups: number;
  /** Characters a group. */
  readonly size: number;
}

/** A long number in groups, as it stands on the paper it is typed from. */
export function Groups({ text, groups, size }: GroupsProps): JSX.Element {
  const now = Math.min(groups - 1, Math.floor(text.length / size));
  return (
    <output class="groups">
      {Array.from({ length: groups }, (_, index) => (
        <span key={index} class={`groups__group ${index === now ? "groups__group--now" : ""}`}>
          {text.slice(index * size, (index + 1) * size)}
        </span>
      ))}
    </output>
  );
}
