import type { Picture } from "./decoder.ts";
import { lumaFromRgba, packRows } from "./luma.ts";
import type { Luma } from "./luma.ts";

/** What the page hands over: the camera's frame as it is, or what an older browser can make of it. */
export type Frame = VideoFrame | ImageBitmap | ImageData;

/** Makes pictures of frames; keeps its buffers from one frame to the next. One frame at a time. */
export type PictureMaker = (frame: Frame) => Picture;

/** Formats whose first plane is brightness. */
const planar: ReadonlySet<string> = new Set(["I420", "I420A", "I422", "I444", "NV12"]);

export function createPictureMaker(): PictureMaker {
  let planes = new Uint8Array(0);
  let canvas: OffscreenCanvas | null = null;

  async function lumaOfVideoFrame(frame: VideoFrame, width: number, height: number): Promise<Luma> {
    if (frame.format === null || !planar.has(frame.format)) return lumaByCanvas(frame, width, height);
    const size = frame.allocationSize();
    if (planes.byteLength < size) planes = new Uint8Array(size);
    const [y] = await frame.copyTo(planes);
    if (y === undefined) return lumaByCanvas(frame, width, height);
    return packRows(planes.subarray(y.offset), y.stride, width, height);
  }

  /** For frames that live on the graphics card, or in a format without a plane of brightness. */
  function lumaByCanvas(frame: VideoFrame | ImageBitmap, width: number, height: number): Luma {
    if (canvas === null || canvas.width !== width || canvas.height !== height)
      canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new TypeError("no 2d canvas in this worker");
    context.drawImage(frame, 0, 0, width, height);
    return lumaFromRgba(context.getImageData(0, 0, width, height).data, width, height);
  }

  async function lumaOf(frame: Frame, width: number, height: number): Promise<Luma> {
    if (isVideoFrame(frame)) return lumaOfVideoFrame(frame, width, height);
    if ("data" in frame) return lumaFromRgba(frame.data, width, height);
    return lumaByCanvas(frame, width, height);
  }

  return (frame) => {
    const { width, height } = sizeOf(frame);
    let luma: Promise<Luma> | null = null;
    return {
      width,
      height,
      source: frame,
      luma: () => (luma ??= lumaOf(frame, width, height)),
    };
  };
}

/** Gives the camera its buffer back; a frame that is kept stops the camera after a few more. */
export function closeFrame(frame: Frame): void {
  if ("close" in frame) frame.close();
}

function isVideoFrame(frame: Frame): frame is VideoFrame {
  return "codedWidth" in frame;
}

function sizeOf(frame: Frame): { readonly width: number; readonly height: number } {
  if (!isVideoFrame(frame)) return { width: frame.width, height: frame.height };
  const seen = frame.visibleRect;
  return { width: seen?.width ?? frame.codedWidth, height: seen?.height ?? frame.codedHeight };
}
