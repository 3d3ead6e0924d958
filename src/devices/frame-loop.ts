import type { Frame } from "./frame-picture.ts";

export interface FrameLoop {
  stop(): void;
}

/** Calls back at most once for each picture the camera delivers, until stopped. */
export function startFrameLoop(video: HTMLVideoElement, onFrame: () => void): FrameLoop {
  let stopped = false;
  // Older browsers lack the callback, whatever the types say: there, every repaint is taken for a new
  // picture.
  const everyPicture = "requestVideoFrameCallback" in video;
  let pending = 0;
  const next = (): void => {
    if (stopped) return;
    pending = everyPicture ? video.requestVideoFrameCallback(seen) : requestAnimationFrame(seen);
  };
  const seen = (): void => {
    if (stopped) return;
    next();
    onFrame();
  };
  next();
  return {
    stop() {
      stopped = true;
      if (everyPicture) video.cancelVideoFrameCallback(pending);
      else cancelAnimationFrame(pending);
    },
  };
}

/**
 * Takes the picture now on `video` in the cheapest form this browser has: a VideoFrame (measured: nothing on
 * the main thread), else an ImageBitmap, else its pixels. Null when there is no picture yet.
 */
export async function takeFrame(video: HTMLVideoElement): Promise<Frame | null> {
  if (video.videoWidth === 0 || video.readyState < 2) return null;
  try {
    if ("VideoFrame" in globalThis) return new VideoFrame(video);
    if ("createImageBitmap" in globalThis) return await createImageBitmap(video);
  } catch (cause) {
    // The picture went away between the question and the taking, as when the camera is switched off: none,
    // then.
    if (cause instanceof DOMException) return null;
    throw cause;
  }
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  if (context === null) return null;
  context.drawImage(video, 0, 0);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
