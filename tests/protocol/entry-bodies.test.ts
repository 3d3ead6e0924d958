import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import * as bodies from "#protocol/entry-bodies.ts";
import type { EntryRef, SaleBody, ServerBody, TenderBody, TillBody } from "#protocol/entry-bodies.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes): Bytes => concat(bytes));
const cose = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes): Bytes => concat(bytes));
const point = fc.uint8Array({ minLength: 65, maxLength: 65 }).map((bytes): Bytes => concat(bytes));
const eight = fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes): Bytes => concat(bytes));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Bytes => concat(bytes));
const minor = fc.integer({ min: 1, max: 10_000_000 });
const count = fc.nat({ max: 100_000 });
const word = fc.stringMatching(/^[a-z-]{1,20}$/);

const tender = fc.oneof(
  fc.record({ method: fc.constant("cash" as const), amountMinor: minor, receivedMinor: minor }),
  fc.record({
    method: fc.constant("payment-code" as const),
    amountMinor: minor,
    returnedMinor: count,
    cti: id,
    via: fc.constantFrom("scan" as const, "number" as const),
    cose,
  }),
) as fc.Arbitrary<TenderBody>;
const sale = fc.record({
  sale: id,
  operator: id,
  feedVersion: count,
  currency: fc.constant("CNY"),
  totalMinor: minor,
  tenders: fc.array(tender, { maxLength: bodies.MAX_TENDERS }),
  runningCount: minor,
  runningMinor: minor,
}) as fc.Arbitrary<SaleBody>;
const tillBodies: Record<TillBody["kind"], fc.Arbitrary<object>> = {
  genesis: fc.constant({}),
  "pin-set": fc.record(
    { operator: id, version: count, carried: fc.record({ profile: minor, salt: id, sealed: cose }) },
    { requiredKeys: ["operator", "version"] },
  ),
  "operator-in": fc.record(
    { operator: id, how: fc.constantFrom("pin", "unchecked") },
    { requiredKeys: ["operator"] },
  ),
  "operator-out": fc.record({ operator: id }),
  attempt: fc.record({
    subjectClass: fc.constantFrom("operator", "manager", "code"),
    subject: id,
    n: minor,
  }),
  refusal: fc.record({ code: word, cti: fc.option(id), sale: fc.option(id) }),
  sale,
  "clock-jump": fc.record({ quality: word, clockMs: fc.maxSafeInteger(), nowMs: fc.maxSafeInteger() }),
  stopped: fc.record({ reason: word }),
  claim: fc.record({ cti: id, sale: id }),
  "claim-dropped": fc.record({ cti: id, epoch: minor, seq: count }),
  "lease-released": fc.record({ ctis: fc.array(id, { maxLength: 20 }) }),
  approved: fc.record({ what: fc.constantFrom("own-pin", "new-pin", "passphrase"), subject: id, by: id }),
  unlocked: fc.record({
    subjectClass: fc.constantFrom("operator", "manager", "code"),
    subject: id,
    how: fc.constantFrom("manager", "server", "office-digits"),
    by: fc.option(id),
  }),
  "vault-level": fc.record({ level: fc.constantFrom("basic", "server-half", "passphrase", "prf") }),
  "vault-renewed": fc.record({ vaultKey: point }),
};
const ref = fc.record({ till: id, epoch: minor, seq: count }) as fc.Arbitrary<EntryRef>;
const serverBodies: Record<ServerBody["kind"], fc.Arbitrary<object>> = {
  "server-genesis": fc.constant({}),
  "code-issued": fc.record({ cti: id, cose, leaseTill: fc.option(id), amountMinor: minor }),
  "code-revoked": fc.record({ cti: id, amountMinor: minor }),
  "double-spend": fc.record({ cti: id, winner: ref, loser: ref, lossMinor: minor }),
  "claim-released": fc.record({ cti: id, claim: ref, why: word }),
  "lease-moved": fc.record({
    cti: id,
    from: fc.option(id),
    to: fc.option(id),
    why: fc.constantFrom("released", "closed", "owner"),
  }),
  "lineage-begun": fc.record({ before: eight, lineage: eight, epoch: minor, headSeq: count, headHash: hash }),
  loss: fc.record({
    till: id,
    epoch: minor,
    reason: word,
    fromSeq: count,
    knownHeadSeq: fc.option(count),
    count: fc.option(count),
    sumMinor: fc.option(count),
    source: word,
    atMs: count,
  }),
  "loss-receipt": fc.record({
    till: id,
    epoch: minor,
    seq: minor,
    headHex: fc.constant("a3f09c1e"),
    amountMinor: minor,
  }),
  "quarantine-decided": fc.record({
    till: id,
    epoch: minor,
    decided: fc.constantFrom("booked", "rejected"),
    hashes: fc.array(hash, { maxLength: 5 }),
  }),
};

/** What a reader gets: the body after it went through bytes. */
function sent(value: Cbor): Cbor {
  const decoded = decodeCbor(encodeCbor(value));
  if (!decoded.ok) throw new Error(decoded.refusal.what);
  return decoded.value;
}

describe("PROTOCOL §4: what entries say comes back as it was said", () => {
  it.each(Object.keys(tillBodies) as TillBody["kind"][])("till: %s", (kind) => {
    const roundTrip = fc.property(tillBodies[kind], (facts) => {
      const body = { kind, ...facts } as TillBody;
      expect(decodeTillBody(kind, sent(bodies.encodeTillBody(body)))).toEqual(body);
    });
    expect(() => fc.assert(roundTrip, { numRuns: 40 })).not.toThrow();
  });

  it.each(Object.keys(serverBodies) as ServerBody["kind"][])("server: %s", (kind) => {
    const roundTrip = fc.property(serverBodies[kind], (facts) => {
      const body = { kind, ...facts } as ServerBody;
      expect(bodies.decodeServerBody(kind, sent(bodies.encodeServerBody(body)))).toEqual(body);
    });
    expect(() => fc.assert(roundTrip, { numRuns: 40 })).not.toThrow();
  });

  it("a body of a later version is not understood, and not an error", () => {
    expect(decodeTillBody("shift-opened", [1])).toBeNull();
    expect(decodeTillBody("operator-in", [new Uint8Array(16), "more"])).toBeNull();
    expect(bodies.decodeServerBody("code-moved", [])).toBeNull();
    expect(bodies.decodeServerBody("genesis", [])).toBeNull();
    expect(decodeTillBody("server-genesis", [])).toBeNull();
  });

  it("no word of a body fits where another kind stands", () => {
    expect(decodeTillBody("attempt", ["owner", new Uint8Array(16), 1])).toBeNull();
    expect(decodeTillBody("attempt", ["code", new Uint8Array(16), 0])).toBeNull();
    expect(decodeTillBody("refusal", ["x".repeat(41), null, null])).toBeNull();
    expect(decodeTillBody("sale", null)).toBeNull();
  });
});

describe("a sale's limits", () => {
  const [example] = fc.sample(
    sale.filter((body) => body.tenders.length > 0),
    1,
  );
  if (!example) throw new Error("no example of a sale");
  const cash: TenderBody = { method: "cash", amountMinor: 100, receivedMinor: 100 };
  const read = (body: SaleBody): unknown =>
    decodeTillBody("sale", sent(bodies.encodeTillBody({ kind: "sale", ...body })));

  it("twenty tenders are read, twenty-one are not", () => {
    const of = (length: number): SaleBody => ({ ...example, tenders: Array.from({ length }, () => cash) });
    expect(read(of(20))).not.toBeNull();
    expect(read(of(21))).toBeNull();
  });

  it.each<[string, Partial<SaleBody>]>([
    ["a total of nothing", { totalMinor: 0 }],
    ["a total below nothing", { totalMinor: -1 }],
    ["a count of no sales", { runningCount: 0 }],
    ["a currency of four letters", { currency: "CNYX" }],
    ["a tender of nothing", { tenders: [{ ...cash, amountMinor: 0 }] }],
  ])("with %s it is none", (_what, change) => {
    expect(read({ ...example, ...change })).toBeNull();
  });

  it("a code of 1,024 bytes stands in it, one of 1,025 does not", () => {
    const by = (length: number): SaleBody => ({
      ...example,
      tenders: [
        {
          method: "payment-code",
          amountMinor: 1,
          returnedMinor: 0,
          cti: new Uint8Array(16),
          via: "scan",
          cose: new Uint8Array(length),
        },
      ],
    });
    expect(read(by(1024))).not.toBeNull();
    expect(read(by(1025))).toBeNull();
  });

  it("I8: a code is spent under its own id, whichever way it came in", () => {
    const cti = new Uint8Array(16).fill(0xab);
    expect(bodies.spendKey(cti)).toBe(toHex(cti));
  });
});
