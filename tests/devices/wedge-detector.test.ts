import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createWedgeDetector, defaultWedgeSettings } from "#devices/wedge-detector.ts";
import type { WedgeDetector, WedgeSettings, WedgeVerdict } from "#devices/wedge-detector.ts";

const code = `GT1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(9)}`.slice(0, 280);
const ean = "4006381333931";

/**
 * Gaps of real keys as Chromium told them for a scanner set to 10, 30 and 80 ms a key (`field/hardware.md`).
 */
const recorded = {
  fast: [7.4, 10.1, 9.8, 11.5, 8.6, 10.9],
  medium: [29.1, 30.4, 32, 29.6, 30.2],
  slow: [78.2, 80.6, 81.9, 79.4, 82],
  unpaced: [0, 0.4, 5, 0.1, 1.2],
};

interface Told {
  readonly scans: string[];
  readonly verdicts: WedgeVerdict[];
  timeMs: number;
}

function told(): Told {
  return { scans: [], verdicts: [], timeMs: 1_000 };
}

function note(to: Told, verdict: WedgeVerdict | null): void {
  if (verdict === null) return;
  to.verdicts.push(verdict);
  if (verdict.kind === "scan") to.scans.push(verdict.text);
}

/** Feeds keys with these gaps before each, judging the silence whenever it is due, as the page does. */
function feed(detector: WedgeDetector, to: Told, keys: readonly string[], gaps: readonly number[]): void {
  keys.forEach((key, at) => {
    to.timeMs += gaps[at % gaps.length] ?? 0;
    const deadlineMs = detector.deadlineMs();
    if (deadlineMs !== null && deadlineMs < to.timeMs) note(to, detector.silence(deadlineMs));
    note(to, detector.key({ key, timeMs: to.timeMs }));
  });
}

function quiet(detector: WedgeDetector, to: Told, forMs = 1_000): void {
  to.timeMs += forMs;
  note(to, detector.silence(to.timeMs));
}

function keysOf(text: string, suffix?: "Enter" | "Tab"): string[] {
  return [...Array.from(text), ...(suffix === undefined ? [] : [suffix])];
}

function scanned(
  text: string,
  gaps: readonly number[],
  suffix?: "Enter" | "Tab",
  settings?: WedgeSettings,
): Told {
  const detector = createWedgeDetector(settings);
  const to = told();
  feed(detector, to, keysOf(text, suffix), gaps);
  quiet(detector, to);
  return to;
}

describe("a keyboard scanner", () => {
  for (const [pace, gaps] of Object.entries(recorded).filter(([name]) => name !== "slow"))
    for (const suffix of ["Enter", "Tab", undefined] as const)
      it(`C3: a ${pace} one ending with ${suffix ?? "nothing"} is read whole`, () => {
        expect(scanned(code, gaps, suffix).scans).toEqual([code]);
        expect(scanned(ean, gaps, suffix).scans).toEqual([ean]);
      });

  it("C3: a slow one (80 ms a key) is missed by default and read once its gap is learned", () => {
    expect(scanned(ean, recorded.slow, "Enter").scans).toEqual([]);
    const learned = { ...defaultWedgeSettings, gapLimitMs: 120 };
    expect(scanned(ean, recorded.slow, "Enter", learned).scans).toEqual([ean]);
    expect(scanned(code, recorded.slow, undefined, learned).scans).toEqual([code]);
  });

  it("acts on Enter at once, without waiting for silence", () => {
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, keysOf(ean, "Enter"), recorded.fast);
    expect(to.verdicts.at(-1)).toMatchObject({ kind: "scan", text: ean });
  });

  it("two scans back to back are two, whatever they end with", () => {
    for (const suffix of ["Enter", "Tab"] as const) {
      const detector = createWedgeDetector();
      const to = told();
      feed(detector, to, [...keysOf(ean, suffix), ...keysOf(code, suffix)], recorded.fast);
      expect(to.scans).toEqual([ean, code]);
    }
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, keysOf(ean), recorded.fast);
    to.timeMs += 150;
    feed(detector, to, keysOf(ean), recorded.fast);
    quiet(detector, to);
    expect(to.scans).toEqual([ean, ean]);
  });

  it("G-UX11.6: its Enter presses nothing, nor does a line feed after it, but the cashier's next Enter does", () => {
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, [...keysOf(ean, "Enter"), "Enter", "Tab"], recorded.fast);
    expect(to.verdicts.slice(-3).map((verdict) => verdict.kind)).toEqual(["scan", "trailing", "trailing"]);
    to.timeMs += 400;
    note(to, detector.key({ key: "Enter", timeMs: to.timeMs }));
    expect(to.verdicts.at(-1)).toEqual({ kind: "typed", held: false });
  });

  it("an Enter that comes after the silence was judged presses nothing either", () => {
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, keysOf(ean), recorded.fast);
    feed(detector, to, ["Enter"], [170]);
    expect(to.scans).toEqual([ean]);
    expect(to.verdicts.at(-1)).toEqual({ kind: "trailing" });
  });

  it("with a character lost is reported as nothing, and its Enter presses nothing", () => {
    for (const lost of [0, 5, 12]) {
      const keys = keysOf(ean, "Enter").map((key, at) => (at === lost ? "Unidentified" : key));
      const detector = createWedgeDetector();
      const to = told();
      feed(detector, to, keys, recorded.fast);
      expect(to.scans).toEqual([]);
      expect(to.verdicts.at(-1)).toEqual({ kind: "unreadable" });
    }
  });

  it("its Shift keys are no characters", () => {
    const keys = [
      "Shift",
      ...keysOf("GT1").flatMap((key) => ["Shift", key]),
      ...keysOf(code.slice(3), "Enter"),
    ];
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, keys, [4]);
    expect(to.scans).toEqual([code]);
  });

  it("of a text without a check of its own needs its line end, unless the shop's scanner sends none", () => {
    expect(scanned("SKU-000123", recorded.fast, "Enter").scans).toEqual(["SKU-000123"]);
    expect(scanned("SKU-000123", recorded.fast).scans).toEqual([]);
    const without = { ...defaultWedgeSettings, suffix: "none" } as const;
    expect(scanned("SKU-000123", recorded.fast, undefined, without).scans).toEqual(["SKU-000123"]);
  });

  it("whose keys are told late, after the silence was judged, is read whole or not at all", () => {
    for (const cut of [1, 2, 3, 8, 100, 279]) {
      const detector = createWedgeDetector();
      const to = told();
      feed(detector, to, keysOf(code.slice(0, cut)), recorded.fast);
      note(to, detector.silence(to.timeMs + 60));
      note(to, detector.silence(to.timeMs + 500));
      const before = to.scans.length;
      feed(detector, to, keysOf(code.slice(cut), "Enter"), recorded.fast);
      quiet(detector, to);
      expect(to.scans.slice(before)).toEqual(before === 0 ? [code] : []);
      expect(to.verdicts.at(-1)?.kind).toBe(before === 0 ? "scan" : "unreadable");
    }
  });

  it("with a prefix set, only what begins with it is a scan, and the prefix is taken off", () => {
    const marked = { ...defaultWedgeSettings, prefix: "~" };
    expect(scanned("~AB", recorded.medium, "Enter", marked).scans).toEqual(["AB"]);
    expect(scanned(ean, recorded.fast, "Enter", marked).scans).toEqual([]);
  });

  it("with a suffix learned, silence ends nothing", () => {
    const learned = { ...defaultWedgeSettings, suffix: "Enter" } as const;
    expect(scanned(ean, recorded.fast, undefined, learned).scans).toEqual([]);
    expect(scanned(ean, recorded.fast, "Tab", learned).scans).toEqual([]);
    expect(scanned(ean, recorded.fast, "Enter", learned).scans).toEqual([ean]);
  });

  it("is read although a person hit a key just before it", () => {
    const detector = createWedgeDetector();
    const to = told();
    feed(detector, to, ["3"], [500]);
    to.timeMs += 30;
    feed(detector, to, keysOf(ean, "Enter"), recorded.fast);
    expect(to.scans).toEqual([ean]);
  });

  it("told by an input method at once is read when it is a code, and words are left alone", () => {
    for (const [text, expected] of [
      [code, [code]],
      [ean, [ean]],
      ["receipt", []],
      ["付款码密码", []],
    ] as const) {
      const detector = createWedgeDetector();
      const to = told();
      for (const char of text) note(to, detector.key({ key: char, timeMs: 10, inserted: true }));
      note(to, detector.key({ key: "Enter", timeMs: 20 }));
      expect(to.scans).toEqual(expected);
    }
  });
});

describe("a scan that is nothing we know, from a scanner that sends no line end", () => {
  it("UX §6: is never an amount and never a PIN: nobody types so fast", () => {
    for (const text of ["271828", "12345678", "0000123"]) {
      const to = scanned(text, recorded.fast);
      expect(to.scans).toEqual([]);
      expect(to.verdicts.at(-1)?.kind).toBe("unreadable");
      expect(to.verdicts.map((verdict) => verdict.kind)).not.toContain("typed");
    }
  });

  it("UX §6: nor where the shop's scanner was learned to send one", () => {
    const learned = { ...defaultWedgeSettings, suffix: "Enter" } as const;
    const to = scanned(ean, recorded.fast, undefined, learned);
    expect(to.verdicts.at(-1)?.kind).toBe("unreadable");
  });
});

describe("a person", () => {
  it("UX §11.8: four quick digits and Enter are an amount, not a scan", () => {
    for (const gaps of [[120], [80], [45], [35, 60, 35], [31]])
      for (const suffix of ["Enter", undefined] as const) {
        const to = scanned("1234", gaps, suffix);
        expect(to.scans).toEqual([]);
        expect(to.verdicts.at(-1)?.kind).toBe("typed");
      }
  });

  it("UX §6: a burst that a busy tablet interrupts after its third key is still no amount", () => {
    const detector = createWedgeDetector();
    const to = told();
    feed(
      detector,
      to,
      keysOf("4006381333931", "Enter"),
      [10, 10, 10, 120, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10],
    );
    expect(to.verdicts.filter((verdict) => verdict.kind === "typed" && !verdict.held)).toEqual([]);
  });

  it("three keys at once are never a scan", () => {
    expect(scanned("123", [0], "Enter").scans).toEqual([]);
    expect(scanned("12345", [10]).scans).toEqual([]);
  });

  it("holding a key down or using a shortcut is never scanning", () => {
    const detector = createWedgeDetector();
    const to = told();
    for (let at = 0; at < 30; at += 1) {
      to.timeMs += 10;
      note(to, detector.key({ key: "8", timeMs: to.timeMs, repeat: at > 0 }));
    }
    note(to, detector.key({ key: "Enter", timeMs: to.timeMs + 5 }));
    expect(to.scans).toEqual([]);
    expect(detector.key({ key: "v", timeMs: to.timeMs + 8, modified: true })).toEqual({
      kind: "typed",
      held: false,
    });
  });

  it("typing at any human pace is never taken for a scan, whatever is typed", () => {
    const human = fc.array(
      fc.tuple(fc.constantFrom(...keysOf("0123456789abcXYZ.,")), fc.integer({ min: 51, max: 400 })),
      {
        maxLength: 40,
      },
    );
    const neverScans = fc.property(human, fc.boolean(), (strokes, ends) => {
      const detector = createWedgeDetector();
      const to = told();
      for (const [key, gap] of strokes) feed(detector, to, [key], [gap]);
      if (ends) feed(detector, to, ["Enter"], [60]);
      quiet(detector, to);
      return to.scans.length === 0;
    });
    expect(() => fc.assert(neverScans)).not.toThrow();
  });
});

describe("whatever keys come", () => {
  it("every scan told is a run of keys that really came, without gaps longer than the limit", () => {
    const anyKey = fc.constantFrom(
      "Enter",
      "Tab",
      "Shift",
      "Escape",
      "Unidentified",
      ...keysOf("0123456789GTAB"),
    );
    const strokes = fc.array(fc.tuple(anyKey, fc.integer({ min: 0, max: 70 })), { maxLength: 120 });
    const honest = fc.property(strokes, (all) => {
      const detector = createWedgeDetector();
      const to = told();
      let run = "";
      const runs: string[] = [];
      for (const [key, gap] of all) {
        if (gap > defaultWedgeSettings.gapLimitMs) run = "";
        if (key.length === 1) run += key;
        else if (key === "Unidentified") run += " ";
        else if (key !== "Shift") run = "";
        runs.push(run);
        feed(detector, to, [key], [gap]);
      }
      quiet(detector, to);
      return to.scans.every((text) => text.length >= 4 && runs.some((each) => each.endsWith(text)));
    });
    expect(() => fc.assert(honest, { numRuns: 500 })).not.toThrow();
  });
});
