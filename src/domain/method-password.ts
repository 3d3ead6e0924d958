/** When the shop's password for a means of payment is asked for, as the owner set it (DESIGN §6). */
export interface AskRule {
  readonly ask: "never" | "always" | "above";
  /** With `above`: sales of more than this ask. */
  readonly aboveMinor: number;
}

/** Does a sale of this sum ask? Without a rule of the owner's nothing is added to what a code says itself. */
export function asksPassword(rule: AskRule | null, dueMinor: number): boolean {
  if (rule === null || rule.ask === "never") return false;
  return rule.ask === "always" || dueMinor > rule.aboveMinor;
}
