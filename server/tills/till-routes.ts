// The till's door: CBOR in, signed CBOR out (src/protocol/till-api.ts). What cannot be signed for is answered
// unsigned, which a till takes for «no answer».
import type { Context, Hono } from "hono";
import { fromHex, sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeClaimRequest, signClaimAnswer } from "#protocol/claim.ts";
import { decodeEnrolRequest, encodeEnrolAnswer } from "#protocol/enrolment.ts";
import { encodeSignedPage } from "#protocol/feed.ts";
import {
  decodeHello,
  decodePush,
  encodeHelloAnswer,
  encodeSignedAnswer,
  hashGet,
  hashRequest,
  signAnswer,
  type SignedAnswer,
} from "#protocol/push.ts";
import { decodeReadmission } from "#protocol/readmission.ts";
import { CBOR_TYPE, TILL_API } from "#protocol/till-api.ts";
import { readUnsent } from "#protocol/unsent-words.ts";
import { decodeVaultHalfRequest, VAULT_HALF_PATH } from "#protocol/vault-half.ts";
import type { Books } from "../books.ts";
import { answerClaim } from "../codes/claims.ts";
import { readFeedPage } from "../feed/page.ts";
import { clientKey } from "../http/client-address.ts";
import type { AppEnv } from "../http/env.ts";
import { eventStream, StreamSeats } from "../http/event-stream.ts";
import { rateLimit, type RateLimit } from "../http/rate-limits.ts";
import { refuse } from "../http/refusal.ts";
import { ingest, type Verdict } from "../journal/ingest.ts";
import { answerVaultHalf } from "../secrets/vault-half.ts";
import type { Services } from "../services.ts";
import { noteUnsent } from "./delivery-words.ts";
import { enrol } from "./enrol.ts";
import { answerHello } from "./hello.ts";
import { readmit } from "./readmit.ts";
import { AnsweredChallenges, newChallenge, readToken, type Bearer } from "./tokens.ts";

/**
 * Tries of activation codes, or of certificates after a restore, from one address, and in all: 40 secret bits
 * outlast them by far.
 */
const enrolPerAddress = { burst: 10, everyMs: 6000, mostKeys: 10_000 };
const enrolInAll = { burst: 200, everyMs: 300, mostKeys: 1 };
/** Challenges and hellos of one address: a shop's tills behind one router share it. */
const hellosPerAddress = { burst: 120, everyMs: 500, mostKeys: 10_000 };
/**
 * Pushes of one bearer: ten thousand entries a second and a long catch-up at once, which no tablet can send.
 * Who is told to wait keeps what it has and sends it again: it is no answer, and refuses no money for good.
 */
const PUSHES_OF_A_TILL = { burst: 1000, everyMs: 10, mostKeys: 10_000 } as const;
/** Claims of one till: a customer is served in seconds, a program gone wild asks without end. */
const claimsOfATill = { burst: 120, everyMs: 250, mostKeys: 10_000 };
/** Halves of a till's vault: one a start, and some more when the line is bad. */
export const HALVES_OF_A_TILL = { burst: 30, everyMs: 20_000, mostKeys: 10_000 } as const;
/** The page’s own, and some that have not noticed yet that they are over. */
const streamsOfATill = 4;

/** Mounts `/api/till/*`. `books` is opened once, by whoever mounts. */
export function tillRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  // Not the wall clock: set back, it would keep every till of the shop waiting for as long as it was wrong.
  const steadyMs = (): number => performance.now();
  const perAddress = rateLimit(enrolPerAddress, steadyMs);
  const inAll = rateLimit(enrolInAll, steadyMs);
  const hellos = rateLimit(hellosPerAddress, steadyMs);
  const readmissions = rateLimit(enrolPerAddress, steadyMs);
  const readmissionsInAll = rateLimit(enrolInAll, steadyMs);
  const claims = rateLimit(claimsOfATill, steadyMs);
  const pushes = rateLimit(PUSHES_OF_A_TILL, steadyMs);
  const halves = rateLimit(HALVES_OF_A_TILL, steadyMs);
  const answered = new AnsweredChallenges();
  const seats = new StreamSeats(streamsOfATill);

  app.post(TILL_API.enrol, async (c) => {
    const waitMs = perAddress.takeMs(clientKey(c)) || inAll.takeMs("all");
    if (waitMs > 0) return tooMany(c, waitMs);
    const request = decodeEnrolRequest(await body(c));
    if (request === null) return refuse(c, 400, { code: "activation-mistyped" });
    const done = await enrol(await books(), request);
    // Only misses count: a shop that sets up all its tills in one go sits behind one address. The misses
    // before stay counted: whoever holds one used code could else guess at the others without end.
    if (done.ok) perAddress.giveBack(clientKey(c));
    return done.ok ? cbor(c, encodeEnrolAnswer(done.value)) : refuse(c, 403, done.refusal);
  });

  app.get(TILL_API.challenge, async (c) => {
    if (!mayKnock(c, hellos)) return tooMany(c, 1000);
    return cbor(c, await newChallenge((await books()).tokenKey, services.nowMs()));
  });

  app.post(TILL_API.hello, async (c) => {
    if (!mayKnock(c, hellos)) return tooMany(c, 1000);
    const bytes = await body(c);
    const hello = decodeHello(bytes);
    if (hello === null) return refuse(c, 400, { code: "not-a-hello" });
    const open = await books();
    if (!(await answered.take(open.tokenKey, hello.challenge, services.nowMs()))) {
      return refuse(c, 403, { code: "challenge-stale" });
    }
    const outcome = await answerHello(open, hello);
    if (outcome === null) return refuse(c, 404, { code: "unknown-till" });
    const answer = await signed(open, outcome.verdict, bytes);
    return cbor(c, encodeHelloAnswer({ answer, token: outcome.token }));
  });

  app.post(TILL_API.readmit, async (c) => {
    const waitMs = readmissions.takeMs(clientKey(c)) || readmissionsInAll.takeMs("all");
    if (waitMs > 0) return tooMany(c, waitMs);
    const bytes = await body(c);
    const asked = decodeReadmission(bytes);
    if (asked === null) return refuse(c, 400, { code: "not-a-readmission" });
    const open = await books();
    const outcome = await readmit(open, asked, (challenge) =>
      answered.take(open.tokenKey, challenge, services.nowMs()),
    );
    // Everything that is not genuine is refused alike, and counted.
    if (outcome === null) return refuse(c, 403, { code: "not-readmitted" });
    readmissions.giveBack(clientKey(c));
    const answer = await signed(open, outcome.verdict, bytes);
    return cbor(c, encodeHelloAnswer({ answer, token: outcome.token }));
  });

  app.post(TILL_API.push, async (c) => {
    const open = await books();
    const who = await bearer(c, open);
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    const waitMs = pushes.takeMs(toHex(who.till));
    if (waitMs > 0) return tooMany(c, waitMs);
    const bytes = await body(c);
    const push = decodePush(bytes);
    if (push === null) return refuse(c, 400, { code: "not-a-push" });
    const done = await ingest(open, who.merchant, push);
    if (!done.ok) return refuse(c, done.refusal.code === "not-a-push" ? 400 : 404, done.refusal);
    return cbor(c, encodeSignedAnswer(await signed(open, done.value, bytes)));
  });

  app.post(TILL_API.claim, async (c) => {
    const open = await books();
    const who = await bearer(c, open);
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    const waitMs = claims.takeMs(toHex(who.till));
    if (waitMs > 0) return tooMany(c, waitMs);
    const bytes = await body(c);
    const claim = decodeClaimRequest(bytes);
    if (claim?.epoch !== who.epoch) return refuse(c, 400, { code: "not-a-claim" });
    // A till that has not heard of our lineage claims by numbers that may mean something else here.
    if (!sameBytes(claim.lineage, open.instance.lineage)) return refuse(c, 409, { code: "another-lineage" });
    const decision = await answerClaim(open, who, claim);
    const signed = await signClaimAnswer(open.instance.answer.privateKey, {
      ...claim,
      merchant: who.merchant,
      till: who.till,
      decision,
      requestHash: await hashRequest(bytes),
    });
    return cbor(c, encodeSignedAnswer(signed));
  });

  app.post(VAULT_HALF_PATH, async (c) => {
    const open = await books();
    const who = await bearer(c, open);
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    const waitMs = halves.takeMs(toHex(who.till));
    if (waitMs > 0) return tooMany(c, waitMs);
    const bytes = await body(c);
    const request = decodeVaultHalfRequest(bytes);
    if (request === null) return refuse(c, 400, { code: "not-a-vault-half-request" });
    const answer = await answerVaultHalf(open, who, request, bytes);
    return answer === null ? refuse(c, 403, { code: "till-not-in-service" }) : cbor(c, answer);
  });

  app.get(TILL_API.feed, async (c) => {
    const open = await books();
    const who = await bearer(c, open);
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    const asked = readFeedQuery(c);
    if (asked === null) return refuse(c, 400, { code: "not-a-feed-request" });
    const url = new URL(c.req.url);
    const requestHash = await hashGet(url.pathname + url.search);
    const words = readUnsent(c.req.query("unsent") ?? "");
    if (words !== null) await noteUnsent(open.db, who, words, services.nowMs());
    const page = await readFeedPage(open, { ...who, from: asked.from, requestHash });
    return page === null ? refuse(c, 404, { code: "unknown-till" }) : cbor(c, encodeSignedPage(page));
  });

  app.get(TILL_API.events, async (c) => {
    const who = await bearer(c, await books());
    if (who === null) return refuse(c, 401, { code: "token-needed" });
    return eventStream(c, services, who.merchant, ["feed"], seats, toHex(who.till));
  });
}

/** Unsigned, and so no answer: whoever asked keeps everything and asks again. */
function tooMany(c: Context<AppEnv>, waitMs: number): Response {
  c.header("retry-after", String(Math.ceil(waitMs / 1000)));
  return refuse(c, 429, { code: "too-many-tries", waitMs } as const);
}

function mayKnock(c: Context<AppEnv>, limit: RateLimit): boolean {
  return limit.takeMs(clientKey(c)) === 0;
}

async function body(c: Context<AppEnv>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await c.req.arrayBuffer());
}

function cbor(c: Context<AppEnv>, bytes: Uint8Array<ArrayBuffer>): Response {
  return c.body(bytes, 200, { "content-type": CBOR_TYPE, "cache-control": "no-store" });
}

/** Whose token the request carries; null without one of ours. */
export async function bearer(c: Context<AppEnv>, books: Books): Promise<Bearer | null> {
  const token = /^Bearer ([A-Za-z0-9_-]{1,300})$/u.exec(c.req.header("authorization") ?? "")?.[1];
  return token === undefined ? null : await readToken(books.tokenKey, token, books.nowMs());
}

function readFeedQuery(
  c: Context<AppEnv>,
): { readonly from: number | "full"; readonly nonce: Uint8Array } | null {
  const from = c.req.query("from") ?? "";
  const nonce = c.req.query("nonce") ?? "";
  if (!/^[0-9a-f]{32}$/u.test(nonce)) return null;
  if (from === "full") return { from, nonce: fromHex(nonce) };
  const version = Number(from);
  if (!/^[0-9]{1,16}$/u.test(from) || !Number.isSafeInteger(version)) return null;
  return { from: version, nonce: fromHex(nonce) };
}

async function signed(books: Books, verdict: Verdict, request: Uint8Array): Promise<SignedAnswer> {
  return await signAnswer(books.instance.answer.privateKey, {
    ...verdict,
    lineage: books.instance.lineage,
    serverMs: await books.clock.signedMs(),
    requestHash: await hashRequest(request),
  });
}
