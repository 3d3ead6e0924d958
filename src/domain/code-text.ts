/**
 * Folds what input methods and keyboard scanners do to plain text: full-width forms become ASCII (１ → 1, Ａ →
 * A, the ideographic space → space), blanks and control characters at both ends go. Case and everything
 * inside stay. Total; never longer than `text`.
 */
export function foldCodeText(text: string): string {
  const folded = text.replace(/[\uFF01-\uFF5E\u3000]/g, (char) =>
    char === "\u3000" ? " " : String.fromCharCode(char.charCodeAt(0) - 0xfee0),
  );
  return trimCodeText(folded);
}

/** Everything a scanner adds around a code: blanks, CR, LF, other control characters, a byte order mark. */
function trimCodeText(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isPadding(text.charCodeAt(from))) from += 1;
  while (to > from && isPadding(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isPadding(unit: number): boolean {
  return unit <= 0x20 || (unit >= 0x7f && unit <= 0xa0) || unit === 0xfeff;
}
