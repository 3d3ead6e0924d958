import { fromHex, sameBytes } from "#protocol/bytes.ts";
import { MAX_PUSH_ENTRIES } from "#protocol/push.ts";
import { encodeReadmission } from "#protocol/readmission.ts";
import { TILL_API } from "#protocol/till-api.ts";
import type { CarriedGroup, DeliveryStore } from "#storage/delivery-store.ts";
import type { CarriedReceiptRow, CarriedRow } from "#storage/schema.ts";
import type { Heard, ServerLine } from "./server-line.ts";

/** How carrying one group ended. */
type GroupEnd = "done" | "no-answer" | "stuck";

/**
 * Pushes the entries of other epochs and other tills that lie here, with this till's own token (PROTOCOL §5:
 * any enrolled till may carry). A group that the server cannot take now holds up no other; what is not
 * receipted stays where it is.
 */
export async function pushCarried(
  store: DeliveryStore,
  line: ServerLine,
  wrote: () => void,
): Promise<"done" | "no-answer"> {
  for (const group of await store.carriedGroups()) {
    const end = await pushGroup(store, line, group, wrote);
    if (end === "no-answer") return end;
  }
  return "done";
}

/** Up to where the server has a group's entries, in the chain or beside it. */
export function takenOf(receipt: CarriedReceiptRow | null): number {
  return receipt ? Math.max(receipt.seq, receipt.asideSeq) : -1;
}

async function pushGroup(
  store: DeliveryStore,
  line: ServerLine,
  group: CarriedGroup,
  wrote: () => void,
): Promise<GroupEnd> {
  let taken = takenOf(await store.carriedReceipt(group));
  let asked = taken;
  let shown = false;
  for (;;) {
    const rows = unbroken(await store.carriedFrom(group, asked + 1, MAX_PUSH_ENTRIES));
    const batch = rows.slice(0, line.fitting(rows));
    const last = batch.at(-1);
    if (!last) return "done";
    const heard = await line.push(batch, fromHex(group.till), group.epoch);
    if (!heard) {
      const { status } = line;
      // A server restored from a backup may have forgotten whose they are: it is shown its own word, once.
      if (status === 404 && !shown && (await readmit(store, line, group))) {
        shown = true;
        continue;
      }
      // Answered, and not about these: they wait, others go on.
      return status === 0 || status === 401 ? "no-answer" : "stuck";
    }
    const reached = reachedBy(heard, batch, last);
    const need = heard.answer.detail.kind === "need" ? heard.answer.detail.seq : null;
    // The server asks for something older that still lies here: a backup was put back, or a copy came in
    // pieces.
    const isHere = need !== null && need < asked + 1 && (await startsAt(store, group, need));
    if (reached === null && !isHere) return "stuck";
    if (reached !== null) {
      if (reached.seq <= taken) return "stuck";
      taken = reached.seq;
      asked = taken;
      await keep(store, group, heard, reached);
      wrote();
    } else if (need !== null) asked = need - 1;
  }
}

interface Reached {
  readonly seq: number;
  readonly isReceipt: boolean;
}

/** What of the batch the server has by its signed word; null when it says no such thing. */
function reachedBy(heard: Heard, batch: readonly CarriedRow[], last: CarriedRow): Reached | null {
  const { answer } = heard;
  switch (answer.result) {
    case "ok":
    case "closed":
    case "damaged": {
      // Head beyond the batch: «ok» to this very request says that all of it is in the chain.
      if (answer.seq > last.seq)
        return answer.result === "damaged" ? null : { seq: last.seq, isReceipt: true };
      const row = batch.find((one) => one.seq === answer.seq);
      return row && sameBytes(row.hash, answer.headHash) ? { seq: row.seq, isReceipt: true } : null;
    }
    case "fork":
    case "quarantined":
      return { seq: last.seq, isReceipt: false };
    case "gap":
      return null;
  }
}

async function keep(
  store: DeliveryStore,
  group: CarriedGroup,
  { signed }: Heard,
  reached: Reached,
): Promise<void> {
  const before = await store.carriedReceipt(group);
  const { bytes: answer, signature } = signed;
  if (reached.isReceipt) {
    const asideSeq = before?.asideSeq ?? -1;
    await store.putCarriedReceipt({ ...group, seq: reached.seq, answer, signature, asideSeq });
  } else {
    // Beside the chain, for the owner to decide: it is not sent again, and nothing of it is deleted.
    const receipt = before ?? { ...group, seq: -1, answer, signature };
    await store.putCarriedReceipt({ ...receipt, asideSeq: reached.seq });
  }
}

async function readmit(store: DeliveryStore, line: ServerLine, group: CarriedGroup): Promise<boolean> {
  const row = await store.carriedCertificate(group);
  if (!row) return false;
  const { certificate: certificateBytes, rootSignature } = row;
  const body = encodeReadmission({ certificateBytes, rootSignature, hello: null });
  return (await line.fetch(TILL_API.readmit, { method: "POST", body })) !== null;
}

async function startsAt(store: DeliveryStore, group: CarriedGroup, seq: number): Promise<boolean> {
  return (await store.carriedFrom(group, seq, 1))[0]?.seq === seq;
}

/** The rows up to the first that is missing: what is behind it continues nothing. */
function unbroken(rows: readonly CarriedRow[]): readonly CarriedRow[] {
  const first = rows[0]?.seq ?? 0;
  const gapAt = rows.findIndex((row, at) => row.seq !== first + at);
  return gapAt < 0 ? rows : rows.slice(0, gapAt);
}
