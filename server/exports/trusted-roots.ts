// The reader's own keys: a file that the owner downloaded, or wrote down, before there was anything to doubt.

const MAX_ROOTS = 100;

/**
 * The thumbprints (hex) of a keys file (`JournalKeysFile`); null when the text is none. A root may stand by
 * its thumbprint alone: that is what fits on paper.
 */
export function readTrustedRoots(text: string): ReadonlySet<string> | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    return null;
  }
  if (!isRecord(read) || read["format"] !== "guitai-keys" || read["version"] !== 1) return null;
  const roots = read["roots"];
  if (!Array.isArray(roots) || roots.length === 0 || roots.length > MAX_ROOTS) return null;
  const prints = new Set<string>();
  for (const root of roots as readonly unknown[]) {
    const print = isRecord(root) ? root["thumbprint"] : null;
    if (typeof print !== "string" || !/^[0-9a-f]{64}$/u.test(print)) return null;
    prints.add(print);
  }
  return prints;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
