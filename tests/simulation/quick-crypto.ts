import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hash,
  hkdfSync,
  type KeyObject,
} from "node:crypto";

// WebCrypto as src/protocol and HPKE use it, answered at once: the same keys and, but for signatures, the
// same algorithms by Node's one-shot functions, without a hop to the thread pool for each. Besides being
// several times as quick it makes a schedule repeatable: which of two jobs of a pool is ready first is
// nobody's decision.

const POINT_BYTES = 65;
const TAG_BYTES = 16;
const HALF_SIGNATURE_BYTES = 32;
/** Keys that are remembered; a schedule meets some hundreds. */
const MOST_REMEMBERED = 4000;

type Algorithm = { readonly name: string; readonly namedCurve?: string; readonly hash?: unknown };

/** A key as WebCrypto shows one; what is in it stays inside this file. */
class QuickKey {
  readonly type: KeyType;
  readonly algorithm: Algorithm;
  readonly extractable: boolean;
  readonly usages: readonly string[];
  readonly #material: KeyObject | Buffer;

  constructor(
    type: KeyType,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly string[],
    material: KeyObject | Buffer,
  ) {
    this.type = type;
    this.algorithm = algorithm;
    this.extractable = extractable;
    this.usages = usages;
    this.#material = material;
  }

  static asymmetric(key: unknown): KeyObject {
    if (!(key instanceof QuickKey) || Buffer.isBuffer(key.#material)) throw invalid("not a key pair's half");
    return key.#material;
  }

  static secret(key: unknown): Buffer {
    if (!(key instanceof QuickKey) || !Buffer.isBuffer(key.#material)) throw invalid("not a secret key");
    return key.#material;
  }

  /** The same as Node's own key: given bytes it throws and catches to find out what they are. */
  static secretObject(key: unknown): KeyObject {
    const secret = QuickKey.secret(key);
    return remember(secrets, secret.toString("latin1"), () => createSecretKey(secret));
  }
}

/** Is this one of our keys? They are never changed, so a copy of one is the key itself. */
export function isQuickKey(value: unknown): boolean {
  return value instanceof QuickKey;
}

function invalid(message: string): DOMException {
  return new DOMException(message, "DataError");
}

function bytesOf(data: unknown): Buffer {
  if (data instanceof ArrayBuffer) return Buffer.from(data);
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError("quick-crypto: bytes expected");
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

function algorithmOf(given: unknown): Algorithm {
  return typeof given === "string" ? { name: given } : (given as Algorithm);
}

function remember<T>(kept: Map<string, T>, name: string, make: () => T): T {
  const known = kept.get(name);
  if (known !== undefined) return known;
  const made = make();
  if (kept.size >= MOST_REMEMBERED) kept.clear();
  kept.set(name, made);
  return made;
}

const points = new Map<string, KeyObject>();
const privates = new Map<string, KeyObject>();
const secrets = new Map<string, KeyObject>();
const names = new WeakMap<KeyObject, Buffer>();
let signatures = 0;

function publicFromPoint(point: Buffer): KeyObject {
  if (point.length !== POINT_BYTES || point[0] !== 4) throw invalid("not an uncompressed point");
  return remember(points, point.toString("latin1"), () => {
    try {
      const [x, y] = [point.subarray(1, 33), point.subarray(33)];
      const jwk = { kty: "EC", crv: "P-256", x: x.toString("base64url"), y: y.toString("base64url") };
      return createPublicKey({ key: jwk, format: "jwk" });
    } catch (cause) {
      throw new DOMException(`not a point of the curve: ${String(cause)}`, "DataError");
    }
  });
}

function pointOf(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
}

function privateFromPkcs8(bytes: Buffer): KeyObject {
  return remember(privates, bytes.toString("latin1"), () => {
    try {
      return createPrivateKey({ key: bytes, format: "der", type: "pkcs8" });
    } catch (cause) {
      throw new DOMException(`not a private key: ${String(cause)}`, "DataError");
    }
  });
}

function importEc(
  format: string,
  data: unknown,
  algorithm: Algorithm,
  extractable: boolean,
  usages: string[],
) {
  if (format === "raw")
    return new QuickKey("public", algorithm, true, usages, publicFromPoint(bytesOf(data)));
  if (format === "pkcs8")
    return new QuickKey("private", algorithm, extractable, usages, privateFromPkcs8(bytesOf(data)));
  const jwk = data as JsonWebKey;
  if (format !== "jwk") throw new DOMException(format, "NotSupportedError");
  if (jwk.d !== undefined) {
    const key = createPrivateKey({ key: jwk as never, format: "jwk" });
    return new QuickKey("private", algorithm, extractable, usages, key);
  }
  const [x, y] = [Buffer.from(jwk.x ?? "", "base64url"), Buffer.from(jwk.y ?? "", "base64url")];
  const key = publicFromPoint(Buffer.concat([Buffer.from([4]), x, y]));
  return new QuickKey("public", algorithm, true, usages, key);
}

/** The public half's point: what a pair of keys is known by here. */
function pointNaming(key: KeyObject): Buffer {
  let point = names.get(key);
  if (point === undefined) names.set(key, (point = pointOf(key)));
  return point;
}

function proofOf(key: KeyObject, once: Uint8Array, data: Buffer): Buffer {
  return hash("sha256", Buffer.concat([pointNaming(key), once, data]), "buffer");
}

/**
 * 32 bytes that were never before, and a hash over them, the key's public half and the data. Of its length,
 * and as different each time, as an ECDSA signature. Anybody could make one; nobody in a schedule does: a
 * forger there signs with a key of his own. The curve itself cost a tenth of a schedule.
 */
function signed(key: KeyObject, data: Buffer): Buffer {
  const once = Buffer.alloc(HALF_SIGNATURE_BYTES);
  once.writeDoubleBE(++signatures);
  return Buffer.concat([once, proofOf(key, once, data)]);
}

function isVerified(key: KeyObject, signature: Buffer, data: Buffer): boolean {
  // A malformed signature is simply a no, as WebCrypto has it.
  if (signature.length !== 2 * HALF_SIGNATURE_BYTES) return false;
  const once = signature.subarray(0, HALF_SIGNATURE_BYTES);
  return proofOf(key, once, data).equals(signature.subarray(HALF_SIGNATURE_BYTES));
}

const quick = {
  async digest(_algorithm: unknown, data: unknown): Promise<ArrayBuffer> {
    return bufferOf(hash("sha256", bytesOf(data), "buffer"));
  },

  async sign(algorithm: unknown, key: unknown, data: unknown): Promise<ArrayBuffer> {
    if (algorithmOf(algorithm).name === "HMAC")
      return bufferOf(createHmac("sha256", QuickKey.secretObject(key)).update(bytesOf(data)).digest());
    return bufferOf(signed(QuickKey.asymmetric(key), bytesOf(data)));
  },

  async verify(_algorithm: unknown, key: unknown, signature: unknown, data: unknown): Promise<boolean> {
    return isVerified(QuickKey.asymmetric(key), bytesOf(signature), bytesOf(data));
  },

  async importKey(
    format: string,
    data: unknown,
    given: unknown,
    extractable: boolean,
    usages: string[],
  ): Promise<QuickKey> {
    const algorithm = algorithmOf(given);
    if (algorithm.name === "ECDSA" || algorithm.name === "ECDH")
      return importEc(format, data, algorithm, extractable, usages);
    return new QuickKey("secret", algorithm, extractable, usages, Buffer.from(bytesOf(data)));
  },

  async exportKey(format: string, key: QuickKey): Promise<ArrayBuffer | JsonWebKey> {
    if (!key.extractable) throw new DOMException("not extractable", "InvalidAccessError");
    if (key.type === "secret") return bufferOf(QuickKey.secret(key));
    const material = QuickKey.asymmetric(key);
    if (format === "raw") return bufferOf(pointOf(material));
    if (format === "pkcs8") return bufferOf(material.export({ format: "der", type: "pkcs8" }));
    return { ...material.export({ format: "jwk" }), ext: true, key_ops: [...key.usages] } as JsonWebKey;
  },

  async generateKey(given: unknown, extractable: boolean, usages: string[]): Promise<unknown> {
    const algorithm = algorithmOf(given);
    if (algorithm.name === "AES-GCM") {
      const raw = Buffer.from(crypto.getRandomValues(new Uint8Array(32)));
      return new QuickKey("secret", algorithm, extractable, usages, raw);
    }
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return {
      privateKey: new QuickKey("private", algorithm, extractable, usages, privateKey),
      publicKey: new QuickKey("public", algorithm, true, usages, publicKey),
    };
  },

  async deriveBits(
    algorithm: { name: string; public?: unknown; salt?: unknown; info?: unknown },
    key: unknown,
    bits: number,
  ): Promise<ArrayBuffer> {
    if (algorithm.name === "HKDF") {
      const [salt, info] = [bytesOf(algorithm.salt), bytesOf(algorithm.info)];
      return hkdfSync("sha256", QuickKey.secretObject(key), salt, info, bits / 8);
    }
    const publicKey = QuickKey.asymmetric(algorithm.public);
    return bufferOf(diffieHellman({ privateKey: QuickKey.asymmetric(key), publicKey }));
  },

  async encrypt(algorithm: AesGcmParams, key: unknown, data: unknown): Promise<ArrayBuffer> {
    const cipher = createCipheriv("aes-256-gcm", QuickKey.secretObject(key), bytesOf(algorithm.iv));
    if (algorithm.additionalData) cipher.setAAD(bytesOf(algorithm.additionalData));
    return bufferOf(Buffer.concat([cipher.update(bytesOf(data)), cipher.final(), cipher.getAuthTag()]));
  },

  async decrypt(algorithm: AesGcmParams, key: unknown, data: unknown): Promise<ArrayBuffer> {
    const sealed = bytesOf(data);
    const at = sealed.length - TAG_BYTES;
    try {
      const plain = createDecipheriv("aes-256-gcm", QuickKey.secretObject(key), bytesOf(algorithm.iv));
      plain.setAuthTag(sealed.subarray(at));
      if (algorithm.additionalData) plain.setAAD(bytesOf(algorithm.additionalData));
      return bufferOf(Buffer.concat([plain.update(sealed.subarray(0, at)), plain.final()]));
    } catch (cause) {
      throw new DOMException(`does not open: ${String(cause)}`, "OperationError");
    }
  },
};

/** Puts these functions in the place of `crypto.subtle`, for this process. */
export function useQuickCrypto(): void {
  Object.defineProperty(crypto, "subtle", { value: quick, configurable: true });
}
