import type { Symbology } from "#domain/scanned-code.ts";
import type { Decoder, Picture, Reading } from "./decoder.ts";
import type { Point } from "./scanner.ts";

interface NativeBarcode {
  readonly rawValue: string;
  readonly format: string;
  readonly cornerPoints: readonly Point[];
}

interface NativeDetector {
  detect(source: Picture["source"]): Promise<readonly NativeBarcode[]>;
}

/** `BarcodeDetector` of the Shape Detection API; TypeScript's libraries do not know it. */
export interface NativeDetectorClass {
  new (options: { readonly formats: readonly string[] }): NativeDetector;
  getSupportedFormats(): Promise<readonly string[]>;
}

const symbologies: ReadonlyMap<string, Symbology> = new Map([
  ["qr_code", "qr"],
  ["code_128", "code-128"],
  ["ean_13", "ean-13"],
  ["ean_8", "ean-8"],
  ["upc_a", "upc-a"],
  ["upc_e", "upc-e"],
]);

/** What a till cannot do without; the rest is taken where it is offered. */
const needed = ["qr_code", "code_128", "ean_13", "ean_8", "upc_a"];

/**
 * The browser's own detector, or null where it is missing or does not list every format a till needs: without
 * Google services it exists with an empty list (`field/payments.md` «Kiosk and platform»).
 */
export async function createNativeDecoder(scope: object = globalThis): Promise<Decoder | null> {
  if (!("BarcodeDetector" in scope)) return null;
  // Only its presence can be checked; what it answers is checked below by its formats.
  const Detector = scope.BarcodeDetector as NativeDetectorClass;
  const supported = await Detector.getSupportedFormats();
  if (!needed.every((format) => supported.includes(format))) return null;
  const detector = new Detector({ formats: supported.filter((format) => symbologies.has(format)) });
  return {
    engine: "native",
    takesPasses: false,
    async read(picture: Picture): Promise<readonly Reading[]> {
      const found = await detector.detect(picture.source);
      return found.map((code) => ({
        text: code.rawValue,
        symbology: symbologies.get(code.format) ?? "other",
        outline: code.cornerPoints.map(({ x, y }) => ({ x, y })),
      }));
    },
  };
}
