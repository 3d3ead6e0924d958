import { closeSync, openSync, writeSync } from "node:fs";

/**
 * Films for Chromium's fake camera. Start it with
 * `--use-fake-device-for-media-stream --use-fake-ui-for-media-stream
 * --use-file-for-fake-video-capture=<absolute path>`; the film runs in a loop.
 */

export interface CameraVideo {
  /** Where to write; `.y4m`. */
  readonly file: string;
  /** What is held before the camera, one after the other: QR modules, true = dark. */
  readonly codes: readonly (readonly (readonly boolean[])[])[];
  /** Frames each code stays; 15 are a second. */
  readonly framesEach?: number;
  /** Frames of an empty counter between two codes, so that each is seen to leave. */
  readonly framesBetween?: number;
  readonly width?: number;
  readonly height?: number;
}

export interface CameraVideoFacts {
  readonly frames: number;
  /** Pixels a module of each code. */
  readonly modulePx: readonly number[];
}

const framesPerSecond = 15;
const quietModules = 4;
/** A picture of 300 frames at 720p is 415 MB: more is a slip. */
const maxFrames = 300;
const white = 235;
const black = 16;
const counter = 120;

/** Writes the film. Throws when a code would have less than 3 pixels a module: no camera would read it. */
export function writeCameraVideo(video: CameraVideo): CameraVideoFacts {
  const width = video.width ?? 1280;
  const height = video.height ?? 720;
  const framesEach = video.framesEach ?? 30;
  const framesBetween = video.framesBetween ?? (video.codes.length > 1 ? 5 : 0);
  const frames = video.codes.length * (framesEach + framesBetween);
  if (frames > maxFrames) throw new RangeError(`${frames} frames are more than ${maxFrames}`);
  const modulePx: number[] = [];
  const file = openSync(video.file, "w");
  try {
    writeSync(file, `YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`);
    const empty = frameOf(Buffer.alloc(width * height, counter), width, height);
    for (const modules of video.codes) {
      const drawn = drawModules(modules, width, height);
      modulePx.push(drawn.modulePx);
      const frame = frameOf(drawn.luma, width, height);
      for (let i = 0; i < framesEach; i += 1) writeSync(file, frame);
      for (let i = 0; i < framesBetween; i += 1) writeSync(file, empty);
    }
  } finally {
    closeSync(file);
  }
  return { frames, modulePx };
}

/** One picture of a code in the middle of a grey counter, with its white quiet zone. */
export function drawModules(
  modules: readonly (readonly boolean[])[],
  width: number,
  height: number,
): { readonly luma: Buffer; readonly modulePx: number } {
  const size = modules.length + quietModules * 2;
  const modulePx = Math.floor((Math.min(width, height) * 0.94) / size);
  if (modulePx < 3) throw new RangeError(`${modules.length} modules do not fit ${width}x${height}`);
  const luma = Buffer.alloc(width * height, counter);
  const left = (width - size * modulePx) >> 1;
  const top = (height - size * modulePx) >> 1;
  for (let y = 0; y < size * modulePx; y += 1) {
    const row = modules[Math.floor(y / modulePx) - quietModules];
    const start = (top + y) * width + left;
    luma.fill(white, start, start + size * modulePx);
    row?.forEach((dark, column) => {
      const from = start + (column + quietModules) * modulePx;
      if (dark) luma.fill(black, from, from + modulePx);
    });
  }
  return { luma, modulePx };
}

function frameOf(luma: Buffer, width: number, height: number): Buffer {
  return Buffer.concat([Buffer.from("FRAME\n"), luma, Buffer.alloc((width * height) / 2, 128)]);
}
