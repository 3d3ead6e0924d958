import { PIN_LENGTH } from "#domain/pin.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { Approval } from "#protocol/engine-calls.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import type { OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { restartTries } from "../vault/attempt-book.ts";
import { closedGate } from "../vault/gates.ts";
import { no, pinTryRefusal, withPin, type PadParts, type PadRefusal, type PadWork } from "./pad-parts.ts";
import { keepSuccess, tryPin } from "./try-pin.ts";

/** A manager's or the owner's PIN for what an operator may not do alone; an override (PROTOCOL §10). */
export async function approvalPad(
  parts: PadParts,
  managerId: string,
  approve: Approval,
): Promise<Result<PadWork, PadRefusal>> {
  const { db, ledger, book, approvals } = parts;
  const closed = await closedGate(parts);
  if (closed) return refused(closed);
  const manager = await db.operators.get(managerId);
  if (!manager?.active || manager.role === "cashier") return refused({ code: "pin-needs-manager" });
  const subject = await subjectOf(db, approve);
  if (!mayApprove(manager, approve, subject)) return refused({ code: "pin-needs-manager" });
  const by = fromHex(manager.id);
  const may = await book.mayTry("manager", by);
  if (may.kind !== "yes") return refused(pinTryRefusal(may));
  const about = subject ? fromHex(subject.id) : by;
  return accepted({
    kind: "digits",
    fixedLength: PIN_LENGTH,
    async check(worker, end) {
      const tried = await tryPin(parts, worker, end, "manager", manager);
      if (!tried.ok) return no(tried.refusal);
      const done = await ledger.append<never>({
        body: (): TillBody =>
          approve.what === "unlock"
            ? { kind: "unlocked", subjectClass: "operator", subject: about, how: "manager", by }
            : { kind: "approved", what: approve.what, subject: about, by },
        inside: async () => {
          await keepSuccess(parts, "manager", manager, tried.value);
          if (approve.what === "unlock") await restartTries(db, "operator", about);
          return null;
        },
      });
      if (!done.ok) return no(done.refusal);
      if (approve.what === "unlock") return { kind: "unlocked", operator: withPin(subject ?? manager) };
      approvals.give(approve);
      return { kind: "approved", by: withPin(manager) };
    },
  });
}

async function subjectOf(db: TillDatabase, approve: Approval): Promise<OperatorRow | null> {
  return approve.what === "passphrase" ? null : ((await db.operators.get(approve.operatorId)) ?? null);
}

/**
 * Nobody approves for himself: a locked PIN would have ten tries more. The owner's PIN is the owner's alone:
 * a manager who set it would be the owner at every till.
 */
function mayApprove(manager: OperatorRow, approve: Approval, subject: OperatorRow | null): boolean {
  if (approve.what === "passphrase") return true;
  if (!subject?.active || subject.id === manager.id) return false;
  return approve.what === "unlock" || subject.role !== "owner" || manager.role === "owner";
}
