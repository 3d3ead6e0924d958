import {
  BarcodeFormat,
  BinaryBitmap,
  DecodeHintType,
  GlobalHistogramBinarizer,
  MultiFormatReader,
  RGBLuminanceSource,
} from "@zxing/library";
import fc from "fast-check";
import { expect, it } from "vitest";
import { CODE_128_QUIET, code128Of } from "../../src/office/symbols/code-128.ts";

/** Draws the bars three pixels a module and reads them with a reader that is not ours. */
function read(digits: string): string {
  const { widths, modules } = code128Of(digits);
  const [scale, height] = [3, 40];
  const width = (modules + 2 * CODE_128_QUIET) * scale;
  const row = new Uint8ClampedArray(width).fill(255);
  let x = CODE_128_QUIET * scale;
  for (const [index, bar] of widths.entries()) {
    if (index % 2 === 0) row.fill(0, x, x + bar * scale);
    x += bar * scale;
  }
  const pixels = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y += 1) pixels.set(row, y * width);
  const reader = new MultiFormatReader();
  reader.setHints(new Map([[DecodeHintType.POSSIBLE_FORMATS, [BarcodeFormat.CODE_128]]]));
  const source = new RGBLuminanceSource(pixels, width, height);
  return reader.decode(new BinaryBitmap(new GlobalHistogramBinarizer(source))).getText();
}

it("G8: the bars on a label read back as the code's 16 digits", () => {
  const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(digits, (each) => read(each.join("")) === each.join("")),
    { numRuns: 200 },
  );
  expect(read("9048817265530176")).toBe("9048817265530176");
});

it("refuses to draw what is no even count of digits", () => {
  expect(() => code128Of("123")).toThrow("even count");
  expect(() => code128Of("12a4")).toThrow("even count");
});
