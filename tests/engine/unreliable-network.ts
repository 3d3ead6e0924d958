import { newSigningPair } from "#protocol/crypto.ts";
import { decodeEntry, hashEntry } from "#protocol/entry.ts";
import {
  decodePush,
  decodeSignedAnswer,
  encodeSignedAnswer,
  hashRequest,
  signAnswer,
} from "#protocol/push.ts";
import { decodeSignedPage, encodeSignedPage } from "#protocol/feed.ts";

/** What a network, a proxy or a stranger may do to one request. */
export type Fault =
  /** Never arrives. */
  | "request-lost"
  /** Arrives and has its effect; the answer is lost. */
  | "answer-lost"
  /** Arrives twice; the second answer is the one that is heard. */
  | "twice"
  /** A proxy's error page. */
  | "status-500"
  /** A proxy's login page, with a friendly status. */
  | "unsigned-200"
  /** One bit of the signature is changed. */
  | "signature-broken"
  /** The answer to the request before this one. */
  | "stale-answer"
  /** The token is not taken. */
  | "status-401"
  /** Kept back by somebody on the line, who answers with a receipt of his own making. */
  | "forged-receipt"
  /** No route at all. */
  | "cut";

type Send = (path: string, init: RequestInit) => Promise<Response>;

/** Between a till and its server. Faults wait in a queue, one for each request; `down` cuts everything. */
export class UnreliableNetwork {
  readonly #send: Send;
  readonly #faults: { readonly path: RegExp; readonly fault: Fault }[] = [];
  #before: Response | null = null;
  /** The line is cut, or the server stopped. */
  down = false;
  /** Every request that was tried, in order. */
  readonly tried: string[] = [];
  /** Waits before each request is sent on; a test may hold a request here. */
  hold: (path: string) => Promise<void> = () => Promise.resolve();

  constructor(send: Send) {
    this.#send = send;
  }

  /** The next request whose path matches meets this fault. */
  next(fault: Fault, path = /./u): void {
    this.#faults.push({ path, fault });
  }

  /** The faults that nobody met yet are forgotten. */
  calm(): void {
    this.#faults.length = 0;
    this.down = false;
    this.hold = () => Promise.resolve();
  }

  async fetch(path: string, init: RequestInit): Promise<Response> {
    this.tried.push(path.split("?")[0] ?? path);
    await this.hold(path);
    if (this.down) throw new TypeError("Failed to fetch");
    const at = this.#faults.findIndex((waiting) => waiting.path.test(path));
    const fault = at < 0 ? null : (this.#faults.splice(at, 1)[0]?.fault ?? null);
    const response = await this.#through(fault, path, init);
    this.#before = response.clone();
    return response;
  }

  async #through(fault: Fault | null, path: string, init: RequestInit): Promise<Response> {
    switch (fault) {
      case null:
        return this.#send(path, init);
      case "request-lost":
      case "cut":
        throw new TypeError("Failed to fetch");
      case "answer-lost":
        await this.#send(path, init);
        throw new TypeError("Failed to fetch");
      case "twice":
        await this.#send(path, init);
        return this.#send(path, init);
      case "status-500":
        return new Response("<h1>500</h1>", { status: 500 });
      case "unsigned-200":
        return new Response("<h1>Welcome to the shop's Wi-Fi</h1>", { status: 200 });
      case "status-401":
        return new Response(null, { status: 401 });
      case "stale-answer":
        return this.#before?.clone() ?? new Response(null, { status: 502 });
      case "forged-receipt":
        return forgedReceipt(path, init);
      case "signature-broken":
        return brokenSignature(await this.#send(path, init), path);
    }
  }
}

/** All that a stranger on the line can know: the request, and what an answer looks like. */
async function forgedReceipt(path: string, init: RequestInit): Promise<Response> {
  const body = new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
  const sent = path.endsWith("/push") ? decodePush(body) : null;
  const last = sent?.entries.at(-1);
  const entry = last && decodeEntry(last.bytes);
  if (!sent || !last || !entry || entry.till === "server") throw new TypeError("Failed to fetch");
  const stranger = await newSigningPair(false);
  const answer = await signAnswer(stranger.privateKey, {
    lineage: sent.lineage,
    merchant: entry.merchant,
    till: entry.till,
    epoch: entry.epoch,
    seq: entry.seq,
    headHash: await hashEntry(last.bytes),
    result: "ok",
    detail: { kind: "none" },
    serverMs: entry.time.nowMs,
    requestHash: await hashRequest(body),
  });
  return new Response(encodeSignedAnswer(answer), { status: 200 });
}

async function brokenSignature(response: Response, path: string): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const isPage = path.includes("/feed");
  const signed = isPage ? decodeSignedPage(bytes) : decodeSignedAnswer(bytes);
  if (!signed) {
    // Neither answer nor page: any byte will do.
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    return new Response(bytes, { status: response.status });
  }
  const signature = signed.signature.slice();
  signature[40] = (signature[40] ?? 0) ^ 1;
  const changed = { bytes: signed.bytes, signature };
  return new Response(isPage ? encodeSignedPage(changed) : encodeSignedAnswer(changed), { status: 200 });
}
