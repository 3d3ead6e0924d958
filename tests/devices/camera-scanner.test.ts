import { describe, expect, it, vi } from "vitest";
import { createCameraScanner } from "#devices/camera-scanner.ts";
import type { CameraScanner, RememberedCamera } from "#devices/camera-scanner.ts";
import type { ScannerRefusal } from "#devices/scanner.ts";

/**
 * A page without a camera picture: what the scanner says and lets go of when something is missing or breaks.
 */
interface Scene {
  readonly scanner: CameraScanner;
  readonly troubles: ScannerRefusal[];
  readonly track: EventTarget & { stopped: boolean };
  readonly video: { srcObject: unknown };
}

const nothingRemembered: RememberedCamera = {
  read: () => Promise.resolve(null),
  write: () => Promise.resolve(),
};

function scene(startWorker: () => Worker, withVideo = true, remembered = nothingRemembered): Scene {
  const track = Object.assign(new EventTarget(), {
    stopped: false,
    getSettings: () => ({ deviceId: "back" }),
    getCapabilities: () => ({}),
    stop(this: { stopped: boolean }) {
      this.stopped = true;
    },
  });
  const stream = { getVideoTracks: () => [track], getTracks: () => [track] } as unknown as MediaStream;
  const video = {
    srcObject: null as unknown,
    play: () => Promise.resolve(),
    requestVideoFrameCallback: () => 1,
    cancelVideoFrameCallback: () => undefined,
  };
  const scanner = createCameraScanner({
    startWorker,
    video: () => (withVideo ? (video as unknown as HTMLVideoElement) : null),
    remembered,
    nowMs: () => 0,
    host: {
      isSecureContext: true,
      mediaDevices: {
        getUserMedia: () => Promise.resolve(stream),
        enumerateDevices: () => Promise.resolve([]),
      },
    },
  });
  const troubles: ScannerRefusal[] = [];
  scanner.onTrouble((refusal) => troubles.push(refusal));
  return { scanner, troubles, track, video };
}

/** Answers every call of the page's side with «an engine is ready». */
function readyWorker(): Worker {
  const worker = Object.assign(new EventTarget(), {
    postMessage(message: { readonly id: string }) {
      const value = { type: "RAW", value: { ok: true, value: "zxing-wasm" }, id: message.id };
      queueMicrotask(() => worker.dispatchEvent(new MessageEvent("message", { data: value })));
    },
    terminate: () => undefined,
  });
  return worker as unknown as Worker;
}

describe("C2: the camera as a scanner", () => {
  it("without a place to show the picture, starts nothing", async () => {
    const startWorker = vi.fn<() => Worker>();
    const { scanner } = scene(startWorker, false);
    expect(await scanner.start()).toEqual({ ok: false, refusal: { code: "unsupported" } });
    expect(startWorker).not.toHaveBeenCalled();
  });

  it("without a decoder, lets the camera go and says so", async () => {
    const { scanner, track, video } = scene(() => {
      throw new TypeError("blocked by policy");
    });
    expect(await scanner.start()).toEqual({ ok: false, refusal: { code: "decoder-failed" } });
    expect([track.stopped, video.srcObject]).toEqual([true, null]);
  });

  it("a camera pulled out while it scans is told once, and it can be started again", async () => {
    const { scanner, track, troubles, video } = scene(readyWorker);
    expect(await scanner.start()).toMatchObject({ ok: true });
    track.dispatchEvent(new Event("ended"));
    track.dispatchEvent(new Event("ended"));
    expect(troubles).toEqual([{ code: "camera-lost" }]);
    expect([track.stopped, video.srcObject]).toEqual([true, null]);
    expect(await scanner.start()).toMatchObject({ ok: true });
    expect(video.srcObject).not.toBeNull();
  });

  it("a memory that cannot be read costs the choice of camera, not the scan", async () => {
    const forbidden = () => Promise.reject(new DOMException("denied", "SecurityError"));
    const { scanner, video } = scene(readyWorker, true, { read: forbidden, write: forbidden });
    expect(await scanner.start()).toMatchObject({ ok: true });
    expect(video.srcObject).not.toBeNull();
  });

  it("a stop before the remembered camera is known leaves the camera off", async () => {
    const { scanner, video } = scene(readyWorker);
    const started = scanner.start();
    scanner.stop();
    await started;
    expect([video.srcObject, scanner.hasTorch()]).toEqual([null, false]);
  });
});
