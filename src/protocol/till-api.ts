/**
 * The till's API. Bodies and answers are CBOR (`application/cbor`); what each carries stands in the module
 * named.
 *
 *   POST /api/till/enrol        enrolment.ts  EnrolRequest → EnrolAnswer, or 4xx JSON `{ error: EnrolRefusal
 * }`
 *   GET  /api/till/challenge                  → 32 bytes, good for one hello within two minutes
 *   POST /api/till/hello        push.ts       Hello → HelloAnswer
 *   POST /api/till/readmit      readmission.ts Readmission → HelloAnswer, or 403 `not-readmitted`
 *   POST /api/till/push         push.ts       Push → SignedAnswer        (Authorization: Bearer token)
 *   POST /api/till/claim        claim.ts      ClaimRequest → SignedAnswer (Authorization: Bearer token)
 *   POST /api/till/parcel       export-parcel.ts ParcelPiece → ParcelAnswer (Authorization: Bearer token)
 *   GET  /api/till/feed?…       feed.ts       → SignedPage               (Authorization: Bearer token)
 *   GET  /api/till/events                     → text/event-stream, `data: {"type":"feed"}`: a hint to pull
 * (Bearer token)
 */
export const TILL_API: {
  readonly enrol: string;
  readonly challenge: string;
  readonly hello: string;
  readonly readmit: string;
  readonly push: string;
  readonly claim: string;
  readonly parcel: string;
  readonly feed: string;
  readonly events: string;
} = {
  enrol: "/api/till/enrol",
  challenge: "/api/till/challenge",
  hello: "/api/till/hello",
  readmit: "/api/till/readmit",
  push: "/api/till/push",
  claim: "/api/till/claim",
  parcel: "/api/till/parcel",
  feed: "/api/till/feed",
  events: "/api/till/events",
};
export const CBOR_TYPE = "application/cbor";
/** One request's answer is waited for this long, then it is «no answer». */
export const REQUEST_TIMEOUT_MS = 20_000;
