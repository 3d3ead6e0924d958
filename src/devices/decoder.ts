import type { Symbology } from "#domain/scanned-code.ts";
import type { Area, Luma } from "./luma.ts";
import type { Point } from "./scanner.ts";

export type DecoderEngine = "native" | "zxing-wasm" | "zxing-js";

/** One frame, in whichever form an engine likes it; nothing is converted before it is asked for. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly luma: () => Promise<Luma>;
  /** The frame itself, for the browser's own detector; valid until the frame is closed. */
  readonly source: VideoFrame | ImageBitmap | ImageData;
}

/** One look at a picture: where, how large, how hard. */
export interface Pass {
  /** Null: all of it. */
  readonly area: Area | null;
  readonly enlarged: boolean;
  /** A second try on a closed-up picture: reads a little more, a miss costs about four times as much. */
  readonly denoise: boolean;
}

export interface Reading {
  readonly text: string;
  readonly symbology: Symbology;
  /** In pixels of the picture that was given, all of it. */
  readonly outline: readonly Point[];
}

/**
 * An engine that finds codes in pictures. May throw when the engine itself breaks: the worker is then
 * replaced.
 */
export interface Decoder {
  readonly engine: DecoderEngine;
  /** Whether looking at a part, or harder, means anything to this engine. */
  readonly takesPasses: boolean;
  read(picture: Picture, pass: Pass): Promise<readonly Reading[]>;
}

/** A picture that is brightness already: for tests, benchmarks and still images. */
export function pictureOfLuma(luma: Luma): Picture {
  return {
    width: luma.width,
    height: luma.height,
    luma: () => Promise.resolve(luma),
    get source(): never {
      throw new TypeError("a picture made of luma has no browser frame behind it");
    },
  };
}
