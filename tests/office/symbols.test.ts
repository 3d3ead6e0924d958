import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type Decoder, pictureOfLuma } from "#devices/decoder.ts";
import { createZxingWasmDecoder } from "#devices/zxing-wasm-decoder.ts";
import { code128Of } from "../../src/office/symbols/code-128.ts";
import { barPath, qrPath } from "../../src/office/symbols/symbol-path.ts";
import { readerWasm } from "../devices/pictures.ts";
import { fakeCode } from "./fake-shop.ts";

const PIXELS = 3;
const wholePicture = { area: null, enlarged: false, denoise: false };

/** Paints a path of upright rectangles as the screen would, three pixels a module. */
function paint(
  path: string,
  width: number,
  height: number,
): { data: Uint8Array; width: number; height: number } {
  const size = { width: width * PIXELS, height: height * PIXELS };
  const data = new Uint8Array(size.width * size.height).fill(255);
  for (const [, x, y, wide, high] of path.matchAll(/M(\d+) (\d+)h(\d+)v(\d+)H\d+z/gu)) {
    const [left, top, across, down] = [x, y, wide, high].map((each) => Number(each) * PIXELS);
    for (let row = top ?? 0; row < (top ?? 0) + (down ?? 0); row += 1) {
      data.fill(0, row * size.width + (left ?? 0), row * size.width + (left ?? 0) + (across ?? 0));
    }
  }
  return { data, ...size };
}

describe("G8: what the office draws, the till's own decoder reads", () => {
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await createZxingWasmDecoder({ bytes: readerWasm() });
  });

  async function read(path: string, width: number, height: number): Promise<string | undefined> {
    const found = await decoder.read(pictureOfLuma(paint(path, width, height)), wholePicture);
    return found[0]?.text;
  }

  it("the bars: any code's 16 digits", async () => {
    const digits = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 16, maxLength: 16 });
    await fc.assert(
      fc.asyncProperty(digits, async (each) => {
        const number = each.join("");
        const { path, width, height } = barPath(number);
        expect(await read(path, width, height)).toBe(number);
      }),
      { numRuns: 200 },
    );
  });

  it("the QR symbol: a payment code of full length, small enough for a 58 mm label", async () => {
    const { qrText } = fakeCode("C0DE00000001", 0);
    const { path, side } = qrPath(qrText ?? "");
    expect(await read(path, side, side)).toBe(qrText);
    // 48 mm of printed width: half a millimetre a module is what cheap label printers still draw cleanly.
    expect(48 / side).toBeGreaterThan(0.5);
  });
});

it("refuses to draw bars of what is no even count of digits", () => {
  expect(() => code128Of("123")).toThrow("even count");
  expect(() => code128Of("12a4")).toThrow("even count");
});
