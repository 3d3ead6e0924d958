import { accepted, refused } from "#domain/result.ts";
import type { Result } from "#domain/result.ts";
import { browserCameraHost, listCameras, openCamera } from "./camera.ts";
import type { CameraChoice, CameraHost, OpenCamera } from "./camera.ts";
import { startFrameLoop, takeFrame } from "./frame-loop.ts";
import type { FrameLoop } from "./frame-loop.ts";
import type { FrameAnswer } from "./frame-reader.ts";
import { createListeners } from "./listeners.ts";
import { createScanWorkerLink } from "./scan-worker-link.ts";
import type { Outline, ScanEvent, Scanner, ScannerRefusal, Unsubscribe } from "./scanner.ts";

/** Where the chosen camera is kept between two starts; the caller decides where that is. */
export interface RememberedCamera {
  read(): Promise<string | null>;
  write(deviceId: string): Promise<void>;
}

export interface CameraScannerOptions {
  /**
   * Starts workers/scan.worker as a module worker, under the page's own Trusted Types policy:
   * `() => new Worker(appWorkerUrl(scanWorkerUrl), { type: "module" })`. Called at the first start, not
   * before.
   */
  readonly startWorker: () => Worker;
  /** The element that shows the picture, asked at each start; null refuses with `unsupported`. */
  readonly video: () => HTMLVideoElement | null;
  readonly remembered: RememberedCamera;
  /** Monotonic, in milliseconds: `() => performance.now()`. */
  readonly nowMs: () => number;
  readonly host?: CameraHost;
}

/** The camera as a scanner. */
export interface CameraScanner extends Scanner {
  readonly source: "camera";
  /** Whether the open camera has a lamp; false while stopped. */
  hasTorch(): boolean;
  /** Answers whether the lamp now is as asked. */
  setTorch(on: boolean): Promise<boolean>;
  cameras(): Promise<readonly CameraChoice[]>;
  /** Changes to another camera and remembers it. */
  useCamera(deviceId: string): Promise<Result<void, ScannerRefusal>>;
  /** Where codes are in the present picture (empty: none), for the overlay; at most once a frame. */
  onOutlines(listener: (outlines: readonly Outline[]) => void): Unsubscribe;
  /** Stops and ends the worker. A stopped scanner keeps it, so that the next start takes no time. */
  close(): void;
}

/** How often a decoder may die in one run before the scanner gives up. */
const maxDecoderDeaths = 5;

/**
 * The camera of the till: opens the right one, feeds its frames to the decode worker, one at a time, and
 * tells what was read. Nothing runs before `start()`: no worker, no wasm, no camera; `stop()` switches the
 * camera off.
 *
 * ```ts
 * const scanner = createCameraScanner({ startWorker, video: () => ref.current, remembered, nowMs });
 * scanner.onScan(({ text }) => engine.presentScan(text));
 * scanner.onTrouble((refusal) => show(refusal.code));
 * const started = await scanner.start(); // refused: insecure-context, permission-denied, camera-busy,
 * no-camera … ```
 *
 * A code is told once while it stays in view, again after 2 s out of view, and again after every `start()`.
 */
export function createCameraScanner(options: CameraScannerOptions): CameraScanner {
  const host = options.host ?? browserCameraHost();
  const scans = createListeners<ScanEvent>();
  const troubles = createListeners<ScannerRefusal>();
  const outlines = createListeners<readonly Outline[]>();
  const link = createScanWorkerLink(options.startWorker);
  let camera: OpenCamera | null = null;
  let loop: FrameLoop | null = null;
  let shown: HTMLVideoElement | null = null;
  let rememberedId: string | null = null;
  /** Counts starts and stops, so that what was begun before a stop finds out that it is over. */
  let run = 0;
  let starting: Promise<Result<void, ScannerRefusal>> | null = null;
  let frameInFlight = false;
  let deaths = 0;

  function stop(): void {
    run += 1;
    starting = null;
    loop?.stop();
    loop = null;
    camera?.close();
    camera = null;
    if (shown !== null) shown.srcObject = null;
    shown = null;
    deaths = 0;
    outlines.tell([]);
  }

  function giveUp(refusal: ScannerRefusal): void {
    stop();
    troubles.tell(refusal);
  }

  async function open(deviceId: string | null): Promise<Result<void, ScannerRefusal>> {
    run += 1;
    const mine = run;
    const video = options.video();
    if (video === null) return refused({ code: "unsupported" });
    // The engine loads while the person answers the browser's question and the camera wakes up.
    const prepared = link.prepare();
    const opened = await openCamera(host, deviceId, () => giveUp({ code: "camera-lost" }));
    if (mine !== run) {
      if (opened.ok) opened.value.close();
      return accepted(undefined);
    }
    if (!opened.ok) return opened;
    camera = opened.value;
    shown = video;
    video.muted = true;
    video.playsInline = true;
    video.srcObject = camera.stream;
    const playing = await play(video);
    const engine = await prepared;
    if (mine !== run) return accepted(undefined);
    if (!playing || !engine.ok) {
      stop();
      return refused({ code: playing ? "decoder-failed" : "unsupported" });
    }
    link.forget();
    loop = startFrameLoop(video, () => void look(video, mine));
    return accepted(undefined);
  }

  async function look(video: HTMLVideoElement, mine: number): Promise<void> {
    // One frame in flight: a slow tablet skips pictures, it never queues them.
    if (frameInFlight) return;
    frameInFlight = true;
    try {
      const frame = await takeFrame(video);
      if (frame === null) return;
      const atMs = options.nowMs();
      const answer = await link.read(frame, atMs);
      if (mine !== run) return;
      if (answer.ok) tell(answer.value, atMs);
      else {
        deaths += 1;
        if (deaths >= maxDecoderDeaths) giveUp({ code: "decoder-failed" });
      }
    } finally {
      frameInFlight = false;
    }
  }

  function tell(answer: FrameAnswer, atMs: number): void {
    outlines.tell(answer.outlines);
    if (answer.scans.length > 0) void rememberWhatReads();
    for (const { text, symbology, outline } of answer.scans)
      scans.tell({ text, symbology, source: "camera", atMs, outline });
  }

  /** The camera that has read a code is the right one; one that only opened may look at the ceiling. */
  async function rememberWhatReads(): Promise<void> {
    const id = camera?.deviceId ?? null;
    if (id === null || id === rememberedId) return;
    rememberedId = id;
    await writeRemembered(options.remembered, id);
  }

  return {
    source: "camera",
    async start() {
      if (camera !== null) return accepted(undefined);
      const asked = run;
      starting ??= readRemembered(options.remembered).then((deviceId) => {
        rememberedId = deviceId;
        // Stopped while the memory was read: opening now would leave the camera on with nobody looking.
        return asked === run ? open(deviceId) : accepted(undefined);
      });
      const mine = starting;
      const started = await mine;
      if (starting === mine) starting = null;
      return started;
    },
    stop,
    close() {
      stop();
      link.close();
    },
    hasTorch: () => camera?.hasTorch ?? false,
    setTorch: (on) => camera?.setTorch(on) ?? Promise.resolve(false),
    cameras: () => listCameras(host),
    async useCamera(deviceId) {
      stop();
      const opened = await open(deviceId);
      if (opened.ok) await rememberWhatReads();
      return opened;
    },
    onScan: scans.add,
    onTrouble: troubles.add,
    onOutlines: outlines.add,
  };
}

/** Whether the picture runs. A stop in between interrupts it; the caller sees that by its own count. */
async function play(video: HTMLVideoElement): Promise<boolean> {
  try {
    await video.play();
    return true;
  } catch (cause) {
    if (cause instanceof DOMException) return cause.name === "AbortError";
    throw cause;
  }
}

/** Storage that is full or forbidden costs the choice of camera, never the scan. */
async function readRemembered(remembered: RememberedCamera): Promise<string | null> {
  try {
    return await remembered.read();
  } catch (cause) {
    if (cause instanceof Error) return null;
    throw cause;
  }
}

async function writeRemembered(remembered: RememberedCamera, deviceId: string): Promise<boolean> {
  try {
    await remembered.write(deviceId);
    return true;
  } catch (cause) {
    if (cause instanceof Error) return false;
    throw cause;
  }
}
