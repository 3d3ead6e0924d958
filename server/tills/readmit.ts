// A till that this server has forgotten comes back by its certificate (PROTOCOL §2): after a restore the
// backup does not know who was enrolled since. The root's own signature is what is believed; the owner is
// told.
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeCertificate, type Certificate } from "#protocol/certificate.ts";
import { importPublicKey, verify } from "#protocol/crypto.ts";
import { genesisPrev } from "#protocol/entry.ts";
import { shortId } from "#protocol/ids.ts";
import { decodeHello, type ReceivedHello } from "#protocol/push.ts";
import type { Readmission } from "#protocol/readmission.ts";
import { audit } from "../audit.ts";
import { wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { closeEpochs } from "./epochs.ts";
import { answerHello, type HelloOutcome } from "./hello.ts";

/** What a till is called whose name was lost, until somebody looks: with the end of its short id. */
const LOST_NAMES = { "zh-CN": "找回的收银机", en: "Readmitted till" } as const;

export interface Readmitted extends Omit<HelloOutcome, "token"> {
  /** Null when an ended epoch was brought by somebody else: its bearer has a token of its own. */
  readonly token: string | null;
}

/**
 * Takes up the epoch of a genuine certificate again, until the owner has compared the six digits as a pending
 * one, and answers as to its hello. Null for everything else: who
 * tries learns nothing. `fresh` uses up the hello's challenge. Doing it twice is doing it once.
 */
export async function readmit(
  books: Books,
  asked: Readmission,
  fresh: (challenge: Bytes) => Promise<boolean>,
): Promise<Readmitted | null> {
  const certificate = decodeCertificate(asked.certificateBytes);
  if (certificate === null || !(await issuedByUs(books, asked))) return null;
  const hello = asked.hello === null ? null : decodeHello(asked.hello);
  if (asked.hello !== null && (hello === null || !(await ownsIt(certificate, hello, fresh)))) return null;
  const bringsItself = hello !== null;
  const done = await books.db
    .transaction()
    .execute((tx) => openAgain(books, tx, certificate, asked.certificateBytes, bringsItself));
  if (done === null) return null;
  if (done === "opened") {
    await publishChanges(books, certificate.merchant);
    await wake(books, certificate.merchant, "till");
  }
  return hello === null ? await standing(books, certificate) : await answerHello(books, hello);
}

async function issuedByUs(books: Books, asked: Readmission): Promise<boolean> {
  const root = await importPublicKey(books.instance.root.publicKey);
  return await verify(root, "cert", asked.certificateBytes, asked.rootSignature);
}

async function ownsIt(
  certificate: Certificate,
  hello: ReceivedHello,
  fresh: (challenge: Bytes) => Promise<boolean>,
): Promise<boolean> {
  return (
    sameBytes(hello.till, certificate.till) &&
    hello.epoch === certificate.epoch &&
    (await hello.signedBy(certificate.deviceKey)) &&
    (await fresh(hello.challenge))
  );
}

async function openAgain(
  books: Books,
  tx: DatabaseTransaction,
  certificate: Certificate,
  certificateBytes: Bytes,
  bringsItself: boolean,
): Promise<"opened" | "known" | null> {
  const { merchant, till, epoch } = certificate;
  const nowMs = books.nowMs();
  if (!(await bringTillBack(tx, certificate, nowMs))) return null;
  const known = await tx
    .selectFrom("books.till_epochs")
    .select(["epoch", "device_key"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .execute();
  const same = known.find((row) => row.epoch === epoch);
  // The number was given to another tablet's key: whatever we did with this certificate would harm that one.
  if (same !== undefined) return sameBytes(same.device_key, certificate.deviceKey) ? "known" : null;
  const newest = bringsItself && known.every((row) => row.epoch < epoch);
  const prev = await genesisPrev(certificateBytes);
  // As at an enrolment: one tablet at a time waits for the owner's «same».
  if (newest) await closeEpochs(tx, merchant, till, ["pending"], "rejected", nowMs);
  await tx
    .insertInto("books.till_epochs")
    .values({
      merchant_id: merchant,
      till_id: till,
      epoch,
      certificate: certificateBytes,
      device_key: certificate.deviceKey,
      vault_key: certificate.vaultKey,
      genesis_prev: prev,
      head_hash: prev,
      // A certificate does not say whether the owner has ever said «same»: it is asked (again), of an epoch
      // that is over by what it left, which is set apart. Else whoever typed an overheard code would come in
      // by a restore.
      state: newest ? "pending" : "closed",
      closed_reason: newest ? null : "rejected",
      ...(newest ? {} : { closed_at_ms: nowMs, closed_arrival: 0 }),
      typed: true,
      enrolled_at_ms: certificate.serverMs,
      confirmed_at_ms: null,
      last_seen_ms: nowMs,
      build: null,
    })
    .execute();
  await tx
    .insertInto("books.findings")
    .values({ merchant_id: merchant, kind: "readmitted", till_id: till, epoch, seq: 0, at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const detail = { till: shortId(till), epoch };
  await audit(tx, { merchantId: merchant, atMs: nowMs, who: "server", what: "till-readmitted", detail });
  return "opened";
}

/** Makes sure the till is there and locked; false when its shop is not, or the id is another shop's. */
async function bringTillBack(
  tx: DatabaseTransaction,
  { merchant, till, store, epoch }: Certificate,
  nowMs: number,
): Promise<boolean> {
  const shop = await tx
    .selectFrom("control.merchants")
    .select(["name", "currency", "language"])
    .where("merchant_id", "=", merchant)
    .executeTakeFirst();
  if (shop === undefined) return false;
  const place = await tx
    .insertInto("control.till_directory")
    .values({ till_id: till, merchant_id: merchant })
    .onConflict((conflict) => conflict.column("till_id").doUpdateSet({ till_id: till }))
    .returning("merchant_id")
    .executeTakeFirstOrThrow();
  if (!sameBytes(place.merchant_id, merchant)) return false;
  const name = `${LOST_NAMES[shop.language]} ${shortId(till).slice(-4)}`;
  const made = await tx
    .insertInto("books.tills")
    .values({
      merchant_id: merchant,
      till_id: till,
      store_id: store,
      short_id: shortId(till),
      name,
      created_at_ms: nowMs,
      revoked_at_ms: null,
      // What was enrolled after this certificate may be forgotten too.
      epoch_floor: epoch + FORGOTTEN_EPOCHS,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("till_id")
    .executeTakeFirst();
  if (made !== undefined) {
    const change = { type: "shop", shopName: shop.name, tillName: name, currency: shop.currency } as const;
    await writeChange(tx, merchant, { till }, change, nowMs);
  }
  await tx
    .selectFrom("books.tills")
    .select("till_id")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .forUpdate()
    .execute();
  return true;
}

const FORGOTTEN_EPOCHS = 1000;

/** Where an epoch stands that nobody can say hello for any more. */
async function standing(books: Books, { merchant, till, epoch }: Certificate): Promise<Readmitted> {
  const row = await books.db
    .selectFrom("books.till_epochs")
    .select(["head_seq", "head_hash", "state"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .executeTakeFirstOrThrow();
  const headHash = new Uint8Array(row.head_hash);
  const result = row.state === "closed" ? ("closed" as const) : ("ok" as const);
  const detail = { kind: "none" } as const;
  return { verdict: { merchant, till, epoch, seq: row.head_seq, headHash, result, detail }, token: null };
}
