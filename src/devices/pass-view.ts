import type { Pass, Picture, Reading } from "./decoder.ts";
import { crop, enlarge } from "./luma.ts";
import type { Luma } from "./luma.ts";
import type { Point } from "./scanner.ts";

/** The pixels one pass looks at, and the way back from them to the whole picture. */
export interface PassView {
  readonly luma: Luma;
  readonly toPicture: (pixel: Point) => Point;
}

export async function viewOf(picture: Picture, pass: Pass): Promise<PassView> {
  const whole = await picture.luma();
  const cut = pass.area === null ? whole : crop(whole, pass.area);
  const luma = pass.enlarged ? enlarge(cut) : cut;
  const scale = pass.enlarged ? 2 : 1;
  const left = pass.area?.left ?? 0;
  const top = pass.area?.top ?? 0;
  return { luma, toPicture: ({ x, y }) => ({ x: left + x / scale, y: top + y / scale }) };
}

/** The outline in parts of the picture instead of pixels, kept inside it. */
export function normalisedOutline(
  reading: Reading,
  picture: { readonly width: number; readonly height: number },
): readonly Point[] {
  const toUnit = (value: number, size: number): number => Math.min(1, Math.max(0, value / size));
  return reading.outline.map(({ x, y }) => ({ x: toUnit(x, picture.width), y: toUnit(y, picture.height) }));
}
