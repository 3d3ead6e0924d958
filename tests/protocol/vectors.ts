import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fromHex } from "#protocol/bytes.ts";

// The golden vectors of docs/vectors: JSON in which «h'00ff'» stands for bytes, as in CBOR's diagnostic
// notation.

const folder = join(import.meta.dirname, "../../docs/vectors");
const bytesText = /^h'((?:[0-9a-f]{2})*)'$/;

/** One file of vectors, bytes revived. The caller says what shape it has: the files are ours and pinned. */
export function readVectors<T>(name: string): T {
  const text = readFileSync(join(folder, `${name}.json`), "utf8");
  return JSON.parse(text, (_key, value: unknown) => {
    const hex = typeof value === "string" ? bytesText.exec(value)?.[1] : undefined;
    return hex === undefined ? value : fromHex(hex);
  }) as T;
}
