// A till without screen and browser, on the protocol's functions alone: it enrols, sells, pushes and pulls as
// the real one does. The demo shop's sales come from it, and the tests hold the server to its word with it.
import { hashRaw } from "@node-rs/argon2";
import { judgeCode } from "#domain/payment-code.ts";
import { accepted, assert, refused, type Result } from "#domain/result.ts";
import { fromHex, randomBytes, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import type { Cbor } from "#protocol/cbor.ts";
import { exportPublicKey, macKey, newSigningPair } from "#protocol/crypto.ts";
import { type Certificate } from "#protocol/certificate.ts";
import {
  decodeEnrolAnswer,
  encodeEnrolRequest,
  openEnrolAnswer,
  proveEnrolment,
  readActivation,
} from "#protocol/enrolment.ts";
import { encodeEntry, genesisPrev, hashEntry, signEntry, type SignedEntry } from "#protocol/entry.ts";
import { encodeTillBody, type TenderBody, type TillBody } from "#protocol/entry-bodies.ts";
import { decodeSignedPage, feedPath, openFeedPage, type FeedChange, type FeedPage } from "#protocol/feed.ts";
import { newId, shortId } from "#protocol/ids.ts";
import { openKeyset, type Keyset } from "#protocol/keyset.ts";
import {
  ARGON2_PROFILE_1,
  authenticateCode,
  codeSalt,
  codeTag,
  numberTag,
  readCodeText,
} from "#protocol/payment-code-bytes.ts";
import {
  decodeHelloAnswer,
  decodeSignedAnswer,
  encodePush,
  fittingPush,
  hashGet,
  hashRequest,
  openAnswer,
  signHello,
  type Answer,
} from "#protocol/push.ts";
import { encodeReadmission } from "#protocol/readmission.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import { openSealed } from "#protocol/sealed.ts";
import { CBOR_TYPE, TILL_API } from "#protocol/till-api.ts";
import { keyOf } from "./told-key.ts";

/** How requests reach the server: a socket, or the application itself. */
export type Wire = (path: string, init: RequestInit) => Response | Promise<Response>;

export interface JournalRow {
  readonly signed: SignedEntry;
  readonly hash: Bytes;
  readonly seq: number;
  /** Null for an entry of a later version. */
  readonly body: TillBody | null;
}

export type SaleRefusal = { readonly code: string };

const BUILD = "headless";

export class HeadlessTill {
  readonly certificate: Certificate;
  readonly certificateBytes: Bytes;
  readonly rootSignature: Bytes;
  /**
   * The server's lineage in which this till stands: of its certificate, until an answer names a newer one.
   */
  lineage: Bytes;
  readonly journal: JournalRow[] = [];
  /** The last seq a receipt counts for; −1 for none. */
  receiptedSeq = -1;
  feedVersion = 0;
  /** What the feed has told, the latest of each kind and subject. */
  readonly told: Map<string, FeedChange> = new Map();
  readonly siteKeys: Map<number, CryptoKey> = new Map();
  keyset: Keyset;
  token: string | null = null;
  operator: Bytes = newId();
  readonly #wire: Wire;
  readonly #nowMs: () => number;
  readonly #device: CryptoKeyPair;
  #vault: CryptoKeyPair;
  readonly #spentHere = new Set<string>();

  constructor(made: {
    wire: Wire;
    nowMs: () => number;
    device: CryptoKeyPair;
    vault: CryptoKeyPair;
    certificate: Certificate;
    certificateBytes: Bytes;
    rootSignature: Bytes;
    keyset: Keyset;
  }) {
    this.#wire = made.wire;
    this.#nowMs = made.nowMs;
    this.#device = made.device;
    this.#vault = made.vault;
    this.certificate = made.certificate;
    this.certificateBytes = made.certificateBytes;
    this.rootSignature = made.rootSignature;
    this.lineage = made.certificate.lineage;
    this.keyset = made.keyset;
  }

  /** Enrols by a typed or scanned activation code and writes the genesis entry. */
  static async enrol(
    wire: Wire,
    activationText: string,
    nowMs: () => number,
  ): Promise<Result<HeadlessTill, SaleRefusal>> {
    const code = readActivation(activationText);
    assert(code !== null, "the demo's activation code reads");
    const device = await newSigningPair(false);
    const vault = await newVaultPair();
    const request = {
      locator: code.locator,
      deviceKey: await exportPublicKey(device.publicKey),
      vaultKey: await exportPublicKey(vault.publicKey),
      nonce: randomBytes(16),
    };
    const body = encodeEnrolRequest(await proveEnrolment(code, device.privateKey, request));
    const response = await post(wire, TILL_API.enrol, body, null);
    if (!response.ok) return refused(((await response.json()) as { error: SaleRefusal }).error);
    const answer = decodeEnrolAnswer(new Uint8Array(await response.arrayBuffer()));
    const certificate = answer && (await openEnrolAnswer(code, request, answer));
    if (!certificate) return refused({ code: "server-not-genuine" });
    const keyset = await openKeyset(certificate.rootKey, answer.keysetBytes, answer.keysetSignature, null);
    if (!keyset) return refused({ code: "server-not-genuine" });
    const { certificateBytes, rootSignature } = answer;
    const made = { wire, nowMs, device, vault, certificate, certificateBytes, rootSignature, keyset };
    const till = new HeadlessTill(made);
    await till.write({ kind: "genesis" });
    return accepted(till);
  }

  /** Bytes signed by this till's key, whatever they are: what a broken till would send. */
  async resign(bytes: Bytes): Promise<SignedEntry> {
    return await signEntry(this.#device.privateKey, bytes);
  }

  /** The same till set up again from a copy that ends with `rows`: a restored backup, a cloned disk. */
  rewind(rows: readonly JournalRow[]): HeadlessTill {
    const clone = new HeadlessTill({
      wire: this.#wire,
      nowMs: this.#nowMs,
      device: this.#device,
      vault: this.#vault,
      certificate: this.certificate,
      certificateBytes: this.certificateBytes,
      rootSignature: this.rootSignature,
      keyset: this.keyset,
    });
    clone.journal.push(...rows);
    clone.receiptedSeq = rows.length - 1;
    return clone;
  }

  /** What is sealed to this till's vault; null when it is not. */
  async unseal(aad: Bytes, sealed: Bytes): Promise<Bytes | null> {
    return await openSealed(this.#vault, aad, sealed);
  }

  /** Loses what opened its vault, makes a new one and asks by its journal. */
  async renewVault(): Promise<JournalRow> {
    this.#vault = await newVaultPair();
    return await this.write({
      kind: "vault-renewed",
      vaultKey: await exportPublicKey(this.#vault.publicKey),
    });
  }

  get head(): { readonly seq: number; readonly hash: Bytes } {
    const last = this.journal.at(-1);
    assert(last !== undefined, "an enrolled till has its genesis");
    return last;
  }

  /** Appends an entry to the till's own journal. */
  async write(body: TillBody): Promise<JournalRow> {
    return await this.#append(body.kind, encodeTillBody(body), body);
  }

  /** Appends an entry of a later version. */
  async writeUnknown(kind: string, body: Cbor): Promise<JournalRow> {
    return await this.#append(kind, body, null);
  }

  async #append(kind: string, encoded: Cbor, body: TillBody | null): Promise<JournalRow> {
    const last = this.journal.at(-1);
    const clockMs = this.#nowMs();
    const seq = this.journal.length;
    const bytes = encodeEntry({
      merchant: this.certificate.merchant,
      till: this.certificate.till,
      epoch: this.certificate.epoch,
      seq,
      prev: last?.hash ?? (await genesisPrev(this.certificateBytes)),
      kind,
      time: { clockMs, nowMs: clockMs, quality: "anchored" },
      versions: { feed: this.feedVersion, keyset: this.keyset.version, build: BUILD },
      body: encoded,
    });
    const row = {
      signed: await signEntry(this.#device.privateKey, bytes),
      hash: await hashEntry(bytes),
      seq,
      body,
    };
    this.journal.push(row);
    return row;
  }

  /** Sells these tenders as one sale. */
  async sell(tenders: readonly TenderBody[]): Promise<JournalRow> {
    const totalMinor = tenders.reduce((sum, tender) => sum + tender.amountMinor, 0);
    const before = this.journal.map((row) => row.body).filter((body) => body?.kind === "sale");
    return await this.write({
      kind: "sale",
      sale: newId(),
      operator: this.operator,
      feedVersion: this.feedVersion,
      currency: "CNY",
      totalMinor,
      tenders,
      runningCount: before.length + 1,
      runningMinor: before.reduce((sum, body) => sum + body.totalMinor, totalMinor),
    });
  }

  async sellCash(amountMinor: number): Promise<JournalRow> {
    return await this.sell([{ method: "cash", amountMinor, receivedMinor: amountMinor }]);
  }

  /**
   * Takes a scanned code text or a 16-digit number, judged with what this till knows, and sells what it
   * covers.
   */
  async sellCode(
    presented: string,
    password: string | null,
    dueMinor: number | null = null,
  ): Promise<Result<JournalRow, SaleRefusal>> {
    const typed = /^[0-9]{16}$/u.test(presented);
    const cose = typed ? await this.#coseOfNumber(presented) : readCodeText(presented);
    if (!cose.ok) return cose;
    const authentic = await authenticateCode(cose.value, this.keyset, this.certificate.merchant);
    if (!authentic.ok) return authentic;
    const { payload } = authentic.value;
    const spent = this.told.get(`spent:${payload.cti}`);
    const judged = judgeCode(payload, {
      nowMs: this.#nowMs(),
      storeShortId: shortId(this.certificate.store),
      tillShortId: shortId(this.certificate.till),
      currency: "CNY",
      revoked: this.told.has(`revoked:${payload.cti}`),
      spent: this.#spentHere.has(payload.cti)
        ? { tillName: "", atMs: 0, amountMinor: payload.amountMinor, here: true }
        : spent?.type === "spent"
          ? { tillName: spent.tillName, atMs: spent.atMs, amountMinor: spent.amountMinor, here: false }
          : null,
      lease: this.#lease(payload.cti),
      keyEpochHeld: this.siteKeys.has(payload.keyEpoch),
      dueMinor,
    });
    if (!judged.ok) return judged;
    if (judged.value.way === "ask") return refused({ code: "needs-server" });
    if (payload.rule !== "none") {
      const site = this.siteKeys.get(payload.keyEpoch);
      const salt = await codeSalt(payload.issuer, payload.salt);
      const p = await hashRaw(password ?? "", { algorithm: 2, salt, ...ARGON2_OPTIONS });
      const holds = site !== undefined && sameBytes(await codeTag(site, payload, p), payload.tag);
      if (!holds) return refused({ code: "password-wrong" });
    }
    this.#spentHere.add(payload.cti);
    return accepted(
      await this.sell([
        {
          method: "payment-code",
          ...judged.value,
          cti: fromHex(payload.cti),
          via: typed ? "number" : "scan",
          cose: authentic.value.cose,
        },
      ]),
    );
  }

  /** Says hello; keeps the token. Null: no answer that counts. */
  async hello(): Promise<Answer | null> {
    const asked = await this.#wire(TILL_API.challenge, { method: "GET" });
    if (!asked.ok) return null;
    const body = await this.signedHello(new Uint8Array(await asked.arrayBuffer()));
    const response = await post(this.#wire, TILL_API.hello, body, null);
    return await this.#helloAnswer(body, response);
  }

  /** Shows its certificate to a server that does not know it any more; `silent` as another would for it. */
  async readmit(silent = false): Promise<Answer | null> {
    const asked = await this.#wire(TILL_API.challenge, { method: "GET" });
    const hello = await this.signedHello(new Uint8Array(await asked.arrayBuffer()));
    const { certificateBytes, rootSignature } = this;
    const body = encodeReadmission({ certificateBytes, rootSignature, hello: silent ? null : hello });
    return await this.#helloAnswer(body, await post(this.#wire, TILL_API.readmit, body, null));
  }

  async #helloAnswer(body: Bytes, response: Response): Promise<Answer | null> {
    const hello = response.ok ? decodeHelloAnswer(new Uint8Array(await response.arrayBuffer())) : null;
    if (!hello) return null;
    this.token = hello.token;
    return this.#heed(await openAnswer(this.keyset, hello.answer, await hashRequest(body)));
  }

  /** A new lineage: what was receipted under the old one counts up to the head that the server has now. */
  #heed(answer: Answer | null): Answer | null {
    if (answer && !sameBytes(answer.lineage, this.lineage)) {
      this.lineage = answer.lineage;
      this.receiptedSeq = Math.min(this.receiptedSeq, answer.seq);
    }
    return answer;
  }

  /** The bytes of a hello over this challenge. */
  async signedHello(challenge: Bytes): Promise<Bytes> {
    return await signHello(this.#device.privateKey, {
      challenge,
      till: this.certificate.till,
      epoch: this.certificate.epoch,
      seq: this.head.seq,
      headHash: this.head.hash,
      lineage: this.lineage,
      feedVersion: this.feedVersion,
    });
  }

  /** Pushes what is not receipted (or these rows) and keeps the receipt. Null: no answer that counts. */
  async push(
    rows: readonly JournalRow[] = this.journal.slice(this.receiptedSeq + 1),
  ): Promise<Answer | null> {
    const count = fittingPush(rows.map((row) => row.signed));
    const answer = await this.pushEntries(rows.slice(0, count).map((row) => row.signed));
    if (answer?.result === "ok") {
      const held = this.journal[answer.seq];
      if (held && sameBytes(held.hash, answer.headHash)) this.receiptedSeq = answer.seq;
    }
    return answer;
  }

  async pushEntries(entries: readonly SignedEntry[]): Promise<Answer | null> {
    const body = encodePush({ nonce: randomBytes(16), lineage: this.lineage, entries });
    const response = await this.#withToken((token) => post(this.#wire, TILL_API.push, body, token));
    const signed = response.ok ? decodeSignedAnswer(new Uint8Array(await response.arrayBuffer())) : null;
    return this.#heed(signed && (await openAnswer(this.keyset, signed, await hashRequest(body))));
  }

  /** Asks with a token; when its hour is over, says hello and asks once more. */
  async #withToken(request: (token: string) => Promise<Response>): Promise<Response> {
    if (this.token === null) await this.hello();
    const first = await request(this.token ?? "");
    if (first.status !== 401) return first;
    await this.hello();
    return await request(this.token ?? "");
  }

  /** Pushes until the journal is receipted to its head. */
  async deliver(): Promise<void> {
    while (this.receiptedSeq < this.head.seq) {
      const before = this.receiptedSeq;
      const answer = await this.push();
      assert(
        answer?.result === "ok" && this.receiptedSeq > before,
        "the server takes what the till delivers",
      );
    }
  }

  /** Fetches one page, applies it when it is genuine and for this till, and answers it. */
  async pullPage(from: number | "full" = this.feedVersion): Promise<FeedPage | null> {
    const path = feedPath(from, toHex(randomBytes(16)));
    const response = await this.#withToken(async (token) => {
      return await this.#wire(path, { method: "GET", headers: { authorization: `Bearer ${token}` } });
    });
    const signed = response.ok ? decodeSignedPage(new Uint8Array(await response.arrayBuffer())) : null;
    const page = signed && (await openFeedPage(this.keyset, signed, await hashGet(path)));
    if (!page || !sameBytes(page.till, this.certificate.till)) return null;
    if (!page.full && page.from !== this.feedVersion) return null;
    if (page.full) this.told.clear();
    for (const change of page.changes) await this.#apply(change);
    this.feedVersion = page.to;
    return page;
  }

  /** Pulls until nothing new comes. */
  async pull(): Promise<void> {
    for (;;) {
      const before = this.feedVersion;
      const page = await this.pullPage();
      assert(page !== null, "the feed answers");
      if (page.to === before) return;
    }
  }

  async #apply(change: FeedChange): Promise<void> {
    this.told.set(keyOf(change), change);
    if (change.type === "site-key") {
      const { till, store } = this.certificate;
      const aad = siteKeyAad(till, store, change.keyEpoch);
      const raw = await openSealed(this.#vault, aad, change.sealed);
      assert(raw !== null, "a site key sealed to this till opens");
      this.siteKeys.set(change.keyEpoch, await macKey(raw));
    } else if (change.type === "keyset") {
      const fresh = await openKeyset(this.certificate.rootKey, change.keyset, change.signature, this.keyset);
      if (fresh) this.keyset = fresh;
    } else if (change.type === "operator" && change.role === "owner") {
      this.operator = change.operator;
    }
  }

  #lease(cti: string): { held: "here" | "none" } | { held: "elsewhere"; tillName: string } {
    const lease = this.told.get(`lease:${cti}`);
    if (lease?.type !== "lease" || lease.till === null) return { held: "none" };
    return sameBytes(lease.till, this.certificate.till)
      ? { held: "here" }
      : { held: "elsewhere", tillName: lease.tillName };
  }

  async #coseOfNumber(digits: string): Promise<Result<Bytes, SaleRefusal>> {
    for (const key of this.siteKeys.values()) {
      const tag = await numberTag(key, digits);
      for (const change of this.told.values()) {
        if (change.type === "code" && sameBytes(change.numberTag, tag)) return accepted(change.cose);
      }
    }
    return refused({ code: "number-unknown" });
  }
}

const { memoryKib: memoryCost, iterations: timeCost, parallelism, bytes: outputLen } = ARGON2_PROFILE_1;
const ARGON2_OPTIONS = { memoryCost, timeCost, parallelism, outputLen };

async function newVaultPair(): Promise<CryptoKeyPair> {
  return await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
}

async function post(wire: Wire, path: string, body: Bytes, token: string | null): Promise<Response> {
  const headers: Record<string, string> = { "content-type": CBOR_TYPE };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  return await wire(path, { method: "POST", headers, body });
}
