import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  brokenRules,
  type KnownOfShop,
  MAX_PASSWORD_BYTES,
  maySet,
  MIN_DIGITS,
  MIN_LETTERS,
  normalPassword,
  type PasswordRule,
  rulesFor,
} from "#domain/password-rules.ts";

const nobody: KnownOfShop = { names: [], phones: [] };
const lins: KnownOfShop = {
  names: ["Lin's Corner Shop", "林记杂货", "王小明"],
  phones: ["+86 138-1234-5678"],
};
const digits = (text: string, known = nobody): readonly PasswordRule[] => brokenRules(text, "digits", known);
const letters = (text: string, known = nobody): readonly PasswordRule[] =>
  brokenRules(text, "letters", known);

describe("G21: the rules for a password of digits", () => {
  it("takes six digits that follow no pattern, and not five", () => {
    expect(MIN_DIGITS).toBe(6);
    expect(digits("402917")).toEqual([]);
    expect(digits("40291")).toEqual(["length"]);
    expect(digits("")).toEqual(["length"]);
  });

  it("takes 128 digits and not 129", () => {
    const long = "402917".repeat(22).slice(0, MAX_PASSWORD_BYTES - 1);
    expect(digits(`${long}8`)).toEqual([]);
    expect(digits(`${long}80`)).toEqual(["can-type"]);
  });

  it("refuses what the pad has no key for", () => {
    for (const text of ["40291a", "40 917", "茶馆402917", "\ud800402917"]) {
      expect(digits(text)).toEqual(["can-type"]);
    }
    expect(digits("４０２９１７")).toEqual([]);
  });

  it.each(["123456", "654321", "890123", "135791", "246802", "123987", "123321", "159753"])(
    "%s is a sequence, up or down, also by twos and past 9",
    (text) => expect(digits(text)).toEqual(["sequence"]),
  );

  it.each(["111111", "666888", "742742", "121212", "112233", "636366", "998877"])(
    "%s is a repeat: one digit, a block, pairs, or only two digits",
    (text) => expect(digits(text)).toContain("repeat"),
  );

  it.each(["147258", "147852", "258025", "236987", "852074"])(
    "%s is a walk over the number pad: columns, slants, its rim, down to 0",
    (text) => expect(digits(text)).toContain("keyboard-walk"),
  );

  it("lets a run of three stand where it gives one digit away, and not two such runs, nor a run of four", () => {
    expect(digits("123840")).toEqual([]);
    expect(digits("123789")).toEqual(["sequence"]);
    expect(digits("123480")).toEqual(["sequence"]);
    // One of each: no single pattern is too long, together they are.
    expect(digits("123777")).toHaveLength(1);
  });

  it("says a sequence while it is typed, as soon as no ending mends it", () => {
    expect(digits("123")).toEqual(["length"]);
    expect(digits("1234")).toEqual(["length", "sequence"]);
    // A block may still end otherwise.
    expect(digits("1212")).toEqual(["length"]);
  });

  it.each(["131420", "520131", "102030", "100200"])("%s is tried first by everybody", (text) =>
    expect(digits(text)).toEqual(["common"]),
  );

  it("refuses a telephone number: any mobile's, an area code with a number, six digits of the shop's own", () => {
    expect(digits("13902617485")).toEqual(["phone-number"]);
    expect(digits("8613902617485")).toEqual(["phone-number"]);
    expect(digits("02168402917")).toEqual(["phone-number"]);
    expect(digits("13902617")).toEqual([]);
    expect(digits("381234", { names: [], phones: ["138-1234-5678"] })).toContain("phone-number");
    expect(digits("138129", lins)).toEqual([]);
  });

  it("refuses hardly any that chance makes", () => {
    let broken = 0;
    for (let pin = 0; pin < 1_000_000; pin += 97) {
      if (!maySet(String(pin).padStart(6, "0"), "digits", nobody)) broken++;
    }
    expect(broken / (1_000_000 / 97)).toBeLessThan(0.05);
  });
});

describe("G21: the rules for a password of letters", () => {
  it("wants letters, digits and a special character, and names what is missing", () => {
    expect(letters("Teahouse")).toEqual(["digit", "special"]);
    expect(letters("84-02917")).toEqual(["letter"]);
    expect(letters("teahut84")).toEqual(["special"]);
    expect(letters("tea+hut8")).toEqual([]);
  });

  it("takes eight characters and not seven, 128 and not 129", () => {
    expect(MIN_LETTERS).toBe(8);
    expect(letters("tea+hu8")).toEqual(["length"]);
    const long = "tea+hut8 paint-wok7 ".replaceAll(" ", "/").repeat(7).slice(0, MAX_PASSWORD_BYTES);
    expect(letters(long)).toEqual([]);
    expect(letters(`${long}x`)).toEqual(["can-type"]);
  });

  it("refuses what the letters pad has no key for, a space among it", () => {
    for (const text of ["茶馆tea+84", "tea hut+8", "tea+hut8\u0007"]) {
      expect(letters(text)).toEqual(["can-type"]);
    }
  });

  it.each(["abcd!123", "Zyxw9-87", "9876+abc"])("%s is made of sequences", (text) =>
    expect(letters(text)).toContain("sequence"),
  );

  it.each(["qwer+t56", "1qaz@WSX", "Asdf-hjk1", "!@#$qwe1", "zxcvb,.1"])(
    "%s is a walk over the keyboard, with Shift or without",
    (text) => expect(letters(text)).toContain("keyboard-walk"),
  );

  it.each(["aaaa+aa1", "ab1!ab1!", "aabb11!!"])("%s repeats itself", (text) =>
    expect(letters(text)).toContain("repeat"),
  );

  it("judges the whole: a run spoils eight characters and not a long phrase", () => {
    expect(letters("qwer+t56")).not.toEqual([]);
    expect(letters("qwer-teahut-paint84")).toEqual([]);
  });

  it.each(["P@ssw0rd1!", "woaini520-1", "Admin+2026", "1loveyou!9"])(
    "%s is a well-known word, however it is spelled",
    (text) => expect(letters(text)).toContain("common"),
  );

  it("refuses the shop's name and a person's, whole or a long word of it", () => {
    expect(letters("Corner84+x", lins)).toEqual(["shop-name"]);
    expect(letters("C0rn3r-8402", lins)).toEqual(["shop-name"]);
    expect(letters("L1n+teahut84", lins)).toEqual([]);
    expect(letters("Corner84+x")).toEqual([]);
  });

  it("refuses a telephone number within it", () => {
    expect(letters("tea+13902617485")).toEqual(["phone-number"]);
    expect(letters("x+812345", lins)).toContain("phone-number");
  });
});

describe("G21: the rules hold together", () => {
  it("a letters password has every rule of a digits one, and none is named that does not hold for its kind", () => {
    expect(rulesFor("letters")).toEqual(expect.arrayContaining([...rulesFor("digits")]));
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom("digits", "letters"), (text, kind) => {
        const rules = rulesFor(kind);
        expect(brokenRules(text, kind, lins).filter((rule) => !rules.includes(rule))).toEqual([]);
      }),
    );
  });

  it("the same text in full-width letters is judged the same, and text that is none has no form", () => {
    expect(letters("ｔｅａ＋ｈｕｔ８")).toEqual([]);
    expect(normalPassword("ｔｅａ")).toBe("tea");
    expect(normalPassword("\udc00")).toBe(null);
  });

  it("what no ending could mend stays refused whatever is typed behind it, up to the shortest length", () => {
    const six = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(six, (each) => {
        const whole = each.join("");
        const early = digits(whole.slice(0, 5)).filter((rule) => rule !== "length");
        expect(digits(whole).length).toBeGreaterThanOrEqual(Math.min(1, early.length));
      }),
      { numRuns: 2_000 },
    );
  });
});
