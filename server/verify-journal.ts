// `npm run verify-journal -- FILE [--keys FILE]`: checks a journal file with public keys alone, without a
// server and without a database (B10). Exit code 0: all of it holds; 1: it does not, and the first bad entry
// is named; 2: the command itself was wrong.
import { createReadStream, readFileSync } from "node:fs";
import { verifyJournal } from "#protocol/export-verify.ts";
import { readTrustedRoots } from "./exports/trusted-roots.ts";
import { sayVerdict, verifyUsage } from "./exports/verify-words.ts";

const exits = { holds: 0, bad: 1, usage: 2 } as const;

async function run(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  if (asked === null) return refuse(verifyUsage);
  let trusted: ReadonlySet<string> | null = null;
  if (asked.keys !== null) {
    const text = readText(asked.keys);
    if (text === null) return refuse(`Cannot read ${asked.keys}. 无法读取 ${asked.keys}。`);
    trusted = readTrustedRoots(text);
    if (trusted === null) return refuse(`${asked.keys} is no keys file. ${asked.keys} 不是密钥文件。`);
  }
  try {
    const verdict = await verifyJournal(createReadStream(asked.file), trusted);
    process.stdout.write(`${sayVerdict(verdict, asked.keys !== null)}\n`);
    return verdict.ok ? exits.holds : exits.bad;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
    return refuse(`Cannot read ${asked.file}. 无法读取 ${asked.file}。`);
  }
}

function refuse(words: string): number {
  process.stderr.write(`${words}\n`);
  return exits.usage;
}

function readArguments(
  args: readonly string[],
): { readonly file: string; readonly keys: string | null } | null {
  const rest = [...args];
  const at = rest.indexOf("--keys");
  const keys = at < 0 ? null : (rest.splice(at, 2)[1] ?? "");
  const [file, ...more] = rest;
  if (file === undefined || file.startsWith("--") || more.length > 0 || keys === "") return null;
  return { file, keys };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === undefined) throw fault;
    return null;
  }
}

process.exitCode = await run(process.argv.slice(2));
