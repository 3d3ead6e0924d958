import type { Symbology } from "#domain/scanned-code.ts";
import { BarcodeFormat, BrowserMultiFormatOneDReader, BrowserQRCodeReader } from "@zxing/browser";
import {
  BinaryBitmap,
  ChecksumException,
  DecodeHintType,
  FormatException,
  HybridBinarizer,
  NotFoundException,
  RGBLuminanceSource,
} from "@zxing/library";
import type { Result as ZxingResult } from "@zxing/library";
import type { Decoder, Pass, Picture, Reading } from "./decoder.ts";
import { viewOf } from "./pass-view.ts";

const symbologies: ReadonlyMap<BarcodeFormat, Symbology> = new Map([
  [BarcodeFormat.QR_CODE, "qr"],
  [BarcodeFormat.CODE_128, "code-128"],
  [BarcodeFormat.EAN_13, "ean-13"],
  [BarcodeFormat.EAN_8, "ean-8"],
  [BarcodeFormat.UPC_A, "upc-a"],
]);

/**
 * The engine for browsers that run no WebAssembly. It reads less than half of what zxing-wasm reads, at ten
 * times the cost (`field/scanning.md`), which is why it is the last resort. About 130 KB gzip: import this
 * file lazily.
 */
export function createZxingJsDecoder(): Decoder {
  const hints = new Map<DecodeHintType, unknown>([
    [DecodeHintType.POSSIBLE_FORMATS, [...symbologies.keys()]],
  ]);
  const quick = createReaders(hints);
  const thorough = createReaders(new Map([...hints, [DecodeHintType.TRY_HARDER, true]]));
  return {
    engine: "zxing-js",
    takesPasses: true,
    async read(picture: Picture, pass: Pass): Promise<readonly Reading[]> {
      const view = await viewOf(picture, pass);
      const { data, width, height } = view.luma;
      const brightness = new Uint8ClampedArray(data.buffer, data.byteOffset, data.byteLength);
      const bitmap = new BinaryBitmap(new HybridBinarizer(new RGBLuminanceSource(brightness, width, height)));
      for (const reader of pass.denoise ? thorough : quick) {
        const found = readOrMiss(reader, bitmap);
        if (found === null) continue;
        const outline = found
          .getResultPoints()
          .map((point) => view.toPicture({ x: point.getX(), y: point.getY() }));
        const symbology = symbologies.get(found.getBarcodeFormat()) ?? "other";
        return [{ text: found.getText(), symbology, outline }];
      }
      return [];
    },
  };
}

type BitmapReader = Pick<BrowserQRCodeReader, "decodeBitmap">;

/**
 * One for each family: the library's reader of everything writes a stack trace to the console at every miss.
 */
function createReaders(hints: Map<DecodeHintType, unknown>): readonly BitmapReader[] {
  return [new BrowserQRCodeReader(hints), new BrowserMultiFormatOneDReader(hints)];
}

function readOrMiss(reader: BitmapReader, bitmap: BinaryBitmap): ZxingResult | null {
  try {
    return reader.decodeBitmap(bitmap);
  } catch (miss) {
    if (isMiss(miss)) return null;
    throw miss;
  }
}

/** The library says «nothing here» and «not quite a code» by throwing. */
function isMiss(thrown: unknown): boolean {
  return (
    thrown instanceof NotFoundException ||
    thrown instanceof ChecksumException ||
    thrown instanceof FormatException
  );
}
