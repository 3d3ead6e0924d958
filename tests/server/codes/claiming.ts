import type { JournalRow } from "../../../server/demo/headless-till.ts";
import { randomBytes, type Bytes } from "../../../src/protocol/bytes.ts";
import {
  encodeClaimRequest,
  openClaimAnswer,
  type ClaimAnswer,
  type ClaimDecision,
} from "../../../src/protocol/claim.ts";
import type { TenderBody } from "../../../src/protocol/entry-bodies.ts";
import { newId } from "../../../src/protocol/ids.ts";
import type { IssuedCode } from "../../../src/protocol/office-api.ts";
import { readCodeText } from "../../../src/protocol/payment-code-bytes.ts";
import { decodeSignedAnswer, hashRequest } from "../../../src/protocol/push.ts";
import { HeadlessTill, type Shop } from "../headless-till.ts";

/** The code's id, which its paper shows to nobody. */
export async function ctiOf(shop: Shop, code: { readonly id: string }): Promise<Bytes> {
  const row = await shop.server.services.db
    .selectFrom("books.codes")
    .select("cti")
    .where("short_id", "=", code.id)
    .executeTakeFirstOrThrow();
  return new Uint8Array(row.cti);
}

/** A tender with this code that no till has judged. */
export async function tenderOf(shop: Shop, code: IssuedCode): Promise<TenderBody> {
  const cose = readCodeText(code.qrText ?? "");
  if (!cose.ok) throw new Error("the code reads");
  const cti = await ctiOf(shop, code);
  const { amountMinor } = code;
  return { method: "payment-code", amountMinor, returnedMinor: 0, cti, via: "scan", cose: cose.value };
}

/** Asks by an entry that is there; null is no answer that counts. */
export async function askAgain(
  shop: Shop,
  till: HeadlessTill,
  claim: { readonly cti: Bytes; readonly row: Pick<JournalRow, "seq" | "hash"> },
  lineage: Bytes = till.certificate.lineage,
): Promise<ClaimAnswer | null> {
  if (till.token === null) await till.hello();
  const body = encodeClaimRequest({
    nonce: randomBytes(16),
    lineage,
    cti: claim.cti,
    epoch: till.certificate.epoch,
    seq: claim.row.seq,
    entryHash: claim.row.hash,
  });
  const post = (): Promise<Response> => {
    const headers = { authorization: `Bearer ${till.token}`, "content-type": "application/cbor" };
    return Promise.resolve(shop.wire("/api/till/claim", { method: "POST", headers, body }));
  };
  let response = await post();
  if (response.status === 401) {
    await till.hello();
    response = await post();
  }
  if (!response.ok) return null;
  const signed = decodeSignedAnswer(new Uint8Array(await response.arrayBuffer()));
  return signed && (await openClaimAnswer(till.keyset, signed, await hashRequest(body)));
}

export interface AskedClaim {
  readonly cti: Bytes;
  readonly row: JournalRow;
  readonly decision: ClaimDecision | null;
}

/** Writes a claim's entry and asks by it. */
export async function claim(shop: Shop, till: HeadlessTill, cti: Bytes): Promise<AskedClaim> {
  const row = await till.write({ kind: "claim", cti, sale: newId() });
  const answer = await askAgain(shop, till, { cti, row });
  return { cti, row, decision: answer?.decision ?? null };
}

/** Lets a claim go by an entry; `deliver` brings it. */
export async function dropClaim(till: HeadlessTill, asked: AskedClaim): Promise<void> {
  const { epoch } = till.certificate;
  await till.write({ kind: "claim-dropped", cti: asked.cti, epoch, seq: asked.row.seq });
}

/** The till's tablet is another one from now on; `reason` is what the owner said of the old one. */
export async function enrolAgain(shop: Shop, tillId: string, reason: string): Promise<HeadlessTill> {
  const { qrText } = await shop.ask<{ qrText: string }>("POST", `/api/office/tills/${tillId}/activation`, {
    reason,
  });
  const till = await HeadlessTill.enrol(shop.wire, qrText, () => shop.server.clock.ms);
  if (!till.ok) throw new Error(`not enrolled: ${till.refusal.code}`);
  await till.value.hello();
  await till.value.deliver();
  await till.value.pull();
  return till.value;
}
