/** Where a tablet finds the till: an address that works there, or those that only lack https. */
export type TillAddress =
  | { readonly kind: "good"; readonly address: string }
  | { readonly kind: "local-only"; readonly addresses: readonly string[] };

/**
 * `origin` is where this office was opened, `known` the server's own addresses. A tablet that opens
 * «localhost» opens itself; one that opens plain http gets neither camera nor an offline start.
 */
export function tillAddress(origin: string, known: readonly string[]): TillAddress {
  if (!isLocal(origin)) return { kind: "good", address: `${origin}/` };
  const others = known.filter((address) => !isLocal(address));
  const secure = others.find((address) => address.startsWith("https://"));
  if (secure !== undefined) return { kind: "good", address: `${secure}/` };
  return { kind: "local-only", addresses: others.map((address) => `${address}/`) };
}

function isLocal(address: string): boolean {
  const { hostname } = new URL(address);
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
