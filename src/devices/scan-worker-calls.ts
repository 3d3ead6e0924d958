import type { Result } from "#domain/result.ts";
import type { DecoderEngine } from "./decoder.ts";
import type { Frame } from "./frame-picture.ts";
import type { FrameAnswer } from "./frame-reader.ts";

/**
 * A broken engine, told as a value: classes do not survive the way out of a worker. The worker must be
 * replaced.
 */
export interface DecoderFault {
  readonly code: "decoder-failed";
  /** The engine's own words, for the hardware check; no part of a picture or a code. */
  readonly detail: string;
}

/**
 * What the page may ask of scan.worker (comlink). Frames are transferred, not copied; the worker closes them.
 */
export interface ScanWorkerCalls {
  /** Loads an engine; the first frame is then read without delay. */
  prepare(): Promise<Result<DecoderEngine, DecoderFault>>;
  read(frame: Frame, nowMs: number): Promise<Result<FrameAnswer, DecoderFault>>;
  forget(): Promise<void>;
}
