import { keyEpochAt } from "#domain/key-epoch.ts";
import { fromHex, randomBytes, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { hash, thumbprint } from "#protocol/crypto.ts";
import { encodeCertificate } from "#protocol/certificate.ts";
import * as enrolment from "#protocol/enrolment.ts";
import { decodeEntry, genesisPrev, type SignedEntry } from "#protocol/entry.ts";
import { encodeSignedPage, signFeedPage, type FeedChange } from "#protocol/feed.ts";
import { newId } from "#protocol/ids.ts";
import { encodeKeyset, signKeyset, type KeyState } from "#protocol/keyset.ts";
import * as push from "#protocol/push.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import { seal } from "#protocol/sealed.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { keysetRow, newSigningKey, type SigningKey } from "../protocol/shop.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import { makeCode, type CodeOf, type HandedCode } from "./handed-code.ts";
import { bodyOf, cbor, DIGITS_POLICY, refusal } from "./stand-in-answers.ts";
import { StandInClaims } from "./stand-in-claims.ts";

// A server made of protocol functions and a Map: what a till may expect of the real one, and nothing more.
// Written apart from server/, so that the two check each other.

/** A till as this server knows it. */
export interface KnownTill {
  readonly id: Bytes;
  readonly name: string;
  epoch: number;
  activation: enrolment.NewActivation;
  state: "expected" | "pending" | "open" | "frozen";
  revoked: boolean;
  enrolled: { readonly request: enrolment.EnrolRequest; readonly certificate: Bytes } | null;
  headHash: Bytes;
  readonly entries: StoredEntry[];
  /** Entries of a frozen till, by hash. */
  readonly quarantined: Map<string, StoredEntry>;
}

export interface StoredEntry {
  readonly seq: number;
  readonly hash: Bytes;
  readonly signed: SignedEntry;
}

/** How a code should be, and who holds its lease: the first till when nothing is said, nobody with null. */
export interface CodeWish extends CodeOf {
  readonly lease?: KnownTill | null;
  /** Signed by somebody else than this merchant's issuer. */
  readonly issuer?: SigningKey;
  /** Kept out of the tills' lists: only the QR knows it. */
  readonly unlisted?: boolean;
}

const PAGE_CHANGES = 100;

export class StandInServer {
  readonly merchant: Bytes = newId();
  readonly store: Bytes = newId();
  readonly lineage: Bytes = randomBytes(8);
  readonly operator: Bytes = newId();
  readonly tills: KnownTill[] = [];
  readonly feed: { readonly version: number; readonly till: Bytes | null; readonly change: FeedChange }[] =
    [];
  readonly claims = new Map<string, { readonly till: Bytes; readonly seq: number }>();
  /** Codes that tills have asked for. */
  readonly desk: StandInClaims = new StandInClaims(this);
  /** Sales that a code did not fund, by name. */
  readonly losses: { readonly till: string; readonly seq: number; readonly lossMinor: number }[] = [];
  /** Every stored entry, in the order in which they came. */
  readonly arrivals: { readonly till: string; readonly seq: number }[] = [];
  /** Questions with a token that another stand-in answers. */
  readonly routes: Map<string, (till: KnownTill, body: Bytes) => Promise<Response>> = new Map();
  readonly argon2: Argon2;
  readonly nowMs: () => number;
  /** How many changes one page carries. */
  pageChanges: number = PAGE_CHANGES;
  /** Bodies of all pushes that came in, for the limits. */
  readonly pushes: { readonly bytes: number; readonly entries: number }[] = [];
  #root!: SigningKey;
  #answer!: SigningKey;
  #issuer!: SigningKey;
  #issuerState: KeyState = "active";
  #keysetVersion = 1;
  readonly #siteKeys = new Map<number, Bytes>();
  readonly #tokens = new Map<string, { readonly till: KnownTill; readonly untilMs: number }>();
  readonly #challenges = new Set<string>();

  private constructor(nowMs: () => number, argon2: Argon2) {
    this.nowMs = nowMs;
    this.argon2 = argon2;
  }

  static async open(nowMs: () => number, argon2: Argon2): Promise<StandInServer> {
    const server = new StandInServer(nowMs, argon2);
    [server.#root, server.#answer, server.#issuer] = await Promise.all([
      newSigningKey(),
      newSigningKey(),
      newSigningKey(),
    ]);
    server.publish({
      type: "operator",
      operator: server.operator,
      name: "王芳",
      role: "owner",
      active: true,
    });
    server.publish({ type: "policy", policy: DIGITS_POLICY });
    return server;
  }

  /** The key that signs answers, for those who want to sign a wrong one. */
  get answerKey(): SigningKey {
    return this.#answer;
  }

  get issuer(): SigningKey {
    return this.#issuer;
  }

  get root(): SigningKey {
    return this.#root;
  }

  /** Expects a tablet: answers the typed and the scanned activation text. */
  async expectTill(name = "1号机"): Promise<{ till: KnownTill; typed: string; scanned: string }> {
    const activation = enrolment.newActivation();
    const till: KnownTill = {
      id: newId(),
      name,
      epoch: 1,
      activation,
      state: "expected",
      revoked: false,
      enrolled: null,
      headHash: new Uint8Array(32),
      entries: [],
      quarantined: new Map(),
    };
    this.tills.push(till);
    this.publish({ type: "shop", shopName: "和平路早餐店", tillName: name, currency: "CNY" }, till);
    const pin = await thumbprint(this.#root.point);
    const names = { shopName: "和平路早餐店", tillName: name };
    return {
      till,
      typed: enrolment.typedActivation(activation),
      scanned: enrolment.scannedActivation(activation, pin, names),
    };
  }

  /** Expects the tablet of a till once more: its next epoch, with keys of its own. */
  expectAgain(before: KnownTill): { till: KnownTill; typed: string } {
    const activation = enrolment.newActivation();
    const till: KnownTill = {
      ...before,
      epoch: before.epoch + 1,
      activation,
      state: "expected",
      enrolled: null,
      headHash: new Uint8Array(32),
      entries: [],
      quarantined: new Map(),
    };
    this.tills.push(till);
    return { till, typed: enrolment.typedActivation(activation) };
  }

  /** The owner said «same». */
  async confirm(till: KnownTill): Promise<void> {
    till.state = "open";
    this.publish({ type: "till-state", state: "active" }, till);
    const week = keyEpochAt(this.nowMs());
    for (const keyEpoch of [week, week + 1, week + 2]) await this.#sealSiteKey(till, keyEpoch);
  }

  publish(change: FeedChange, till: KnownTill | null = null): void {
    this.feed.push({ version: this.feed.length + 1, till: till?.id ?? null, change });
  }

  setRevoked(till: KnownTill, revoked: boolean): void {
    till.revoked = revoked;
    this.publish({ type: "till-state", state: revoked ? "revoked" : "active" }, till);
  }

  /** Marks the issuer's key in the keyset and sends the new keyset around. */
  async setIssuerState(state: KeyState): Promise<void> {
    this.#issuerState = state;
    this.#keysetVersion++;
    const { bytes, signature } = await this.#keyset();
    this.publish({ type: "keyset", keyset: bytes, signature });
  }

  async issue(wish: CodeWish = {}): Promise<HandedCode> {
    const { merchant, store, argon2 } = this;
    const issuer = wish.issuer ?? this.#issuer;
    const nowMs = this.nowMs();
    const keyEpoch = wish.payload?.keyEpoch ?? keyEpochAt(nowMs);
    const siteKey = this.#siteKey(keyEpoch);
    const made = await makeCode({ merchant, store, argon2, issuer, nowMs, keyEpoch, siteKey }, wish);
    if (wish.unlisted === true) return made.code;
    const cti = fromHex(made.code.cti);
    this.publish({ type: "code", numberTag: made.numberTag, cose: made.cose, cti });
    const holder = wish.lease === undefined ? (this.tills[0] ?? null) : wish.lease;
    this.publish({ type: "lease", cti, till: holder?.id ?? null, tillName: holder?.name ?? "" });
    return made.code;
  }

  revoke(cti: string): void {
    this.publish({ type: "revoked", cti: fromHex(cti), untilMs: this.nowMs() + 90 * 86_400_000 });
  }

  /** The till API, one request at a time as a database would make it. */
  async fetch(path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, "http://till.test");
    const body = await bodyOf(init);
    switch (url.pathname) {
      case "/api/till/enrol":
        return this.#enrol(body);
      case "/api/till/challenge": {
        const challenge = randomBytes(push.CHALLENGE_BYTES);
        this.#challenges.add(toHex(challenge));
        return cbor(challenge);
      }
      case "/api/till/hello":
        return this.#hello(body);
    }
    const token = this.#tokens.get(new Headers(init.headers).get("authorization") ?? "");
    if (!token || token.untilMs <= this.nowMs()) return new Response(null, { status: 401 });
    if (url.pathname === "/api/till/push") return this.#push(token.till, body);
    const routed = this.routes.get(url.pathname);
    if (routed) return routed(token.till, body);
    if (url.pathname === "/api/till/claim") return this.desk.answer(token.till, body);
    return this.#page(token.till, path, url.searchParams.get("from") ?? "");
  }

  /** Every token is refused from now on. */
  forgetTokens(): void {
    this.#tokens.clear();
  }

  /** Entries from `seq` on were never here: a backup was put back. */
  rewind(till: KnownTill, seq: number): void {
    till.entries.length = seq;
  }

  async #enrol(body: Bytes): Promise<Response> {
    const signed = enrolment.decodeEnrolRequest(body);
    const till = this.tills.find((one) => one.activation.locator === signed?.request.locator);
    if (!signed || !till) return refusal("activation-unknown");
    const { typedSecret, scannedSecret } = till.activation;
    const secret = await enrolment.checkEnrolment(signed, [typedSecret, scannedSecret]);
    if (!secret) return refusal("activation-mistyped");
    const { request } = signed;
    if (till.enrolled && !sameBytes(till.enrolled.request.deviceKey, request.deviceKey))
      return refusal("activation-used");
    const typed = sameBytes(secret, typedSecret);
    if (!till.enrolled) {
      const certificate = encodeCertificate({
        lineage: this.lineage,
        merchant: this.merchant,
        store: this.store,
        till: till.id,
        epoch: till.epoch,
        deviceKey: request.deviceKey,
        vaultKey: request.vaultKey,
        rootKey: this.#root.point,
        serverMs: this.nowMs(),
      });
      till.enrolled = { request, certificate };
      till.headHash = await genesisPrev(certificate);
      if (typed) till.state = "pending";
      else await this.confirm(till);
    }
    const { certificate } = till.enrolled;
    const proofs = await enrolment.certify(this.#root.privateKey, certificate, secret, request.nonce);
    const keyset = await this.#keyset();
    return cbor(
      enrolment.encodeEnrolAnswer({
        certificateBytes: certificate,
        ...proofs,
        keysetBytes: keyset.bytes,
        keysetSignature: keyset.signature,
        shopName: "和平路早餐店",
        tillName: till.name,
        compare: typed,
      }),
    );
  }

  async #hello(body: Bytes): Promise<Response> {
    const hello = push.decodeHello(body);
    const till = this.tills.find(
      (one) => hello && sameBytes(one.id, hello.till) && one.epoch === hello.epoch,
    );
    if (!hello || !till?.enrolled || !this.#challenges.delete(toHex(hello.challenge)))
      return refusal("challenge-stale");
    if (!(await hello.signedBy(till.enrolled.request.deviceKey))) return refusal("unknown-till");
    const ours = till.entries[hello.seq];
    const parted = ours !== undefined && !sameBytes(ours.hash, hello.headHash);
    const token = toHex(randomBytes(16));
    this.#tokens.set(`Bearer ${token}`, { till, untilMs: this.nowMs() + push.TOKEN_MINUTES * 60_000 });
    const said: Pick<push.Answer, "result" | "detail"> = parted
      ? { result: "fork", detail: { kind: "entry", seq: hello.seq, entry: ours.signed } }
      : { result: till.state === "frozen" ? "quarantined" : "ok", detail: { kind: "none" } };
    const answer = await this.#answerOf(till, said, await push.hashRequest(body));
    return cbor(push.encodeHelloAnswer({ answer, token }));
  }

  async #push(carrier: KnownTill, body: Bytes): Promise<Response> {
    const batch = push.decodePush(body);
    const first = batch?.entries[0] && decodeEntry(batch.entries[0].bytes);
    if (!batch || !first) return refusal("not-a-push");
    // Whoever carries them: whose they are is said by the entries.
    const till = this.tills.find(
      (one) => one.epoch === first.epoch && first.till !== "server" && sameBytes(one.id, first.till),
    );
    if (!till || !sameBytes(first.merchant, this.merchant) || !this.tills.includes(carrier))
      return new Response(null, { status: 404 });
    this.pushes.push({ bytes: body.length, entries: batch.entries.length });
    const said = await this.#store(till, batch.entries);
    return cbor(push.encodeSignedAnswer(await this.#answerOf(till, said, await push.hashRequest(body))));
  }

  /**
   * Exactly once: what is there is not there twice, what differs is a fork, what does not follow is a gap.
   */
  async #store(
    till: KnownTill,
    entries: readonly SignedEntry[],
  ): Promise<Pick<push.Answer, "result" | "detail">> {
    const none = { kind: "none" } as const;
    for (const signed of entries) {
      const entry = decodeEntry(signed.bytes);
      if (!entry) return { result: "damaged", detail: none };
      const stored: StoredEntry = { seq: entry.seq, hash: await hash("entry", signed.bytes), signed };
      const ours = till.entries[entry.seq];
      if (ours && sameBytes(ours.hash, stored.hash)) continue;
      if (till.state === "frozen") {
        till.quarantined.set(toHex(stored.hash), stored);
        continue;
      }
      if (!ours && entry.seq > till.entries.length)
        return { result: "gap", detail: { kind: "need", seq: till.entries.length } };
      if (ours || !sameBytes(entry.prev, till.entries.at(-1)?.hash ?? till.headHash)) {
        till.state = "frozen";
        till.quarantined.set(toHex(stored.hash), stored);
        const parted = ours ?? till.entries.at(-1);
        if (!parted) return { result: "damaged", detail: none };
        return { result: "fork", detail: { kind: "entry", seq: parted.seq, entry: parted.signed } };
      }
      till.entries.push(stored);
      this.arrivals.push({ till: toHex(till.id), seq: entry.seq });
      this.#apply(till, entry.seq, entry.kind, entry.body);
    }
    return { result: till.state === "frozen" ? "quarantined" : "ok", detail: none };
  }

  #apply(
    till: KnownTill,
    seq: number,
    kind: string,
    raw: NonNullable<ReturnType<typeof decodeEntry>>["body"],
  ): void {
    const body = decodeTillBody(kind, raw);
    if (body?.kind === "claim-dropped") this.desk.dropped(till, body.epoch, body.seq, body.cti);
    if (body?.kind !== "sale") return;
    for (const tender of body.tenders) {
      if (tender.method !== "payment-code") continue;
      const cti = toHex(tender.cti);
      if (this.claims.has(cti)) {
        this.losses.push({ till: toHex(till.id), seq, lossMinor: tender.amountMinor });
        this.publish({ type: "loss", epoch: till.epoch, seq, lossMinor: tender.amountMinor }, till);
        continue;
      }
      this.claims.set(cti, { till: till.id, seq });
      this.desk.sold(tender.cti);
      const { amountMinor } = tender;
      const until = this.nowMs() + 90 * 86_400_000;
      const told = { tillName: till.name, atMs: this.nowMs(), amountMinor, untilMs: until };
      this.publish({ type: "spent", cti: tender.cti, till: till.id, ...told });
    }
  }

  async #answerOf(
    till: KnownTill,
    said: Pick<push.Answer, "result" | "detail">,
    requestHash: Bytes,
  ): Promise<push.SignedAnswer> {
    const last = till.entries.at(-1);
    return push.signAnswer(this.#answer.privateKey, {
      lineage: this.lineage,
      merchant: this.merchant,
      till: till.id,
      epoch: till.epoch,
      seq: last?.seq ?? -1,
      headHash: last?.hash ?? till.headHash,
      ...said,
      serverMs: this.nowMs(),
      requestHash,
    });
  }

  async #page(till: KnownTill, path: string, asked: string): Promise<Response> {
    const known = till.state === "pending" ? [] : this.feed;
    const full = asked === "full" || asked === "0" || Number(asked) > known.length;
    const from = full ? 0 : Number(asked);
    const mine = known.filter(
      (row) => row.version > from && (row.till === null || sameBytes(row.till, till.id)),
    );
    const shown = mine.slice(0, this.pageChanges);
    const to = mine.length > shown.length ? (shown.at(-1)?.version ?? from) : known.length;
    const page = await signFeedPage(this.#answer.privateKey, {
      lineage: this.lineage,
      merchant: this.merchant,
      till: till.id,
      from,
      to,
      full,
      changes: shown.map((row) => row.change),
      serverMs: this.nowMs(),
      requestHash: await push.hashGet(path),
    });
    return cbor(encodeSignedPage(page));
  }

  async #sealSiteKey(till: KnownTill, keyEpoch: number): Promise<void> {
    if (!till.enrolled) return;
    const aad = siteKeyAad(till.id, this.store, keyEpoch);
    const sealed = await seal(till.enrolled.request.vaultKey, aad, this.#siteKey(keyEpoch));
    this.publish({ type: "site-key", keyEpoch, sealed }, till);
  }

  #siteKey(keyEpoch: number): Bytes {
    const key = this.#siteKeys.get(keyEpoch) ?? randomBytes(32);
    this.#siteKeys.set(keyEpoch, key);
    return key;
  }

  async #keyset(): Promise<{ readonly bytes: Bytes; readonly signature: Bytes }> {
    const keys = [
      keysetRow(this.#answer, "answer"),
      keysetRow(this.#issuer, "issuer", this.merchant, this.#issuerState),
    ];
    const bytes = encodeKeyset({ lineage: this.lineage, version: this.#keysetVersion, keys });
    return { bytes, signature: await signKeyset(this.#root.privateKey, bytes) };
  }
}
