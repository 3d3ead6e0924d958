import type { Decoder } from "./decoder.ts";
import { createNativeDecoder } from "./native-decoder.ts";
import type { WasmPlace } from "./zxing-wasm-decoder.ts";

/**
 * The engines of this browser: the first one reads every frame, `backup` helps when it keeps missing or
 * breaks.
 */
export interface DecoderChoice {
  readonly first: Decoder;
  /** Loaded at its first call only; null when there is no other engine. */
  readonly backup: (() => Promise<Decoder>) | null;
}

/**
 * Picks by what really runs here (DESIGN §10): the browser's own detector, else zxing-wasm, else
 * @zxing/browser. Each engine is loaded only when it is chosen. Throws when not even the last one can be
 * loaded.
 */
export async function chooseDecoder(wasm: WasmPlace): Promise<DecoderChoice> {
  const native = await nativeOrNull();
  if (native !== null) return { first: native, backup: () => loadBest(wasm) };
  return { first: await loadBest(wasm), backup: null };
}

async function nativeOrNull(): Promise<Decoder | null> {
  try {
    return await createNativeDecoder();
  } catch (cause) {
    // A detector that cannot even list its formats is no detector; the engines of our own take over.
    if (cause instanceof Error) return null;
    throw cause;
  }
}

async function loadBest(wasm: WasmPlace): Promise<Decoder> {
  if (typeof WebAssembly === "object") {
    try {
      const { createZxingWasmDecoder } = await import("./zxing-wasm-decoder.ts");
      return await createZxingWasmDecoder(wasm);
    } catch (cause) {
      // Compiled code refused by policy, out of memory, file not cached: a slow scanner is better than none.
      if (!(cause instanceof Error)) throw cause;
    }
  }
  const { createZxingJsDecoder } = await import("./zxing-js-decoder.ts");
  return createZxingJsDecoder();
}
