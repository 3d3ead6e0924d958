import type { Bytes } from "./bytes.ts";
import type { Cbor } from "./cbor.ts";
import { MAX_COSE, MAX_RELEASED, MAX_TENDERS } from "./entry-bodies.ts";
import type { SaleBody, TenderBody, TillBody } from "./entry-bodies.ts";
import { readShape, Shape } from "./shape.ts";

// Apart from what writes bodies: a till writes before its first screen stands, and reads only afterwards.

/** 999,999.99: beyond what any sale may be, sums of sales would leave the whole numbers that are safe. */
const MAX_SALE_MINOR = 99_999_999;

/**
 * The body of a till's entry, or null when this version does not understand it: keep the entry, apply it
 * later.
 */
export function decodeTillBody(kind: string, body: Cbor): TillBody | null {
  return readShape(body, (shape): TillBody | null => {
    switch (kind) {
      case "genesis":
        return { kind };
      case "pin-set":
        return readPinSet(shape);
      case "operator-in": {
        const operator = shape.bytes(16);
        return shape.more() ? { kind, operator, how: shape.oneOf(["pin", "unchecked"]) } : { kind, operator };
      }
      case "operator-out":
        return { kind, operator: shape.bytes(16) };
      case "attempt":
        return {
          kind,
          subjectClass: shape.oneOf(["operator", "manager", "code"]),
          subject: shape.bytes(16),
          n: shape.integer(1),
        };
      case "refusal":
        return { kind, code: shape.text(40), cti: shape.bytesOrNull(16), sale: shape.bytesOrNull(16) };
      case "sale":
        return { kind, ...readSale(shape) };
      case "clock-jump":
        return {
          kind,
          quality: shape.text(20),
          clockMs: shape.integer(Number.MIN_SAFE_INTEGER),
          nowMs: shape.integer(Number.MIN_SAFE_INTEGER),
        };
      case "stopped":
        return { kind, reason: shape.text(40) };
      case "claim":
        return { kind, cti: shape.bytes(16), sale: shape.bytes(16) };
      case "claim-dropped":
        return { kind, cti: shape.bytes(16), epoch: shape.integer(1), seq: shape.integer() };
      case "lease-released":
        return { kind, ctis: readCtis(shape.anyList(MAX_RELEASED)) };
      case "approved":
        return {
          kind,
          what: shape.oneOf(["own-pin", "new-pin", "passphrase"]),
          subject: shape.bytes(16),
          by: shape.bytes(16),
        };
      case "unlocked":
        return {
          kind,
          subjectClass: shape.oneOf(["operator", "manager", "code"]),
          subject: shape.bytes(16),
          how: shape.oneOf(["manager", "server", "office-digits"]),
          by: shape.bytesOrNull(16),
        };
      case "vault-level":
        return { kind, level: shape.oneOf(["basic", "server-half", "passphrase", "prf"]) };
      case "vault-renewed":
        return { kind, vaultKey: shape.bytes(65) };
      default:
        return null;
    }
  });
}

function readPinSet(shape: Shape): TillBody {
  const set = { kind: "pin-set", operator: shape.bytes(16), version: shape.integer() } as const;
  if (!shape.more()) return set;
  const profile = shape.integer(1);
  return { ...set, carried: { profile, salt: shape.bytes(16), sealed: shape.bytes(undefined, 256) } };
}

function readCtis(members: readonly Cbor[]): readonly Bytes[] {
  return members.map((member) => new Shape([member]).bytes(16));
}

function readSale(shape: Shape): SaleBody {
  return {
    sale: shape.bytes(16),
    operator: shape.bytes(16),
    feedVersion: shape.integer(),
    currency: shape.text(3),
    totalMinor: shape.integer(1, MAX_SALE_MINOR),
    tenders: shape.list(MAX_TENDERS, readTender),
    runningCount: shape.integer(1),
    runningMinor: shape.integer(1),
  };
}

function readTender(shape: Shape): TenderBody {
  const method = shape.oneOf(["cash", "payment-code"]);
  const amountMinor = shape.integer(1, MAX_SALE_MINOR);
  if (method === "cash") return { method, amountMinor, receivedMinor: shape.integer(1) };
  return {
    method,
    amountMinor,
    returnedMinor: shape.integer(0, MAX_SALE_MINOR),
    cti: shape.bytes(16),
    via: shape.oneOf(["scan", "number"]),
    cose: shape.bytes(undefined, MAX_COSE),
  };
}
