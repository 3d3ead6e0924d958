import { createCameraScanner } from "#devices/camera-scanner.ts";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import type { ScanEvent, ScannerRefusal } from "#devices/scanner.ts";
import { createWedgeScanner } from "#devices/wedge.ts";
import type { WedgeScanner } from "#devices/wedge.ts";
import workerUrl from "../../../workers/scan.worker.ts?worker&url";

/** A page with scanners and nothing else: what a screen does with them, seen by a test. */
export interface ScannerPage {
  readonly camera: CameraScanner;
  readonly wedge: WedgeScanner;
  readonly scans: ScanEvent[];
  readonly troubles: ScannerRefusal[];
  readonly typed: string[];
  readonly facts: { workers: number; presses: number; outlines: number; remembered: string | null };
}

declare global {
  var scannerPage: ScannerPage;
  var trustedTypes: {
    createPolicy(
      policyName: string,
      rules: { createScriptURL(url: string): string },
    ): {
      createScriptURL(url: string): string;
    };
  };
}

const policy = globalThis.trustedTypes.createPolicy("app-worker", { createScriptURL: (url) => url });
const facts: ScannerPage["facts"] = { workers: 0, presses: 0, outlines: 0, remembered: null };
const nowMs = (): number => performance.now();

const camera = createCameraScanner({
  startWorker() {
    facts.workers += 1;
    return new Worker(policy.createScriptURL(workerUrl), { type: "module" });
  },
  video: () => document.querySelector("video"),
  remembered: {
    read: () => Promise.resolve(facts.remembered),
    write(deviceId) {
      facts.remembered = deviceId;
      return Promise.resolve();
    },
  },
  nowMs,
});
const wedge = createWedgeScanner({ target: globalThis, nowMs });
const page: ScannerPage = { camera, wedge, scans: [], troubles: [], typed: [], facts };
for (const scanner of [camera, wedge]) {
  scanner.onScan((event) => page.scans.push(event));
  scanner.onTrouble((refusal) => page.troubles.push(refusal));
}
camera.onOutlines((outlines) => {
  facts.outlines += outlines.length;
});
wedge.onTyped((char) => page.typed.push(char));
document.querySelector("button")?.addEventListener("click", () => {
  facts.presses += 1;
});
globalThis.scannerPage = page;
