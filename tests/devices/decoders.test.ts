import { encode } from "uqr";
import { beforeAll, describe, expect, it } from "vitest";
import { chooseDecoder } from "#devices/choose-decoder.ts";
import { pictureOfLuma } from "#devices/decoder.ts";
import type { Decoder, Pass } from "#devices/decoder.ts";
import { crop, enlarge, lumaFromRgba, packRows } from "#devices/luma.ts";
import { createNativeDecoder } from "#devices/native-decoder.ts";
import { createZxingJsDecoder } from "#devices/zxing-js-decoder.ts";
import { createZxingWasmDecoder } from "#devices/zxing-wasm-decoder.ts";
import { drawModules } from "../camera-video.ts";
import { drawBars, ean13Bars, readerWasm, turnedBy90 } from "./pictures.ts";

const whole: Pass = { area: null, enlarged: false, denoise: false };
const paymentCode = `GT1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(9)}`.slice(0, 280);

function qr(text: string, width = 1280, height = 720): { data: Uint8Array; width: number; height: number } {
  return { data: drawModules(encode(text, { ecc: "M", border: 0 }).data, width, height).luma, width, height };
}

describe.each<[string, () => Promise<Decoder>]>([
  ["zxing-wasm", () => createZxingWasmDecoder({ bytes: readerWasm() })],
  ["zxing-js", async () => Promise.resolve(createZxingJsDecoder())],
])("%s", (engine, create) => {
  let decoder: Decoder;
  beforeAll(async () => {
    decoder = await create();
  });

  it("C2: reads a payment code of full length from a frame of the camera, and says where it is", async () => {
    const [found] = await decoder.read(pictureOfLuma(qr(paymentCode)), whole);
    expect(found).toMatchObject({ text: paymentCode, symbology: "qr" });
    expect(decoder.engine).toBe(engine);
    for (const { x, y } of found?.outline ?? []) {
      expect(x).toBeGreaterThan(300);
      expect(x).toBeLessThan(980);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(720);
    }
  });

  it("C2: reads a product's bar code", async () => {
    const card = pictureOfLuma(drawBars(ean13Bars("4006381333931"), 3, 640, 480));
    expect(await decoder.read(card, whole)).toMatchObject([{ text: "4006381333931", symbology: "ean-13" }]);
  });

  it("C2: tells an American product by the twelve digits that are printed on it", async () => {
    const card = pictureOfLuma(drawBars(ean13Bars("0036000291452"), 3, 640, 480));
    expect(await decoder.read(card, whole)).toMatchObject([{ text: "036000291452", symbology: "upc-a" }]);
  });

  it("gives corners of the whole picture when only a part was looked at", async () => {
    const area = { left: 280, top: 0, width: 720, height: 720 };
    const inPart = await decoder.read(pictureOfLuma(qr(paymentCode)), { ...whole, area });
    const inWhole = await decoder.read(pictureOfLuma(qr(paymentCode)), whole);
    const [part, all] = [inPart[0]?.outline[0], inWhole[0]?.outline[0]];
    expect(Math.abs((part?.x ?? 0) - (all?.x ?? 1000))).toBeLessThan(4);
    expect(Math.abs((part?.y ?? 0) - (all?.y ?? 1000))).toBeLessThan(4);
  });

  it("finds nothing where nothing is", async () => {
    const grey = { data: new Uint8Array(640 * 480).fill(128), width: 640, height: 480 };
    expect(await decoder.read(pictureOfLuma(grey), whole)).toEqual([]);
    expect(await decoder.read(pictureOfLuma(grey), { ...whole, denoise: true })).toEqual([]);
  });
});

describe("zxing-wasm in the dark and turned", () => {
  it("reads a code from a phone in dark mode, and a bar code on its side", async () => {
    const decoder = await createZxingWasmDecoder({ bytes: readerWasm() });
    const light = qr("GT1DARKMODE", 640, 480);
    const dark = { ...light, data: light.data.map((value) => 255 - value) };
    expect(await decoder.read(pictureOfLuma(dark), whole)).toMatchObject([{ text: "GT1DARKMODE" }]);
    const onItsSide = turnedBy90(drawBars(ean13Bars("4006381333931"), 3, 640, 480));
    expect(await decoder.read(pictureOfLuma(onItsSide), whole)).toMatchObject([{ text: "4006381333931" }]);
  });
});

describe("which engine reads", () => {
  const formats = ["qr_code", "code_128", "ean_13", "ean_8", "upc_a", "pdf417"];

  function browserWith(supported: readonly string[]): object {
    return {
      BarcodeDetector: class {
        static getSupportedFormats(): Promise<readonly string[]> {
          return Promise.resolve(supported);
        }
        detect(): Promise<readonly object[]> {
          return Promise.resolve([{ rawValue: "GT1", format: "qr_code", cornerPoints: [{ x: 1, y: 2 }] }]);
        }
      },
    };
  }

  it("the browser's own only where it lists every format a till needs", async () => {
    expect(await createNativeDecoder({})).toBeNull();
    expect(await createNativeDecoder(browserWith([]))).toBeNull();
    expect(await createNativeDecoder(browserWith(formats.slice(1)))).toBeNull();
    const native = await createNativeDecoder(browserWith(formats));
    expect(native?.engine).toBe("native");
    const source: ImageData = { data: new Uint8ClampedArray(4), width: 1, height: 1, colorSpace: "srgb" };
    const picture = { width: 1, height: 1, luma: pictureOfLuma(qr("GT1")).luma, source };
    expect(await native?.read(picture, whole)).toEqual([
      { text: "GT1", symbology: "qr", outline: [{ x: 1, y: 2 }] },
    ]);
  });

  it("else zxing-wasm, and @zxing/browser where WebAssembly cannot run", async () => {
    expect((await chooseDecoder({ bytes: readerWasm() })).first.engine).toBe("zxing-wasm");
    const compiled = globalThis.WebAssembly;
    try {
      Object.defineProperty(globalThis, "WebAssembly", {
        value: undefined,
        configurable: true,
        writable: true,
      });
      expect((await chooseDecoder({ bytes: new ArrayBuffer(0) })).first.engine).toBe("zxing-js");
    } finally {
      Object.defineProperty(globalThis, "WebAssembly", {
        value: compiled,
        configurable: true,
        writable: true,
      });
    }
  });
});

describe("pictures", () => {
  it("a part, twice its size, padding taken out, colour to brightness: each keeps its pixels", () => {
    const luma = { data: Uint8Array.from([0, 10, 20, 30, 40, 50]), width: 3, height: 2 };
    expect(crop(luma, { left: 1, top: 0, width: 2, height: 2 }).data).toEqual(
      Uint8Array.from([10, 20, 40, 50]),
    );
    const large = enlarge(luma);
    expect([large.width, large.height]).toEqual([6, 4]);
    expect(Array.from(large.data.subarray(0, 6))).toEqual([0, 5, 10, 15, 20, 20]);
    expect(Array.from(large.data.subarray(6, 12))).toEqual([15, 20, 25, 30, 35, 35]);
    expect(packRows(Uint8Array.from([1, 2, 9, 3, 4, 9]), 3, 2, 2).data).toEqual(
      Uint8Array.from([1, 2, 3, 4]),
    );
    const rgba = Uint8ClampedArray.from([255, 255, 255, 255, 0, 0, 0, 255]);
    expect(lumaFromRgba(rgba, 2, 1).data).toEqual(Uint8Array.from([255, 0]));
  });
});
