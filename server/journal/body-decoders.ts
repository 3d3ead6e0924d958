// How bodies are read, by the version of their entry. A reader stays for good: entries are stored as signed,
// and the books are rebuilt from them (PROTOCOL §4).
import type { Entry } from "#protocol/entry.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";

/** What an entry says, or null when this reader does not know its kind or its body. */
type BodyDecoder = (kind: string, body: Entry["body"]) => TillBody | null;
export type BodyDecoders = ReadonlyMap<number, BodyDecoder>;

export const BODY_DECODERS: BodyDecoders = new Map([[1, decodeTillBody]]);

/** The body, or null: kept, receipted, and applied when a later build knows it. */
export function decodeBody(entry: Entry, decoders: BodyDecoders = BODY_DECODERS): TillBody | null {
  return decoders.get(entry.version ?? 1)?.(entry.kind, entry.body) ?? null;
}
