import type { Pass } from "./decoder.ts";
import type { Area } from "./luma.ts";

/** Pictures up to this many pixels are looked at whole: a part of them saves nothing. */
const smallPicture = 640 * 480;

const wholePicture: Pass = { area: null, enlarged: false, denoise: false };

/**
 * The middle of the picture, where the aim frame is drawn: a square of 8/9 of the shorter side (640 of 720).
 * In whole, even pixels.
 */
export function aimArea(width: number, height: number): Area {
  return centred(width, height, 8 / 9);
}

/**
 * The looks at the next frame, in order, after `misses` frames without a code: the middle first and then all
 * of it; every third frame harder, because what was not read three times will not be read by the same look
 * again (`field/scanning.md` «What follows»). Each list costs at most two whole pictures.
 */
export function passesFor(width: number, height: number, misses: number): readonly Pass[] {
  const harder: Pass = { ...wholePicture, denoise: true };
  const closer: Pass = { area: centred(width, height, 1 / 2), enlarged: true, denoise: false };
  if (misses % 6 === 2) return [harder];
  if (misses % 6 === 5) return [closer, wholePicture];
  if (width * height <= smallPicture) return [wholePicture];
  return [{ area: aimArea(width, height), enlarged: false, denoise: false }, wholePicture];
}

function centred(width: number, height: number, share: number): Area {
  const side = Math.floor((Math.min(width, height) * share) / 2) * 2;
  return { left: (width - side) >> 1, top: (height - side) >> 1, width: side, height: side };
}
