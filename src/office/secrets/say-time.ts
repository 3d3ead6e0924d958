import { officeTexts } from "#ui/texts/office-texts.ts";
import { spanOf } from "./attack-figures.ts";

/** «about 16 minutes», in the language in force. */
export function sayTime(seconds: number): string {
  const t = officeTexts.now.secrets.spans;
  const { unit, count } = spanOf(seconds);
  const words = t[unit];
  return typeof words === "string" ? words : words(count);
}
