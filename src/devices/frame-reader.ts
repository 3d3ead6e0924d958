import type { Symbology } from "#domain/scanned-code.ts";
import type { DecoderChoice } from "./choose-decoder.ts";
import type { Decoder, DecoderEngine, Picture, Reading } from "./decoder.ts";
import { normalisedOutline } from "./pass-view.ts";
import { passesFor } from "./scan-plan.ts";
import type { Outline } from "./scanner.ts";
import { createSightingFilter } from "./sighting-filter.ts";

export interface FoundCode {
  readonly text: string;
  readonly symbology: Symbology;
  readonly outline: Outline;
}

/**
 * What one frame gave. Text, kind of code and corner points: nothing else of the picture leaves the worker.
 */
export interface FrameAnswer {
  /** New scans: agreed, and not in view just before. */
  readonly scans: readonly FoundCode[];
  /** Where the codes in this frame are, new or not: for drawing only. */
  readonly outlines: readonly Outline[];
  readonly engine: DecoderEngine;
}

export interface FrameReader {
  readonly engine: () => DecoderEngine;
  /** Looks at one picture; one at a time. `nowMs` is the page's clock. Throws when the engine breaks. */
  read(picture: Picture, nowMs: number): Promise<FrameAnswer>;
  /** Begins anew, as when a screen opens: a code seen before is a new scan again. */
  forget(): void;
}

/** After this many frames without a code the backup engine looks too. */
const missesBeforeBackup = 8;

/** The rule of a running camera: which looks at which frame, when to try harder, what counts as a scan. */
export function createFrameReader(choice: DecoderChoice): FrameReader {
  const filter = createSightingFilter();
  let current = choice.first;
  let backup: Decoder | null = null;
  let misses = 0;

  async function backupDecoder(): Promise<Decoder | null> {
    if (choice.backup === null) return null;
    backup ??= await choice.backup();
    return backup;
  }

  async function readings(picture: Picture): Promise<readonly Reading[]> {
    try {
      const found = await readWith(current, picture, misses);
      if (found.length > 0 || current === backup || misses < missesBeforeBackup) return found;
    } catch (cause) {
      // The browser's own detector may break for good (its service was ended): go on with ours, or give up.
      const other = await backupDecoder();
      if (other === null || other === current) throw cause;
      current = other;
    }
    const other = await backupDecoder();
    return other === null ? [] : readWith(other, picture, misses);
  }

  return {
    engine: () => current.engine,
    async read(picture, nowMs) {
      const found = await readings(picture);
      misses = found.length === 0 ? misses + 1 : 0;
      const codes = found.map((reading) => ({
        text: reading.text,
        symbology: reading.symbology,
        outline: normalisedOutline(reading, picture),
      }));
      return {
        scans: codes.filter((code) => filter.isNewScan(code, nowMs)),
        outlines: codes.map((code) => code.outline),
        engine: current.engine,
      };
    },
    forget() {
      misses = 0;
      filter.forget();
    },
  };
}

async function readWith(decoder: Decoder, picture: Picture, misses: number): Promise<readonly Reading[]> {
  const passes = decoder.takesPasses
    ? passesFor(picture.width, picture.height, misses)
    : [{ area: null, enlarged: false, denoise: false }];
  for (const pass of passes) {
    const found = (await decoder.read(picture, pass)).filter((reading) => reading.text !== "");
    if (found.length > 0) return found;
  }
  return [];
}
