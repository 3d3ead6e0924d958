import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "../../src/ui/texts");
const files = readdirSync(folder).filter((name) => name.endsWith("zh-cn.ts"));

/** Every text of a set; a function is written out with words and sums as they come. */
function leaves(value: unknown, path: string): readonly string[] {
  if (typeof value === "string") return [`${path}: ${value}`];
  if (typeof value === "function") {
    const say = value as (...args: unknown[]) => unknown;
    try {
      return leaves(say("8080", "¥38.00", 3, 5), path);
    } catch (cause) {
      // A text that wants more than words is written out by the test of its own set.
      if (cause instanceof TypeError) return [];
      throw cause;
    }
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

describe("UX §8: Chinese as it is written", () => {
  it.each(files)("%s: full-width marks, no space typed beside digits, sums by their sign", async (file) => {
    const set: unknown = await import(join(folder, file));
    const texts = leaves(set, file).map((text) => text.slice(text.indexOf(": ") + 2));
    expect(texts.length).toBeGreaterThan(5);
    const wrong = texts.filter(
      (text) =>
        /\p{Script=Han}[,;:?!]|[,;:?!] ?\p{Script=Han}|[」）][,;:?!]/u.test(text) ||
        /\d \p{Script=Han}|\p{Script=Han} \d/u.test(text) ||
        text.includes("CNY"),
    );
    expect(wrong).toEqual([]);
  });
});
