import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Luma } from "#devices/luma.ts";

/** The decoder's own file, as the browser would fetch it. */
export function readerWasm(): ArrayBuffer {
  const path = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  return new Uint8Array(readFileSync(path)).buffer;
}

const left = [
  "0001101",
  "0011001",
  "0010011",
  "0111101",
  "0100011",
  "0110001",
  "0101111",
  "0111011",
  "0110111",
  "0001011",
];
const right = left.map((bars) => bars.replace(/./g, (bar) => (bar === "0" ? "1" : "0")));
const mirrored = right.map((bars) => bars.split("").toReversed().join(""));
const parities = [
  "LLLLLL",
  "LLGLGG",
  "LLGGLG",
  "LLGGGL",
  "LGLLGG",
  "LGGLLG",
  "LGGGLL",
  "LGLGLG",
  "LGLGGL",
  "LGGLGL",
];

/** The bars of an EAN-13, true = dark, with the quiet zones on both sides. */
export function ean13Bars(digits: string): readonly boolean[] {
  const parity = parities[Number(digits.charAt(0))] ?? "";
  const first = Array.from(digits.slice(1, 7), (digit, at) =>
    (parity.charAt(at) === "L" ? left : mirrored).at(Number(digit)),
  );
  const second = Array.from(digits.slice(7), (digit) => right[Number(digit)]);
  const bars = `101${first.join("")}01010${second.join("")}101`;
  return Array.from(`${"0".repeat(11)}${bars}${"0".repeat(11)}`, (bar) => bar === "1");
}

/** A picture of bars, `modulePx` wide each, in the middle of a white card. */
export function drawBars(bars: readonly boolean[], modulePx: number, width: number, height: number): Luma {
  const data = new Uint8Array(width * height).fill(235);
  const from = (width - bars.length * modulePx) >> 1;
  for (let y = height >> 2; y < height - (height >> 2); y += 1)
    bars.forEach((dark, at) => {
      const start = y * width + from + at * modulePx;
      if (dark) data.fill(16, start, start + modulePx);
    });
  return { data, width, height };
}

export function turnedBy90(luma: Luma): Luma {
  const { width, height } = luma;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) data[x * height + (height - 1 - y)] = luma.data[y * width + x] ?? 0;
  return { data, width: height, height: width };
}
