import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as rules from "#domain/payment-code.ts";
import type { CodeClaims, CodeSurroundings } from "#domain/payment-code.ts";

const NOW_MS = 1_764_000_000_000;
const claims: CodeClaims = {
  issuer: "0123456789AB",
  audience: { kind: "store", shortId: "STRE00000000" },
  expiresAtMs: NOW_MS + 86_400_000,
  validFromMs: NOW_MS - 86_400_000,
  cti: "00".repeat(16),
  amountMinor: 3800,
  currency: "CNY",
  kind: "exact",
  rule: "none",
  keyEpoch: 99,
};
const here: CodeSurroundings = {
  nowMs: NOW_MS,
  storeShortId: "STRE00000000",
  tillShortId: "T1XX00000000",
  currency: "CNY",
  revoked: false,
  spent: null,
  lease: { held: "here" },
  keyEpochHeld: true,
  dueMinor: 3800,
};
const judge = (
  claimed: Partial<CodeClaims>,
  known: Partial<CodeSurroundings> = {},
): ReturnType<typeof rules.judgeCode> => rules.judgeCode({ ...claims, ...claimed }, { ...here, ...known });

describe("PROTOCOL §9: what a code covers", () => {
  it("G7: exact covers the sale it equals, to the fen", () => {
    expect(judge({})).toEqual({ ok: true, value: { amountMinor: 3800, returnedMinor: 0, way: "lease" } });
    for (const dueMinor of [3799, 3801, 1]) {
      expect(judge({}, { dueMinor })).toEqual({
        ok: false,
        refusal: { code: "amount-mismatch", codeMinor: 3800, dueMinor },
      });
    }
  });

  it("G7: up-to covers the smaller of both, and the rest goes back to the issuer's list", () => {
    const covered = fc.property(fc.integer({ min: 1 }), fc.integer({ min: 1 }), (amountMinor, dueMinor) => {
      const cover = rules.coverOf({ ...claims, kind: "up-to", amountMinor }, dueMinor);
      expect(cover?.amountMinor).toBe(Math.min(amountMinor, dueMinor));
      expect((cover?.amountMinor ?? 0) + (cover?.returnedMinor ?? 0)).toBe(amountMinor);
    });
    expect(() => fc.assert(covered)).not.toThrow();
    expect(judge({ kind: "up-to" }, { dueMinor: 5000 })).toMatchObject({
      value: { amountMinor: 3800, returnedMinor: 0 },
    });
    expect(judge({ kind: "up-to" }, { dueMinor: 1000 })).toMatchObject({
      value: { amountMinor: 1000, returnedMinor: 2800 },
    });
  });

  it("without an open sale the code brings its own sum", () => {
    for (const kind of ["exact", "up-to"] as const) {
      expect(judge({ kind }, { dueMinor: null })).toEqual({
        ok: true,
        value: { amountMinor: 3800, returnedMinor: 0, way: "lease" },
      });
    }
  });

  it("another currency never fits, though the digits are the same", () => {
    expect(judge({ currency: "JPY" })).toMatchObject({ refusal: { code: "amount-mismatch" } });
    expect(judge({ currency: "JPY" }, { dueMinor: null })).toMatchObject({
      refusal: { code: "amount-mismatch" },
    });
  });
});

describe("PROTOCOL §9: who and when", () => {
  it("a till's code is taken at that till only, a store's at each of its tills", () => {
    expect(judge({ audience: { kind: "till", shortId: here.tillShortId } }).ok).toBe(true);
    expect(judge({ audience: { kind: "till", shortId: here.storeShortId } })).toMatchObject({
      refusal: { code: "another-till" },
    });
    expect(judge({ audience: { kind: "store", shortId: here.tillShortId } })).toMatchObject({
      refusal: { code: "another-till" },
    });
  });

  it("G9: is taken from ten minutes before its beginning until just before its expiry", () => {
    const validFromMs = NOW_MS;
    const expiresAtMs = NOW_MS + 60_000;
    const at = (nowMs: number): ReturnType<typeof judge> => judge({ validFromMs, expiresAtMs }, { nowMs });
    const tolerance = rules.VALID_FROM_TOLERANCE_MS;
    expect(tolerance).toBe(600_000);
    expect(at(NOW_MS - tolerance - 1)).toEqual({
      ok: false,
      refusal: { code: "not-yet-valid", fromMs: NOW_MS },
    });
    expect(at(NOW_MS - tolerance).ok).toBe(true);
    expect(at(expiresAtMs - 1).ok).toBe(true);
    expect(at(expiresAtMs)).toEqual({ ok: false, refusal: { code: "expired", atMs: expiresAtMs } });
    expect(at(expiresAtMs + 1000)).toMatchObject({ refusal: { code: "expired" } });
  });

  it("I8: spent says where, when and how much, here or elsewhere", () => {
    const spent = { tillName: "二号柜台", atMs: NOW_MS - 5, amountMinor: 3800, here: false };
    expect(judge({}, { spent })).toEqual({ ok: false, refusal: { code: "spent", ...spent } });
    expect(judge({}, { spent, revoked: true })).toEqual({ ok: false, refusal: { code: "revoked" } });
  });

  it("a missing key of the week stops only codes that ask for a password", () => {
    expect(judge({}, { keyEpochHeld: false }).ok).toBe(true);
    for (const rule of ["method", "own"] as const) {
      expect(judge({ rule }, { keyEpochHeld: false })).toEqual({
        ok: false,
        refusal: { code: "key-epoch-absent" },
      });
      expect(judge({ rule }).ok).toBe(true);
    }
  });

  it("PROTOCOL §11: leased to another till it is taken there, leased to nobody it is asked for", () => {
    expect(judge({}, { lease: { held: "elsewhere", tillName: "二号柜台" } })).toEqual({
      ok: false,
      refusal: { code: "leased-elsewhere", tillName: "二号柜台" },
    });
    expect(judge({}, { lease: { held: "none" } })).toMatchObject({ ok: true, value: { way: "ask" } });
  });
});
