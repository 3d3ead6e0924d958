import { chooseDecoder } from "#devices/choose-decoder.ts";
import { closeFrame, createPictureMaker } from "#devices/frame-picture.ts";
import { createFrameReader } from "#devices/frame-reader.ts";
import type { FrameReader } from "#devices/frame-reader.ts";
import type { DecoderFault, ScanWorkerCalls } from "#devices/scan-worker-calls.ts";
import { accepted, refused } from "#domain/result.ts";
import { expose } from "comlink";
import wasmUrl from "zxing-wasm/reader/zxing_reader.wasm?url";

/** Thread of the decoder: frames come in, texts and corner points go out, pictures never (DESIGN §10). */
const pictureOf = createPictureMaker();
let reader: Promise<FrameReader> | null = null;

function loadReader(): Promise<FrameReader> {
  reader ??= chooseDecoder({ url: new URL(wasmUrl, self.location.href).href }).then(createFrameReader);
  return reader;
}

function fault(cause: unknown): { readonly ok: false; readonly refusal: DecoderFault } {
  const detail = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause;
  return refused({ code: "decoder-failed", detail });
}

const calls: ScanWorkerCalls = {
  async prepare() {
    try {
      return accepted((await loadReader()).engine());
    } catch (cause) {
      return fault(cause);
    }
  },
  async read(frame, nowMs) {
    try {
      return accepted(await (await loadReader()).read(pictureOf(frame), nowMs));
    } catch (cause) {
      return fault(cause);
    } finally {
      closeFrame(frame);
    }
  },
  async forget() {
    // A reader that never loaded has nothing to forget, and `prepare` has said so.
    await reader?.then(
      (loaded) => loaded.forget(),
      () => undefined,
    );
  },
};

expose(calls);
