import type { Signal } from "@preact/signals";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import { startWorker } from "#ui/trusted-worker.ts";
import scanWorkerUrl from "../../workers/scan.worker.ts?worker&url";

const rememberedKey = "guitai.camera";

/**
 * The camera as a scanner; its code is fetched at the first call, because a till with a wedge never needs it.
 */
export async function openCameraScanner(video: () => HTMLVideoElement | null): Promise<CameraScanner> {
  const { createCameraScanner } = await import("#devices/camera-scanner.ts");
  return createCameraScanner({
    startWorker: () => startWorker(scanWorkerUrl, "scan"),
    video,
    remembered: {
      read: () => Promise.resolve(localStorage.getItem(rememberedKey)),
      write: (deviceId) => Promise.resolve(localStorage.setItem(rememberedKey, deviceId)),
    },
    nowMs: () => performance.now(),
  });
}

/** Keeps `allowed` true while the browser would open the camera without asking. */
export function watchCameraPermission(allowed: Signal<boolean>): void {
  const watch = async (): Promise<void> => {
    // Not every browser knows this name, and an insecure page has no permissions at all: then the camera is
    // asked for.
    const permissions = (navigator as { readonly permissions?: Permissions }).permissions;
    if (permissions === undefined) return;
    try {
      const status = await permissions.query({ name: "camera" });
      allowed.value = status.state === "granted";
      status.addEventListener("change", () => (allowed.value = status.state === "granted"));
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause;
    }
  };
  void watch();
}
