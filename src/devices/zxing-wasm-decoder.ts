import type { Symbology } from "#domain/scanned-code.ts";
import { encodeFormats, prepareZXingModule } from "zxing-wasm/reader";
import type { ZXingReaderModule, ZXingReaderOptions, ZXingReadResult, ZXingVector } from "zxing-wasm/reader";
import type { Decoder, Pass, Picture, Reading } from "./decoder.ts";
import type { Luma } from "./luma.ts";
import { viewOf } from "./pass-view.ts";

/**
 * Options of the module itself; their numbers are places in the library's own lists. Why:
 * `field/scanning.md`.
 */
const baseOptions = {
  formats: encodeFormats(["QRCode", "Code128", "EAN13", "EAN8", "UPCA", "UPCE"]),
  tryHarder: true,
  // Without it bar codes turned by 90° are not read at all.
  tryRotate: true,
  // Reads codes shown by a phone in dark mode.
  tryInvert: true,
  // Without it phone screens held close to the camera are lost (17 of 17 → 1).
  tryDownscale: true,
  tryDenoise: false,
  binarizer: 0,
  isPure: false,
  downscaleThreshold: 500,
  downscaleFactor: 2,
  minLineCount: 2,
  // One symbol would halve the scan lines for bar codes.
  maxNumberOfSymbols: 2,
  validateOptionalChecksum: false,
  returnErrors: false,
  eanAddOnSymbol: 0,
  textMode: 0,
  characterSet: 0,
  tryCode39ExtendedMode: false,
} as const;

const symbologies: Readonly<Record<string, Symbology>> = {
  QRCode: "qr",
  QRCodeModel1: "qr",
  QRCodeModel2: "qr",
  Code128: "code-128",
  EAN13: "ean-13",
  ISBN: "ean-13",
  EAN8: "ean-8",
  UPCA: "upc-a",
  UPCE: "upc-e",
};

/**
 * The list of findings lives in the module's memory until it is deleted; the library's types do not say so.
 */
interface ResultList extends ZXingVector<ZXingReadResult> {
  delete(): void;
}

/**
 * The module with its memory. The library's types leave that to a global package this layer does not load.
 */
interface ZxingModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  readBarcodesFromPixmap(at: number, width: number, height: number, options: ZXingReaderOptions): ResultList;
}

/**
 * Where the module's own file is: an address of ours in the browser, its bytes under Node. Never the
 * library's CDN.
 */
export type WasmPlace = { readonly url: string } | { readonly bytes: ArrayBuffer };

/**
 * The engine that reads most (DESIGN §10): ZXing-C++ fed with brightness straight into its memory. Throws
 * when the module cannot be compiled here, or its file does not come.
 */
export async function createZxingWasmDecoder(place: WasmPlace): Promise<Decoder> {
  const overrides = "url" in place ? { locateFile: () => place.url } : { wasmBinary: place.bytes };
  const zxing = (await prepareZXingModule({ overrides, fireImmediately: true })) as ZXingReaderModule &
    ZxingModule;
  return {
    engine: "zxing-wasm",
    takesPasses: true,
    async read(picture: Picture, pass: Pass): Promise<readonly Reading[]> {
      const view = await viewOf(picture, pass);
      return readLuma(zxing, view.luma, pass.denoise).map((reading) => ({
        ...reading,
        outline: reading.outline.map((point) => view.toPicture(point)),
      }));
    },
  };
}

function readLuma(zxing: ZxingModule, luma: Luma, denoise: boolean): readonly Reading[] {
  const size = luma.width * luma.height;
  const at = zxing._malloc(size);
  if (at === 0) throw new RangeError(`no memory for a picture of ${size} bytes`);
  try {
    zxing.HEAPU8.set(luma.data, at);
    const options = { ...baseOptions, tryDenoise: denoise };
    const found = zxing.readBarcodesFromPixmap(at, luma.width, luma.height, options);
    const readings: Reading[] = [];
    for (let i = 0; i < found.size(); i += 1) {
      const result = found.get(i);
      if (result === undefined || !result.isValid) continue;
      const { topLeft, topRight, bottomRight, bottomLeft } = result.position;
      readings.push({
        ...asPrinted(result.text, symbologies[result.format] ?? "other"),
        outline: [topLeft, topRight, bottomRight, bottomLeft],
      });
    }
    // Left alone, an hour of scanning would fill the module's memory.
    found.delete();
    return readings;
  } finally {
    zxing._free(at);
  }
}

/**
 * The module tells a UPC-A as an EAN-13 that begins with 0, which on paper is the same thing, and a UPC-E as
 * the UPC-A it stands for; the twelve digits are what is printed and looked up.
 */
function asPrinted(text: string, symbology: Symbology): Pick<Reading, "text" | "symbology"> {
  if (!/^0[0-9]{12}$/.test(text) || !["ean-13", "upc-a", "upc-e"].includes(symbology))
    return { text, symbology };
  return { text: text.slice(1), symbology: symbology === "ean-13" ? "upc-a" : symbology };
}
