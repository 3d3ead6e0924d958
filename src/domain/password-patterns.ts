/** How a run of characters is made that costs a guesser next to nothing (G21). */
export type PatternKind = "sequence" | "repeat" | "keyboard-walk";

export const PATTERN_KINDS: readonly PatternKind[] = ["sequence", "repeat", "keyboard-walk"];

/** Up, down, and by twos; 0 follows 9 on every pad. */
const SEQUENCES = ["abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "1357913579", "0246802468"];

/** QWERTY's rows and slanting columns, and the straight lines and the rim of a number pad of either kind. */
const WALKS = [
  "`1234567890-=",
  "qwertyuiop[]\\",
  "asdfghjkl;'",
  "zxcvbnm,./",
  ..."1qaz 2wsx 3edc 4rfv 5tgb 6yhn 7ujm 8ik, 9ol. 0p;/".split(" "),
  ..."4esz 5rdx 6tfc 7ygv 8uhb 9ijn 0okm -pl,".split(" "),
  ..."1470 2580 369 159 357 7410 8520".split(" "),
  "1236987412369874",
];

/** The marks above QWERTY's keys, as the keys below them: a walk with Shift held is the same walk. */
const UNSHIFTED: ReadonlyMap<string, string> = new Map(
  Array.from('~!@#$%^&*()_+{}|:"<>?', (mark, i) => [mark, "`1234567890-=[]\\;',./".charAt(i)]),
);

const threesOf = (lines: readonly string[]): ReadonlySet<string> =>
  new Set(lines.flatMap((line) => [...threes(line), ...threes([...line].toReversed().join(""))]));
const SEQUENCE_THREES = threesOf(SEQUENCES);
const WALK_THREES = threesOf(WALKS);

/**
 * How many characters of `text` a guesser gets for nothing by each kind of pattern, and by all of them
 * together (`any`). A run of three or more counts as its first two; what is one block over again, pairs only,
 * or made of two characters counts as a repeat, and only where nothing follows (`isWhole`), since one more
 * character ends it. What is a sequence by itself («123») is not a walk as well.
 */
export function freeCharacters(
  text: string,
  isWhole: boolean,
): Readonly<Record<PatternKind | "any", number>> {
  const plain = text.toLowerCase();
  const keys = Array.from(plain, (character) => UNSHIFTED.get(character) ?? character).join("");
  const keyThrees = threes(keys);
  const found = threes(plain).map((three, i) => kindOf(three, keyThrees[i] ?? ""));
  const count = (kind: PatternKind): number => found.filter((one) => one === kind).length;
  const over = isWhole ? plain.length - leastSaid(plain) : 0;
  const repeat = Math.max(count("repeat"), over);
  return {
    sequence: count("sequence"),
    repeat,
    "keyboard-walk": count("keyboard-walk"),
    any: Math.max(repeat, found.filter((kind) => kind !== null).length),
  };
}

function kindOf(three: string, keys: string): PatternKind | null {
  if (three[0] === three[1] && three[1] === three[2]) return "repeat";
  if (SEQUENCE_THREES.has(three)) return "sequence";
  return WALK_THREES.has(keys) ? "keyboard-walk" : null;
}

/** How short `text` can be said: «742 twice» is three. */
function leastSaid(text: string): number {
  const distinct = new Set(text).size;
  return Math.min(blockLength(text), undoubledLength(text), distinct <= 2 ? distinct : text.length);
}

function threes(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - 2) }, (_, i) => text.slice(i, i + 3));
}

/** Length of the block that `text` is made of over and over; its own length when it is made of none. */
function blockLength(text: string): number {
  for (let length = 1; length <= text.length / 2; length++) {
    if (text.length % length === 0 && text.slice(0, length).repeat(text.length / length) === text)
      return length;
  }
  return text.length;
}

/** Length once every character that stands several times in a row stands once, if all of them do: 112233. */
function undoubledLength(text: string): number {
  const groups = text.match(/(.)\1*/gsu) ?? [];
  return groups.length > 0 && groups.every((group) => group.length > 1) ? groups.length : text.length;
}
