import { PIN_LENGTH } from "#domain/pin.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex } from "#protocol/bytes.ts";
import { no, pinTryRefusal, withPin, type PadParts, type PadRefusal, type PadWork } from "./pad-parts.ts";
import { keepSuccess, tryPin } from "./try-pin.ts";

/** An operator's own PIN: to come in, or before it is changed. */
export async function operatorPad(
  parts: PadParts,
  operatorId: string,
  purpose: "operator" | "old-pin",
): Promise<Result<PadWork, PadRefusal>> {
  const { db, ledger, vault, book, approvals, results } = parts;
  const operator = await db.operators.get(operatorId);
  if (!operator?.active) return refused({ code: "no-operator" });
  if (!(await vault.standing()).open) return refused({ code: "vault-closed" });
  const subject = fromHex(operator.id);
  const may = await book.mayTry("operator", subject);
  if (may.kind !== "yes") return refused(pinTryRefusal(may));
  return accepted({
    kind: "digits",
    fixedLength: PIN_LENGTH,
    async check(worker, end) {
      const tried = await tryPin(parts, worker, end, "operator", operator);
      if (!tried.ok) return no(tried.refusal);
      const isChange = purpose === "old-pin";
      const done = await ledger.append<never>({
        body: () =>
          isChange
            ? { kind: "approved", what: "own-pin", subject, by: subject }
            : { kind: "operator-in", operator: subject },
        inside: async () => {
          await keepSuccess(parts, "operator", operator, tried.value);
          return null;
        },
      });
      if (!done.ok) return no(done.refusal);
      if (isChange) {
        approvals.give({ what: "new-pin", operatorId: operator.id });
        return { kind: "approved", by: withPin(operator) };
      }
      results.operatorIn(operator, "pin");
      return { kind: "operator-in", operator: withPin(operator) };
    },
  });
}
