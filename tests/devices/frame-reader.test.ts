import { encode } from "uqr";
import { describe, expect, it } from "vitest";
import { pictureOfLuma } from "#devices/decoder.ts";
import type { Decoder, Pass, Picture, Reading } from "#devices/decoder.ts";
import { createFrameReader } from "#devices/frame-reader.ts";
import { aimOutline, placeOnCover } from "#devices/overlay.ts";
import { aimArea, passesFor } from "#devices/scan-plan.ts";
import { createSightingFilter, sameCodeMs } from "#devices/sighting-filter.ts";
import { createZxingWasmDecoder } from "#devices/zxing-wasm-decoder.ts";
import { drawModules } from "../camera-video.ts";
import { drawBars, ean13Bars, readerWasm } from "./pictures.ts";

const code = `GT1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(9)}`.slice(0, 280);
const outline = [
  { x: 640, y: 360 },
  { x: 1400, y: -5 },
];
const empty: Picture = pictureOfLuma({
  data: new Uint8Array(1280 * 720).fill(128),
  width: 1280,
  height: 720,
});

interface Scripted extends Decoder {
  readonly passes: Pass[];
  answer: (pass: Pass) => readonly Reading[];
}

function scripted(engine: Decoder["engine"], answer: Scripted["answer"], takesPasses = true): Scripted {
  const passes: Pass[] = [];
  return {
    engine,
    takesPasses,
    passes,
    answer,
    read(_, pass) {
      passes.push(pass);
      return Promise.resolve(this.answer(pass));
    },
  };
}

function reading(text: string, symbology: Reading["symbology"] = "qr"): Reading {
  return { text, symbology, outline };
}

describe("which reading of the camera is a scan", () => {
  it("C2: a QR code at once, and once only while it stays in view", () => {
    const filter = createSightingFilter();
    const qr = { text: code, symbology: "qr" } as const;
    expect(filter.isNewScan(qr, 0)).toBe(true);
    for (let atMs = 33; atMs < 10_000; atMs += 33) expect(filter.isNewScan(qr, atMs)).toBe(false);
  });

  it("the same code again only when it was out of view for 2 s", () => {
    const qr = { text: code, symbology: "qr" } as const;
    const soon = createSightingFilter();
    expect([soon.isNewScan(qr, 0), soon.isNewScan(qr, sameCodeMs - 1)]).toEqual([true, false]);
    const later = createSightingFilter();
    expect([later.isNewScan(qr, 0), later.isNewScan(qr, sameCodeMs)]).toEqual([true, true]);
    later.forget();
    expect(later.isNewScan(qr, sameCodeMs + 1)).toBe(true);
  });

  it("a product only when two frames within a second agree, so that one misread digit sells nothing", () => {
    for (const symbology of ["ean-13", "ean-8", "upc-a", "upc-e"] as const) {
      const filter = createSightingFilter();
      expect(filter.isNewScan({ text: "4006381333931", symbology }, 0)).toBe(false);
      expect(filter.isNewScan({ text: "4006381333948", symbology }, 33)).toBe(false);
      expect(filter.isNewScan({ text: "4006381333931", symbology }, 66)).toBe(true);
      expect(filter.isNewScan({ text: "4006381333948", symbology }, 1_100)).toBe(false);
    }
  });

  it("forgets the oldest of many codes instead of growing", () => {
    const filter = createSightingFilter();
    for (let n = 0; n < 100; n += 1) filter.isNewScan({ text: `CODE${n}`, symbology: "qr" }, n);
    expect(filter.isNewScan({ text: "CODE99", symbology: "qr" }, 101)).toBe(false);
    expect(filter.isNewScan({ text: "CODE0", symbology: "qr" }, 102)).toBe(true);
  });
});

describe("which looks a frame gets", () => {
  it("the middle first and then all of it; small pictures whole; every third miss harder", () => {
    expect(aimArea(1280, 720)).toEqual({ left: 320, top: 40, width: 640, height: 640 });
    expect(passesFor(1280, 720, 0)).toEqual([
      { area: aimArea(1280, 720), enlarged: false, denoise: false },
      { area: null, enlarged: false, denoise: false },
    ]);
    expect(passesFor(640, 480, 0)).toEqual([{ area: null, enlarged: false, denoise: false }]);
    expect(passesFor(1280, 720, 2)).toEqual([{ area: null, enlarged: false, denoise: true }]);
    expect(passesFor(1280, 720, 5)[0]).toMatchObject({ enlarged: true });
  });

  it("every area lies inside its picture, for any size", () => {
    for (const [width, height] of [
      [1, 1],
      [3, 500],
      [1279, 719],
      [720, 1280],
      [4000, 3000],
    ] as const)
      for (let misses = 0; misses < 12; misses += 1)
        for (const { area } of passesFor(width, height, misses)) {
          const { left, top, ...size } = area ?? { left: 0, top: 0, width, height };
          expect(
            Math.min(left, top, width - left - size.width, height - top - size.height),
          ).toBeGreaterThanOrEqual(0);
        }
  });
});

describe("a running camera", () => {
  it("C2: tells text, kind and corners in parts of the picture, and nothing else", async () => {
    const reader = createFrameReader({ first: scripted("zxing-wasm", () => [reading(code)]), backup: null });
    const corners = [
      { x: 0.5, y: 0.5 },
      { x: 1, y: 0 },
    ];
    expect(await reader.read(empty, 0)).toEqual({
      scans: [{ text: code, symbology: "qr", outline: corners }],
      outlines: [corners],
      engine: "zxing-wasm",
    });
    expect(await reader.read(empty, 40)).toMatchObject({ scans: [], outlines: [corners] });
    reader.forget();
    expect((await reader.read(empty, 80)).scans).toHaveLength(1);
  });

  it("looks no further than the first look that finds something, and an empty text is nothing", async () => {
    const found = scripted("zxing-wasm", () => [reading(code)]);
    await createFrameReader({ first: found, backup: null }).read(empty, 0);
    expect(found.passes).toHaveLength(1);
    const blank = scripted("zxing-wasm", () => [reading("")]);
    expect((await createFrameReader({ first: blank, backup: null }).read(empty, 0)).outlines).toEqual([]);
    expect(blank.passes).toHaveLength(2);
  });

  it("asks the second engine after eight frames without a code, and not before", async () => {
    const native = scripted("native", () => [], false);
    const wasm = scripted("zxing-wasm", () => [reading(code)]);
    let loads = 0;
    const reader = createFrameReader({
      first: native,
      backup() {
        loads += 1;
        return Promise.resolve(wasm);
      },
    });
    for (let frame = 0; frame < 8; frame += 1) expect((await reader.read(empty, frame)).scans).toEqual([]);
    expect(loads).toBe(0);
    expect((await reader.read(empty, 9)).scans).toHaveLength(1);
    expect([loads, native.passes.length]).toEqual([1, 9]);
  });

  it("goes on with the second engine when the first breaks, and gives up when there is none", async () => {
    const broken = scripted("native", () => {
      throw new TypeError("Barcode detection service unavailable.");
    });
    const wasm = scripted("zxing-wasm", () => [reading(code)]);
    const reader = createFrameReader({ first: broken, backup: () => Promise.resolve(wasm) });
    expect((await reader.read(empty, 0)).scans).toHaveLength(1);
    expect((await reader.read(empty, 40)).engine).toBe("zxing-wasm");
    expect(broken.passes).toHaveLength(1);
    await expect(createFrameReader({ first: broken, backup: null }).read(empty, 0)).rejects.toThrow(
      "unavailable",
    );
  });

  it("C2: reads a real payment code in one frame and a product in two", async () => {
    const first = await createZxingWasmDecoder({ bytes: readerWasm() });
    const reader = createFrameReader({ first, backup: null });
    const drawn = drawModules(encode(code, { ecc: "M", border: 0 }).data, 1280, 720).luma;
    const qr = pictureOfLuma({ data: drawn, width: 1280, height: 720 });
    expect((await reader.read(qr, 0)).scans).toMatchObject([{ text: code, symbology: "qr" }]);
    const card = pictureOfLuma(drawBars(ean13Bars("4006381333931"), 3, 1280, 720));
    expect((await reader.read(card, 40)).scans).toEqual([]);
    expect((await reader.read(card, 80)).scans).toMatchObject([
      { text: "4006381333931", symbology: "ean-13" },
    ]);
  });
});

describe("the overlay", () => {
  it("draws on a picture that fills its box, cut at the sides", () => {
    expect(aimOutline({ width: 1280, height: 720 })[0]).toEqual({ x: 0.25, y: 40 / 720 });
    const box = { width: 400, height: 400 };
    expect(placeOnCover({ x: 0.5, y: 0.5 }, { width: 1280, height: 720 }, box)).toEqual({ x: 200, y: 200 });
    expect(placeOnCover({ x: 0.5, y: 0 }, { width: 1280, height: 720 }, box)).toEqual({ x: 200, y: 0 });
    expect(placeOnCover({ x: 0, y: 0 }, { width: 1280, height: 720 }, box).x).toBeCloseTo(-155.6, 1);
  });
});
