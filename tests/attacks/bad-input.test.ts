import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PinDesk, type Argon2 } from "#engine/vault/pin-desk.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { Pad, PadCount, PadMessage, PadOutcome } from "#protocol/engine-calls.ts";
import { openSealed, seal } from "#protocol/sealed.ts";
import { MAX_SECRET_BYTES, secretBytes } from "#protocol/vault-records.ts";
import { BenchTill, PIN, quickArgon2, realArgon2 } from "../engine/bench-till.ts";
import { bookOfAnotherWindow } from "./another-window.ts";

/** Every kind of text a keyboard, a scanner or a script could put on a pad. */
const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
  { weight: 3, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  // Halves of characters, alone or the wrong way round.
  {
    weight: 2,
    arbitrary: fc
      .array(fc.integer({ min: 0xd7f0, max: 0xe00f }), { maxLength: 20 })
      .map((units) => String.fromCharCode(...units)),
  },
  // Control characters, marks without a letter, direction marks, what NFKC makes many of.
  {
    weight: 2,
    arbitrary: fc.string({
      unit: fc.constantFrom(
        "\0",
        "\u0007",
        "\u001b",
        "\u007f",
        "\u0301",
        "\u202e",
        "\ufdfa",
        "ﬃ",
        "①",
        "\ufeff",
      ),
      maxLength: 60,
    }),
  },
  { weight: 1, arbitrary: fc.string({ unit: "binary", minLength: 120, maxLength: 400 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", " ", "\n", "x".repeat(10_000), "𝟵".repeat(500), "%s%n", "' or 1=1"),
  },
);

/** A line to a desk without a thread in between, so that ten thousand texts take no minute. */
class ShortLine {
  onmessage: ((event: { readonly data: PadMessage }) => void) | null = null;
  counted = 0;
  postMessage(count: { readonly count: number }): void {
    this.counted = count.count;
  }
  type(text: string): void {
    // Character by character as a pad does, and code unit by code unit as nothing of ours does.
    for (const char of text) this.onmessage?.({ data: { type: "char", char } });
  }
}

async function deskOn(line: ShortLine, argon2: Argon2): Promise<PinDesk> {
  const desk = new PinDesk(argon2, { open: openSealed, seal });
  await desk.attach(line as unknown as MessagePort);
  return desk;
}

/** Types whatever it is, waits until the pad has seen all of it, and confirms. */
async function typeAnything(till: BenchTill, pad: Pad, text: string): Promise<PadOutcome> {
  const characters = [...text];
  if (characters.length > 0) {
    await new Promise<void>((done) => {
      pad.port.onmessage = (event: MessageEvent<PadCount>) => {
        if (event.data.seen >= characters.length) done();
      };
      for (const char of characters) pad.port.postMessage({ type: "char", char } satisfies PadMessage);
    });
  }
  const outcome = await till.engine.confirmPad(pad.padId);
  pad.port.close();
  return outcome;
}

async function triesOf(till: BenchTill): Promise<number> {
  const rows = await till.db.journal.toArray();
  return rows.filter((row) => row.kind === "attempt").length;
}

describe("PROTOCOL §10: text that is no secret", () => {
  it("is normalised to at most 128 bytes, or named bad; the same twice, and never thrown at", () => {
    const total = fc.property(anyText, (text) => {
      const bytes = secretBytes(text);
      if (bytes === null) {
        const folded = text.isWellFormed() ? new TextEncoder().encode(text.normalize("NFKC")) : null;
        return folded === null || folded.length === 0 || folded.length > MAX_SECRET_BYTES;
      }
      const again = secretBytes(text.normalize("NFD"));
      return bytes.length > 0 && bytes.length <= MAX_SECRET_BYTES && again?.join() === bytes.join();
    });
    expect(() => fc.assert(total, { numRuns: 10_000 })).not.toThrow();
  });

  it("10,000 random texts on a pad: each a failed check and a counted try, none let in", async () => {
    const till = await BenchTill.ready();
    const subject = fromHex(till.operatorId);
    const record = await till.db.secrets.get(till.operatorId);
    const vault = await till.db.vault.get("vault");
    if (!record || vault?.level !== "basic") throw new Error("no PIN was set");
    const ours = [{ kind: "record", record }] as const;
    const book = await bookOfAnotherWindow(till, () => 1000);
    const line = new ShortLine();
    const desk = await deskOn(line, quickArgon2);
    let tried = 0;
    const counted = fc.asyncProperty(anyText, async (text) => {
      tried += 1;
      const count = await book.count("operator", subject);
      line.type(text);
      const { right } = await desk.checkSecret(vault, subject, ours, null);
      // As after a success: the lock at ten is tried elsewhere.
      await till.db.attempts.clear();
      return count.ok && !right && line.counted === 0;
    });
    await fc.assert(counted, { numRuns: 10_000 });
    expect(await triesOf(till)).toBe(tried);
    expect(tried).toBeGreaterThanOrEqual(10_000);
    line.type(PIN);
    expect(await desk.checkSecret(vault, subject, ours, null)).toMatchObject({ right: true });
  }, 240_000);

  it("50 of them through real Argon2id and the whole engine: wrong, and never free", async () => {
    const till = await BenchTill.ready({ argon2: realArgon2 });
    await till.engine.lock();
    const texts = fc.sample(anyText, { numRuns: 50, seed: 20_261_123 });
    const codes = new Set<string>();
    for (const [at, text] of texts.entries()) {
      await till.db.attempts.clear();
      await till.restart();
      const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
      const outcome = await typeAnything(till, pad, text);
      expect(outcome.kind, `text ${at}`).toBe("refused");
      if (outcome.kind === "refused") codes.add(outcome.refusal.code);
      expect((await till.db.attempts.get(`operator:${till.operatorId}`))?.count, `text ${at}`).toBe(1);
    }
    expect([...codes]).toEqual(["pin-wrong"]);
    expect(await triesOf(till)).toBe(50);
    await till.db.attempts.clear();
    await till.restart();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.brokenAt()).toBeNull();
  }, 240_000);

  it("a code's password of such text is a wrong password, counted against the code", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ lease: till.known, password: "晨光2048", rule: "own" });
    for (const [at, text] of ["", "\ud800", "\0\0", "x".repeat(400)].entries()) {
      expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "password" });
      const pad = await till.openPad({ purpose: "code" });
      expect(await typeAnything(till, pad, text)).toMatchObject({ refusal: { code: "password-wrong" } });
      expect((await till.db.attempts.get(`code:${code.cti}`))?.count).toBe(at + 1);
    }
    expect(await till.scanWithPassword(code.text, "晨光2048")).toMatchObject({ kind: "paid" });
  });

  it("a pad takes one character at a time: a burst of text is no secret typed by a person", async () => {
    const line = new ShortLine();
    await deskOn(line, quickArgon2);
    line.onmessage?.({ data: { type: "char", char: PIN } });
    expect(line.counted).toBe(0);
    line.type("x".repeat(10_000));
    expect(line.counted).toBe(128);
  });
});
