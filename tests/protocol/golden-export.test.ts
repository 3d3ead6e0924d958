import { describe, expect, it } from "vitest";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { SignedEntry } from "#protocol/entry.ts";
import { asStream } from "#protocol/export-bytes.ts";
import { encodeExportHeader, openExport, type ExportHeader } from "#protocol/export-file.ts";
import { encodeJournalRecord, JOURNAL_MAGIC, JournalReader } from "#protocol/export-journal.ts";
import { exportOpener } from "#protocol/export-seal.ts";
import { verifyJournal } from "#protocol/export-verify.ts";
import { readVectors } from "./vectors.ts";

// What docs/protocol.md §12 pins: files that a till of today saved must open for ever, and a journal that
// somebody keeps must be checkable for ever.

interface Vectors {
  readonly export: {
    readonly header: ExportHeader;
    readonly headerBytes: Bytes;
    readonly file: Bytes;
    readonly entries: readonly SignedEntry[];
  };
  readonly journal: {
    readonly file: Bytes;
    readonly entries: number;
    readonly sales: number;
    readonly sumMinor: number;
    readonly headHash: Bytes;
  };
}
interface Key {
  readonly pkcs8: Bytes;
  readonly point: Bytes;
  readonly thumbprint: Bytes;
}
const golden = readVectors<Vectors>("export");
const { keys } = readVectors<{ keys: Record<"root" | "vault", Key> }>("keys");

describe("golden: files", () => {
  it("an export file opens with its key, to the entries as they were signed", async () => {
    expect(toHex(encodeExportHeader(golden.export.header))).toBe(toHex(golden.export.headerBytes));
    const ecdh: EcKeyImportParams = { name: "ECDH", namedCurve: "P-256" };
    const pair = {
      publicKey: await crypto.subtle.importKey("raw", keys.vault.point, ecdh, true, []),
      privateKey: await crypto.subtle.importKey("pkcs8", keys.vault.pkcs8, ecdh, false, ["deriveBits"]),
    };
    const opened = await openExport(asStream(golden.export.file), async (header) =>
      exportOpener(pair, header.enc),
    );
    if (!opened.ok) throw new Error(opened.refusal.code);
    expect(opened.value.header).toEqual(golden.export.header);
    const entries: SignedEntry[] = [];
    let chunks = 0;
    for (;;) {
      const chunk = await opened.value.next();
      if (!chunk.ok) throw new Error(chunk.refusal.code);
      if (chunk.value === null) break;
      entries.push(...chunk.value);
      chunks++;
    }
    expect(entries).toEqual(golden.export.entries);
    expect(chunks).toBeGreaterThan(1);
  });

  it("a journal file: every record reads and encodes to the same bytes, and all of it holds", async () => {
    const { file, entries, sales, sumMinor, headHash } = golden.journal;
    const reader = new JournalReader(asStream(file));
    let text = toHex(JOURNAL_MAGIC);
    for (let read = await reader.next(); read.kind === "record"; read = await reader.next())
      text += toHex(encodeJournalRecord(read.record));
    expect(text).toBe(toHex(file));
    const verdict = await verifyJournal(asStream(file), new Set([toHex(keys.root.thumbprint)]));
    expect(verdict).toMatchObject({
      ok: true,
      summary: {
        entries,
        sales,
        headHex: toHex(headHash),
        sums: [{ currency: "CNY", method: "cash", sumMinor }],
      },
    });
  });
});
