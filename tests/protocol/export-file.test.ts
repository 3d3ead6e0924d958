import { beforeAll, describe, expect, it } from "vitest";
import { concat, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { keyId } from "#protocol/crypto.ts";
import type { SignedEntry } from "#protocol/entry.ts";
import { asStream } from "#protocol/export-bytes.ts";
import {
  encodeExportHeader,
  MAX_EXPORT_ENTRIES,
  openExport,
  readExportHeader,
  writeExport,
  type ExportHeader,
} from "#protocol/export-file.ts";
import { exportOpener, exportSealer } from "#protocol/export-seal.ts";
import { chain, EPOCH, salesBodies } from "./export-shop.ts";
import { newVaultPair, openShop, withByteChanged, type Shop } from "./shop.ts";

let shop: Shop;
let entries: readonly SignedEntry[];
let server: { readonly pair: CryptoKeyPair; readonly point: Bytes };
/** Small, so that a few entries make several chunks. */
const CHUNK = 700;

beforeAll(async () => {
  shop = await openShop();
  entries = (await chain(shop, salesBodies(9))).map((row) => row.signed);
  server = await newVaultPair();
});

async function factsFor(over: Partial<ExportHeader> = {}): Promise<Omit<ExportHeader, "enc">> {
  const { lineage, merchant, till } = shop;
  const kid = await keyId(server.point);
  return { lineage, merchant, till, epoch: EPOCH, first: 0, last: entries.length - 1, kid, ...over };
}

/** The file's pieces: magic with header, then chunk by chunk. */
async function pieces(over: Partial<ExportHeader> = {}, chosen = entries): Promise<Bytes[]> {
  const made: Bytes[] = [];
  const sealer = await exportSealer(server.point);
  for await (const piece of writeExport(await factsFor(over), sealer, chosen, CHUNK)) made.push(piece);
  return made;
}

/** Reads to the end as a server would: every entry's bytes in hex, or the refusal. */
async function read(file: Uint8Array, pair = server.pair): Promise<unknown> {
  const kid = toHex(await keyId(server.point));
  const opened = await openExport(asStream(file), async (header) =>
    toHex(header.kid) === kid ? exportOpener(pair, header.enc) : null,
  );
  if (!opened.ok) return opened.refusal;
  const found: string[] = [];
  for (;;) {
    const next = await opened.value.next();
    if (!next.ok) return next.refusal;
    if (next.value === null) return found;
    found.push(...next.value.map((entry) => toHex(entry.bytes)));
  }
}

describe("PROTOCOL §12 GTX1: what a till has not delivered, in a file only the server opens", () => {
  it("every entry comes out as it was signed, in order, from several chunks and from one", async () => {
    const made = await pieces();
    expect(made.length).toBeGreaterThan(3);
    const all = entries.map((entry) => toHex(entry.bytes));
    expect(await read(concat(...made))).toEqual(all);
    const one: Bytes[] = [];
    for await (const piece of writeExport(await factsFor(), await exportSealer(server.point), entries))
      one.push(piece);
    expect(one).toHaveLength(2);
    expect(await read(concat(...one))).toEqual(all);
  });

  it("comes in pieces of any size: cut at every byte", async () => {
    const file = concat(...(await pieces({ last: 1 }, entries.slice(0, 2))));
    const header = await readExportHeader(bytewise(file));
    expect(header.ok && header.value.epoch).toBe(EPOCH);
    const opened = await openExport(bytewise(file), async (h) => exportOpener(server.pair, h.enc));
    expect(opened.ok && (await opened.value.next()).ok).toBe(true);
  });

  it("says nothing in clear but whose it is: no amount, no operator, no sale", async () => {
    const file = toHex(concat(...(await pieces())));
    expect(file).not.toContain(toHex(utf8("cash")));
    expect(file).not.toContain("07".repeat(16));
  });

  it("I3: every changed byte is refused by a name, and never read", async () => {
    const file = concat(...(await pieces({ last: 1 }, entries.slice(0, 2))));
    const names = new Set<string>();
    for (let at = 0; at < file.length; at++) {
      const answer = (await read(withByteChanged(file, at))) as { code?: string };
      names.add(answer.code ?? `read with byte ${at} changed`);
    }
    expect([...names].toSorted()).toEqual([
      "export-cut-short",
      "export-damaged",
      "export-foreign-chunk",
      "export-header-bad",
      "export-reordered",
      "not-an-export",
    ]);
  });

  it("every truncation is refused as cut short, at a chunk's edge too", async () => {
    const made = await pieces();
    const file = concat(...made);
    for (let n = 1; n < made.length; n++) {
      expect(await read(concat(...made.slice(0, n)))).toEqual({ code: "export-cut-short" });
    }
    for (const length of [100, 200, file.length - 20, file.length - 1]) {
      expect(await read(file.slice(0, length))).toEqual({ code: "export-cut-short" });
    }
    expect(await read(file.slice(0, 3))).toEqual({ code: "not-an-export" });
  });

  it("a last chunk left out and the one before called the last: damaged, never «complete»", async () => {
    const made = await pieces();
    const before = made.at(-2);
    if (before === undefined) throw new Error("test: one chunk only");
    const claimed = concat(before);
    claimed[12] = 1;
    const chunk = made.length - 3;
    expect(await read(concat(...made.slice(0, -2), claimed))).toEqual({ code: "export-damaged", chunk });
  });

  it("chunks that changed places, and one renumbered to hide it", async () => {
    const [head, a, b, ...rest] = await pieces();
    if (!head || !a || !b) throw new Error("test: too few chunks");
    expect(await read(concat(head, b, a, ...rest))).toEqual({ code: "export-reordered", chunk: 0 });
    const [asFirst, asSecond] = [concat(b), concat(a)];
    asFirst[11] = 0;
    asSecond[11] = 1;
    expect(await read(concat(head, asFirst, asSecond, ...rest))).toEqual({
      code: "export-damaged",
      chunk: 0,
    });
  });

  it("a chunk of another file, and one with its mark forged", async () => {
    const [head, , ...rest] = await pieces();
    const [, foreign] = await pieces();
    if (!head || !foreign) throw new Error("test: too few chunks");
    expect(await read(concat(head, foreign, ...rest))).toEqual({ code: "export-foreign-chunk", chunk: 0 });
    const forged = concat(head.slice(-8), foreign.slice(8));
    expect(await read(concat(head, forged, ...rest))).toEqual({ code: "export-damaged", chunk: 0 });
  });

  it("bytes behind the end are refused: nobody knows what they were to say", async () => {
    expect(await read(concat(...(await pieces()), Uint8Array.of(0)))).toEqual({ code: "export-trailing" });
  });

  it("another installation's key is named; the right name over the wrong key opens nothing", async () => {
    const file = concat(...(await pieces({ kid: new Uint8Array(8) })));
    expect(await read(file)).toEqual({ code: "export-key-unknown" });
    const other = await newVaultPair();
    const answer = await read(concat(...(await pieces())), other.pair);
    expect(answer).toEqual({ code: "export-damaged", chunk: 0 });
  });

  it("a header over its bounds is refused before anything is opened, and taken at the bound", async () => {
    const enc = new Uint8Array(65);
    const bounds = async (first: number, last: number): Promise<unknown> => {
      const header = encodeExportHeader({ ...(await factsFor({ first, last })), enc });
      const { hash } = await import("node:crypto");
      const mark = hash("sha256", header, "buffer").subarray(0, 8);
      const file = concat(utf8("GTX1"), Uint8Array.of(0, header.length), header, mark);
      const answer = await readExportHeader(asStream(file));
      return answer.ok ? "taken" : answer.refusal;
    };
    expect(await bounds(5, 4)).toEqual({ code: "export-header-bad" });
    expect(await bounds(0, MAX_EXPORT_ENTRIES)).toEqual({ code: "export-header-bad" });
    expect(await bounds(0, MAX_EXPORT_ENTRIES - 1)).toBe("taken");
  });

  it("fewer, more or other entries than the header names: content bad, by the first seq", async () => {
    const short = concat(...(await pieces({}, entries.slice(0, 5))));
    expect(await read(short)).toEqual({ code: "export-content-bad", seq: 5 });
    const long = concat(...(await pieces({ last: 4 })));
    expect(await read(long)).toEqual({ code: "export-content-bad", seq: 5 });
    const moved = concat(...(await pieces({ first: 3, last: 12 })));
    expect(await read(moved)).toEqual({ code: "export-content-bad", seq: 3 });
    const other = concat(...(await pieces({ till: new Uint8Array(16) })));
    expect(await read(other)).toEqual({ code: "export-content-bad", seq: 0 });
  });
});

async function* bytewise(file: Uint8Array): AsyncGenerator<Uint8Array> {
  for (const byte of file) yield Uint8Array.of(byte);
}
