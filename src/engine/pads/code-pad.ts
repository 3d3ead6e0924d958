import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex, toHex, type Bytes } from "#protocol/bytes.ts";
import type { PadOutcome } from "#protocol/engine-calls.ts";
import type { PasswordMethod } from "#protocol/feed-secrets.ts";
import type { PinWorker } from "#protocol/pin-calls.ts";
import { methodSubject } from "#protocol/unlock.ts";
import type { PresentableCode } from "../code-desk.ts";
import { closedGate } from "../vault/gates.ts";
import { liveSecrets } from "../vault/live-secrets.ts";
import { codeTryRefusal, no, type PadParts, type PadRefusal, type PadWork } from "./pad-parts.ts";

/** The password of the code on the counter: its own, or the shop's for payment codes. */
export async function codePad(parts: PadParts): Promise<Result<PadWork, PadRefusal>> {
  const { db, sales, book } = parts;
  const work = await open();
  if (!work.ok) putAside(parts, work.refusal);
  return work;

  async function open(): Promise<Result<PadWork, PadRefusal>> {
    const closed = await closedGate(parts);
    if (closed) return refused(closed);
    const code = sales.code;
    if (!code) return refused({ code: "no-sale" });
    const may = await book.mayTry("code", fromHex(code.payload.cti));
    if (may.kind !== "yes") return refused(codeTryRefusal(may));
    const own = (await db.setting("policy"))?.policy.passwordKind;
    const method = (await db.setting("payment-code-password"))?.kind;
    return accepted({
      kind: (code.password === "method" ? method : own) ?? "digits",
      fixedLength: null,
      async check(worker, end) {
        const outcome = await checkCode(parts, code, worker, end);
        if (outcome.kind === "refused") putAside(parts, outcome.refusal);
        return outcome;
      },
    });
  }
}

/** A code that no further password can save makes room: the sale stays, for another means of payment. */
function putAside({ sales }: PadParts, refusal: PadRefusal): void {
  if (refusal.code !== "password-wrong" && refusal.code !== "password-wait") sales.takeCodeBack();
}

async function checkCode(
  parts: PadParts,
  code: PresentableCode,
  worker: PinWorker,
  end: () => void,
): Promise<PadOutcome> {
  const { book, vault, results } = parts;
  const cti = fromHex(code.payload.cti);
  const { siteKey, payload } = code;
  if (code.password === "own" && !siteKey) return no({ code: "key-epoch-absent" });
  const tried = siteKey
    ? await counted(parts, cti, end, async () => worker.checkCode(await vault.material(), siteKey, payload))
    : await tryMethod(parts, "payment-code", cti, worker, end);
  if (!tried.ok) return no(tried.refusal);
  if (!tried.value) {
    const refusal = codeTryRefusal(await book.mayTry("code", cti));
    await results.refuse(refusal, cti);
    return no(refusal);
  }
  const taken = await results.takeCode(code, () => book.forgive("code", cti));
  return taken.ok ? taken.value : no(taken.refusal);
}

/**
 * One try at a method's password, counted against what is being paid (PROTOCOL §10): the code's cti, or the
 * sale's id for a wallet's code, and never against the method, which a prankster would lock for the shop.
 */
export async function tryMethod(
  parts: PadParts,
  method: PasswordMethod,
  countedAgainst: Bytes,
  worker: PinWorker,
  end: () => void,
): Promise<Result<boolean, PadRefusal>> {
  const { db, identity, time, vault } = parts;
  const subject = await methodSubject(method);
  const candidates = await liveSecrets(db, identity, toHex(subject), time.read().nowMs);
  if (candidates.length === 0) {
    end();
    return refused({ code: "password-absent" });
  }
  return counted(parts, countedAgainst, end, async () => {
    const check = await worker.checkSecret(await vault.material(), subject, candidates, null);
    return check.right;
  });
}

/** The try is on disk before the worker looks; the worker is gone before anybody hears. */
async function counted(
  { book }: PadParts,
  against: Bytes,
  end: () => void,
  look: () => Promise<boolean>,
): Promise<Result<boolean, PadRefusal>> {
  const written = await book.count("code", against);
  if (!written.ok) {
    end();
    return refused("kind" in written.refusal ? codeTryRefusal(written.refusal) : written.refusal);
  }
  const right = await look();
  end();
  return accepted(right);
}
