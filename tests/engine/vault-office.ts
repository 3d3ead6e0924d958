import { pinSetAad, secretAad, siteKeyAad, unlockKeyAad } from "#protocol/aads.ts";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { keyId } from "#protocol/crypto.ts";
import { decodeEntry } from "#protocol/entry.ts";
import type { CarriedSecret } from "#protocol/entry-bodies.ts";
import type { MethodPolicy } from "#protocol/feed-secrets.ts";
import { newId } from "#protocol/ids.ts";
import { encodeKeyset, signKeyset } from "#protocol/keyset.ts";
import { hashRequest } from "#protocol/push.ts";
import { openSealed, seal } from "#protocol/sealed.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { methodSubject, unlockAnswer, unlockKeyBytes } from "#protocol/unlock.ts";
import { decodeVaultHalfRequest, signVaultHalf, vaultHalfOf, VAULT_HALF_PATH } from "#protocol/vault-half.ts";
import { ARGON2_PROFILE_1 } from "#protocol/payment-code-bytes.ts";
import { secretBytes } from "#protocol/vault-records.ts";
import { keysetRow, newVaultPair } from "../protocol/shop.ts";
import type { BenchTill } from "./bench-till.ts";
import { cbor } from "./stand-in-answers.ts";
import type { KnownTill, StandInServer } from "./stand-in-server.ts";

/** When a secret is good, and its number; from now on without an end when nothing is said. */
export interface SecretWish {
  readonly version?: number;
  readonly fromMs?: number;
  readonly untilMs?: number | null;
}

/**
 * The office's part in secrets, made of protocol functions: what a till may expect of the real one. Sealed to
 * each till of the shop that is there when it speaks.
 */
export class VaultOffice {
  readonly #server: StandInServer;
  readonly #master = randomBytes(32);
  readonly #exportPair: Awaited<ReturnType<typeof newVaultPair>>;
  readonly #versions = new Map<string, number>();
  readonly #vaultKeys = new Map<KnownTill, Bytes>();
  /** Of how many pin-set entries of each till the PIN was taken in. */
  readonly #taken = new Map<KnownTill, number>();
  /** The newest generation of halves. */
  generation = 1;
  /** Gives no half to anybody. */
  withholdsHalves = false;

  private constructor(server: StandInServer, exportPair: Awaited<ReturnType<typeof newVaultPair>>) {
    this.#server = server;
    this.#exportPair = exportPair;
    server.routes.set(VAULT_HALF_PATH, (till, body) => this.#half(till, body));
  }

  /** The tills of this server learn its export key. */
  static async of(till: BenchTill): Promise<VaultOffice> {
    const { server } = till;
    const office = new VaultOffice(server, await newVaultPair());
    const { answerKey, issuer, lineage, merchant, root } = server;
    const { point } = office.#exportPair;
    const own = { ...keysetRow(answerKey, "export"), kid: await keyId(point), key: point };
    const keys = [keysetRow(answerKey, "answer"), keysetRow(issuer, "issuer", merchant), own];
    const keyset = encodeKeyset({ lineage, version: 50, keys });
    server.publish({ type: "keyset", keyset, signature: await signKeyset(root.privateKey, keyset) });
    await till.deliver();
    return office;
  }

  /** A person at the tills; answers the id, hex. */
  operator(name: string, role: "owner" | "manager" | "cashier"): string {
    const operator = newId();
    this.#server.publish({ type: "operator", operator, name, role, active: true });
    return toHex(operator);
  }

  /** The owner sets a PIN. */
  async pin(operatorId: string, pin: string, wish: SecretWish = {}): Promise<void> {
    await this.#secret("operator", fromHexId(operatorId), pin, wish);
  }

  /** The owner sets a method's password; answers its version. */
  async password(method: MethodPolicy["method"], text: string, wish: SecretWish = {}): Promise<number> {
    return this.#secret("method", await methodSubject(method), text, wish);
  }

  /** What was a method's password ends at this time. */
  async endPassword(
    method: MethodPolicy["method"],
    text: string,
    version: number,
    untilMs: number,
  ): Promise<void> {
    await this.password(method, text, { version, untilMs });
  }

  withdraw(operatorId: string, version: number): void {
    this.#server.publish({ type: "secret-withdrawn", subject: fromHexId(operatorId), version });
  }

  /** Tills get what they need for an unlock without a network. */
  async giveUnlockKeys(): Promise<void> {
    for (const till of this.#open()) {
      const key = await unlockKeyBytes(this.#master, till.id, till.epoch);
      const sealed = await seal(this.#vaultKey(till), unlockKeyAad(till.id, till.epoch), key);
      this.#server.publish({ type: "unlock-key", sealed }, till);
    }
  }

  /** What the page says to the eight digits. */
  async answerTo(till: KnownTill, operatorId: string, digits: string): Promise<string> {
    const key = await unlockKeyBytes(this.#master, till.id, till.epoch);
    return unlockAnswer(key, till.id, till.epoch, fromHexId(operatorId), digits);
  }

  /** Takes in the PINs that came with the journals, and tells every till. */
  async takePins(): Promise<number> {
    let taken = 0;
    for (const till of this.#open()) {
      const sets = till.entries.flatMap(({ signed }) => {
        const entry = decodeEntry(signed.bytes);
        const body = entry && decodeTillBody(entry.kind, entry.body);
        return body?.kind === "pin-set" ? [body] : [];
      });
      for (const { operator, version, carried } of sets.slice(this.#taken.get(till) ?? 0)) {
        if (carried && (await this.#takePin(till, operator, version, carried))) taken++;
      }
      this.#taken.set(till, sets.length);
    }
    return taken;
  }

  /** «This is my tablet»: from here on all is sealed to the key of its last `vault-renewed`. */
  async confirmRenewal(till: KnownTill): Promise<void> {
    for (const { signed } of till.entries) {
      const entry = decodeEntry(signed.bytes);
      const body = entry && decodeTillBody(entry.kind, entry.body);
      if (body?.kind === "vault-renewed") this.#vaultKeys.set(till, body.vaultKey);
    }
    const keyEpoch = 3000;
    const aad = siteKeyAad(till.id, this.#server.store, keyEpoch);
    const sealed = await seal(this.#vaultKey(till), aad, randomBytes(32));
    this.#server.publish({ type: "site-key", keyEpoch, sealed }, till);
  }

  async #takePin(
    till: KnownTill,
    operator: Bytes,
    version: number,
    { profile, salt, sealed }: CarriedSecret,
  ): Promise<boolean> {
    const aad = pinSetAad(till.id, till.epoch, operator, version);
    const a = await openSealed(this.#exportPair.pair, aad, sealed);
    if (a?.length !== 32) return false;
    const next = this.#next(operator);
    await this.#tell("operator", operator, { a, salt, profile, version: next, fromMs: 0, untilMs: null });
    return true;
  }

  async #secret(
    subjectClass: "operator" | "method",
    subject: Bytes,
    text: string,
    wish: SecretWish,
  ): Promise<number> {
    const bytes = secretBytes(text);
    if (!bytes) throw new Error("office: no text");
    const version = wish.version ?? this.#next(subject);
    this.#versions.set(toHex(subject), version);
    const salt = randomBytes(16);
    const a = await this.#server.argon2(bytes, salt, ARGON2_PROFILE_1);
    const { fromMs = this.#server.nowMs(), untilMs = null } = wish;
    await this.#tell(subjectClass, subject, { a, salt, profile: 1, version, fromMs, untilMs });
    return version;
  }

  async #tell(
    subjectClass: "operator" | "method",
    subject: Bytes,
    secret: {
      readonly a: Bytes;
      readonly salt: Bytes;
      readonly profile: number;
      readonly version: number;
      readonly fromMs: number;
      readonly untilMs: number | null;
    },
  ): Promise<void> {
    const { a, ...row } = secret;
    for (const till of this.#open()) {
      const aad = secretAad(till.id, till.epoch, subject, row.version);
      const sealed = await seal(this.#vaultKey(till), aad, a);
      this.#server.publish({ type: "secret", subjectClass, subject, sealed, ...row }, till);
    }
  }

  async #half(till: KnownTill, body: Bytes): Promise<Response> {
    const request = decodeVaultHalfRequest(body);
    if (!request || till.revoked || this.withholdsHalves) return new Response(null, { status: 403 });
    const { id, epoch } = till;
    const newest = await vaultHalfOf(this.#master, id, epoch, this.generation);
    const asked = request.generation ?? this.generation;
    return cbor(
      await signVaultHalf(this.#server.answerKey.privateKey, {
        lineage: this.#server.lineage,
        merchant: this.#server.merchant,
        till: id,
        epoch,
        ...(await vaultHalfOf(this.#master, id, epoch, asked)),
        next: asked < this.generation ? newest : null,
        serverMs: this.#server.nowMs(),
        requestHash: await hashRequest(body),
      }),
    );
  }

  #next(subject: Bytes): number {
    const next = (this.#versions.get(toHex(subject)) ?? 0) + 1;
    this.#versions.set(toHex(subject), next);
    return next;
  }

  #open(): readonly KnownTill[] {
    return this.#server.tills.filter(({ enrolled }) => enrolled !== null);
  }

  #vaultKey(till: KnownTill): Bytes {
    const key = this.#vaultKeys.get(till) ?? till.enrolled?.request.vaultKey;
    if (!key) throw new Error("office: this till has no vault yet");
    return key;
  }
}

function fromHexId(id: string): Bytes {
  return Uint8Array.from(id.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Types a new PIN twice on the pad for it. */
export async function setPinOf(till: BenchTill, operatorId: string, pin: string): Promise<unknown> {
  const pad = await till.openPad({ purpose: "new-pin", operatorId });
  const once = await till.enter(pad, pin);
  return once.kind === "again" ? till.enter(pad, pin) : once;
}

/** Signs in as this operator. */
export async function signInAs(till: BenchTill, operatorId: string, pin: string): Promise<unknown> {
  const opened = await till.engine.openPad({ purpose: "operator", operatorId });
  return opened.ok ? till.enter(opened.value, pin) : opened;
}
