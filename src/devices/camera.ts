import { accepted, refused } from "#domain/result.ts";
import type { Result } from "#domain/result.ts";
import type { ScannerRefusal } from "./scanner.ts";

/** The parts of the browser a camera needs; a test or a native bridge brings its own. */
export interface CameraHost {
  readonly isSecureContext: boolean;
  /** Undefined where the browser has none, or hides it from an insecure page. */
  readonly mediaDevices: Pick<MediaDevices, "getUserMedia" | "enumerateDevices"> | undefined;
}

export interface CameraChoice {
  readonly deviceId: string;
  /** As the system names it; empty before the permission was given. */
  readonly label: string;
}

export interface OpenCamera {
  readonly stream: MediaStream;
  readonly deviceId: string | null;
  /** Whether this camera has a lamp that can be switched on. */
  readonly hasTorch: boolean;
  /** Answers whether the lamp now is as asked. */
  setTorch(on: boolean): Promise<boolean>;
  /** Lets go of the camera; its light goes out. `lost` is not told afterwards. */
  close(): void;
}

/** Focus and torch are in Chromium's tracks but not in TypeScript's libraries. */
interface TrackAbilities extends MediaTrackCapabilities {
  readonly torch?: boolean;
  readonly focusMode?: readonly string[];
}

type ExtraConstraints = MediaTrackConstraintSet & { readonly torch?: boolean; readonly focusMode?: string };

/** 720p at 30 frames: what the decoder was measured with; a camera with less gives what it has. */
const picture = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

/** The browser's own camera. */
export function browserCameraHost(): CameraHost {
  return { isSecureContext: globalThis.isSecureContext, mediaDevices: globalThis.navigator.mediaDevices };
}

/**
 * Opens the camera of that id, or, without one or when it is gone, the one that looks away from the screen;
 * any camera is better than none. `lost` is told once when the camera goes away while open. Never throws.
 */
export async function openCamera(
  host: CameraHost,
  deviceId: string | null,
  lost: () => void,
): Promise<Result<OpenCamera, ScannerRefusal>> {
  if (!host.isSecureContext) return refused({ code: "insecure-context" });
  const devices = host.mediaDevices;
  if (devices === undefined) return refused({ code: "unsupported" });
  const rear = { ...picture, facingMode: { ideal: "environment" } };
  const wishes = deviceId === null ? [rear] : [{ ...picture, deviceId: { exact: deviceId } }, rear];
  let refusal: ScannerRefusal = { code: "no-camera" };
  for (const video of wishes) {
    try {
      const stream = await devices.getUserMedia({ audio: false, video });
      const [track] = stream.getVideoTracks();
      if (track !== undefined) return accepted(await held(stream, track, lost));
    } catch (cause) {
      refusal = refusalFor(cause);
      // Only a camera that is not there any more is worth asking for another one.
      if (refusal.code !== "no-camera") break;
    }
  }
  return refused(refusal);
}

/** The cameras there are; labels only after the permission. Empty when they cannot be listed. */
export async function listCameras(host: CameraHost): Promise<readonly CameraChoice[]> {
  if (host.mediaDevices === undefined) return [];
  const all = await host.mediaDevices.enumerateDevices();
  return all
    .filter((device) => device.kind === "videoinput" && device.deviceId !== "")
    .map(({ deviceId, label }) => ({ deviceId, label }));
}

/** Names of `getUserMedia`'s failures (Media Capture and Streams §10.6) as the till's refusals. */
export function refusalFor(cause: unknown): ScannerRefusal {
  const failure = typeof cause === "object" && cause !== null && "name" in cause ? cause.name : "";
  switch (failure) {
    case "NotAllowedError":
    case "SecurityError":
    case "PermissionDeniedError":
      return { code: "permission-denied" };
    case "NotReadableError":
    case "AbortError":
    case "TrackStartError":
      return { code: "camera-busy" };
    case "NotFoundError":
    case "OverconstrainedError":
    case "DevicesNotFoundError":
      return { code: "no-camera" };
    default:
      return { code: "unsupported" };
  }
}

async function held(stream: MediaStream, track: MediaStreamTrack, lost: () => void): Promise<OpenCamera> {
  const abilities: TrackAbilities = "getCapabilities" in track ? track.getCapabilities() : {};
  let open = true;
  const onEnded = (): void => {
    if (open) lost();
    open = false;
  };
  track.addEventListener("ended", onEnded);
  if (abilities.focusMode?.includes("continuous") === true) await apply(track, { focusMode: "continuous" });
  return {
    stream,
    deviceId: track.getSettings().deviceId ?? null,
    hasTorch: abilities.torch === true,
    setTorch: (on) =>
      open && abilities.torch === true ? apply(track, { torch: on }) : Promise.resolve(false),
    close() {
      open = false;
      for (const each of stream.getTracks()) each.stop();
    },
  };
}

/** Whether the camera took the wish; what it offers and what it does are two things on cheap tablets. */
async function apply(track: MediaStreamTrack, wish: ExtraConstraints): Promise<boolean> {
  try {
    await track.applyConstraints({ advanced: [wish] });
    return true;
  } catch (cause) {
    if (cause instanceof Error || cause instanceof DOMException) return false;
    throw cause;
  }
}
