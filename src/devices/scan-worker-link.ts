import { accepted, refused } from "#domain/result.ts";
import type { Result } from "#domain/result.ts";
import { transfer, wrap } from "comlink";
import type { Remote } from "comlink";
import type { DecoderEngine } from "./decoder.ts";
import type { Frame } from "./frame-picture.ts";
import type { FrameAnswer } from "./frame-reader.ts";
import type { DecoderFault, ScanWorkerCalls } from "./scan-worker-calls.ts";

/** Loading and compiling the engine on a slow tablet, from the cache. */
export const prepareLimitMs = 20_000;
/** A frame that is not answered by then never will be. */
export const frameLimitMs = 2_000;

/** The decode thread, seen from the page. It is started at the first call and again after it died. */
export interface ScanWorkerLink {
  prepare(): Promise<Result<DecoderEngine, DecoderFault>>;
  /**
   * Hands a frame over; it must not be touched afterwards. A fault means: this worker is gone, call again.
   */
  read(frame: Frame, nowMs: number): Promise<Result<FrameAnswer, DecoderFault>>;
  forget(): void;
  /** Ends the thread and frees its memory; the next call starts another. */
  close(): void;
}

interface Running {
  readonly worker: Worker;
  readonly calls: Remote<ScanWorkerCalls>;
  /** Settles, as a fault, when the thread dies. */
  readonly died: Promise<DecoderFault>;
}

export function createScanWorkerLink(startWorker: () => Worker): ScanWorkerLink {
  let running: Running | null = null;

  function run(): Running {
    if (running !== null) return running;
    const worker = startWorker();
    const died = new Promise<DecoderFault>((resolve) => {
      const tell = (event: Event): void => {
        const detail = "message" in event && typeof event.message === "string" ? event.message : event.type;
        resolve({ code: "decoder-failed", detail });
      };
      worker.addEventListener("error", tell);
      worker.addEventListener("messageerror", tell);
    });
    running = { worker, calls: wrap<ScanWorkerCalls>(worker), died };
    return running;
  }

  function runOrFault(): Result<Running, DecoderFault> {
    try {
      return accepted(run());
    } catch (cause) {
      // The page's own policy or a missing file: told like a dead thread, for the caller can do no other
      // thing.
      const detail = cause instanceof Error ? cause.message : typeof cause;
      return refused({ code: "decoder-failed", detail });
    }
  }

  function end(): void {
    running?.worker.terminate();
    running = null;
  }

  async function ask<T>(
    limitMs: number,
    call: (calls: Remote<ScanWorkerCalls>) => Promise<Result<T, DecoderFault>>,
  ): Promise<Result<T, DecoderFault>> {
    const started = runOrFault();
    if (!started.ok) return started;
    const { calls, died, worker } = started.value;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<DecoderFault>((resolve) => {
      timer = setTimeout(
        () => resolve({ code: "decoder-failed", detail: `no answer in ${limitMs} ms` }),
        limitMs,
      );
    });
    const failed = Promise.race([died, late]).then((fault) => refused(fault));
    const answer = await Promise.race([call(calls), failed]);
    clearTimeout(timer);
    // An engine that failed once may hold broken memory: whatever it says next is not to be trusted.
    if (!answer.ok && running?.worker === worker) end();
    return answer;
  }

  return {
    prepare: () => ask(prepareLimitMs, (calls) => calls.prepare()),
    read: (frame, nowMs) => ask(frameLimitMs, (calls) => calls.read(handOver(frame), nowMs)),
    forget() {
      if (running !== null) void running.calls.forget();
    },
    close: end,
  };
}

function handOver(frame: Frame): Frame {
  return transfer(frame, ["data" in frame ? frame.data.buffer : frame]);
}
