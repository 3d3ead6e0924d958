import { foldCodeText } from "./code-text.ts";

/** The number of a sale as a paper receipt prints it: «2-41» is entry 41 of the till's epoch 2. */
export interface PaperNumber {
  /** Null: only the second half was typed. */
  readonly epoch: number | null;
  readonly seq: number;
}

/** Any of the strokes that a keyboard, an input method or a copied text puts for a hyphen. */
const DASHES = /[‐‑‒–—―−﹣]/gu;
/** «单号», «No.», «#»: whoever types off the paper types what stands there. */
const LABEL = /^[\p{L}#.:]+/u;

/**
 * What somebody typed off the paper: full-width characters, blanks anywhere, the label before it and every
 * kind of dash are taken as meant. Null when no number of a receipt is in it; entry 0 is none.
 */
export function readPaperNumber(text: string): PaperNumber | null {
  const plain = foldCodeText(text).replaceAll(/\s/gu, "").replaceAll(DASHES, "-").replace(LABEL, "");
  const [, epochText, seqText = ""] = /^(?:(\d{1,9})-)?(\d{1,9})$/u.exec(plain) ?? [];
  const seq = Number(seqText);
  const epoch = epochText === undefined ? null : Number(epochText);
  return seqText === "" || seq < 1 || epoch === 0 ? null : { epoch, seq };
}

/** The eight check digits of a receipt in small letters; null when they are not eight of 0–9 and a–f. */
export function readPaperCheck(text: string): string | null {
  const plain = foldCodeText(text).replaceAll(/\s/gu, "").toLowerCase();
  return /^[0-9a-f]{8}$/u.test(plain) ? plain : null;
}
