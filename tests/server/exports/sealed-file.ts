import { concat, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry, type SignedEntry } from "#protocol/entry.ts";
import { writeExport, type ExportHeader } from "#protocol/export-file.ts";
import { exportSealer } from "#protocol/export-seal.ts";
import type { Shop } from "../headless-till.ts";
import { ORIGIN } from "../services.ts";

/** A file of these entries as a till would save it, sealed to the shop's server. */
export async function sealedFile(
  shop: Shop,
  entries: readonly SignedEntry[],
  over: Partial<ExportHeader> = {},
): Promise<Bytes> {
  const key = shop.server.services.instance.exports;
  const [first, last] = [entries[0], entries.at(-1)].map((entry) => entry && decodeEntry(entry.bytes));
  if (!first || !last || first.till === "server") throw new Error("test: no till's entries");
  const facts = {
    lineage: shop.server.services.instance.lineage,
    merchant: first.merchant,
    till: first.till,
    epoch: first.epoch,
    first: first.seq,
    last: last.seq,
    kid: key.kid,
    ...over,
  };
  const pieces: Bytes[] = [];
  for await (const piece of writeExport(facts, await exportSealer(key.publicKey), entries))
    pieces.push(piece);
  return concat(...pieces);
}

/** Sends a file as the office's page does. */
export async function importFile(
  shop: Shop,
  body: Bytes | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly [number, Record<string, unknown>]> {
  const response = await shop.server.app.request(`${ORIGIN}/api/office/exports`, {
    method: "POST",
    body,
    headers: {
      origin: ORIGIN,
      host: new URL(ORIGIN).host,
      "content-type": "application/octet-stream",
      cookie: shop.owner.cookie,
      ...headers,
    },
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return [response.status, response.ok ? answer : (answer["error"] as Record<string, unknown>)];
}
