import { spokenAmount } from "#domain/money.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import { language } from "#ui/language.ts";
import { preferences } from "#ui/preferences.ts";
import type { FlowSounds } from "./flow.ts";
import { screenTexts } from "./screen-texts.ts";

interface Note {
  readonly hertz: number;
  readonly startS: number;
  readonly lengthS: number;
}

// UX §7: received is two rising notes, refused is one low note. They differ without looking and in a noisy
// shop.
const paidNotes: readonly Note[] = [
  { hertz: 659, startS: 0, lengthS: 0.14 },
  { hertz: 988, startS: 0.15, lengthS: 0.24 },
];
const refusedNotes: readonly Note[] = [{ hertz: 165, startS: 0, lengthS: 0.4 }];

export interface TillSound extends FlowSounds {
  /** Browsers stay silent until a person has touched the page: call from the first tap. */
  readonly unlock: () => void;
}

/** Tones and voice of the till, with the currency its sums are spoken in. Silent when muted in More. */
export function createSound(currency: () => string): TillSound {
  let context: AudioContext | null = null;
  const play = (notes: readonly Note[]): void => {
    if (context === null || preferences.value.sound === "off") return;
    for (const note of notes) playNote(context, note);
  };
  return {
    unlock() {
      context ??= new AudioContext();
      // A blocked resume leaves the till silent, never stopped: the screen says all that the tones say.
      context.resume().catch(() => (context = null));
    },
    paid(paid: PaidView) {
      play(paidNotes);
      say(screenTexts.now.paid.voice(spokenAmount(paid.amountMinor, currency())));
    },
    refused() {
      play(refusedNotes);
    },
  };
}

function playNote(context: AudioContext, note: Note): void {
  const from = context.currentTime + note.startS;
  const until = from + note.lengthS;
  const loudness = new GainNode(context, { gain: 0 });
  const tone = new OscillatorNode(context, { type: "triangle", frequency: note.hertz });
  // Ramps instead of steps: a step is heard as a click.
  loudness.gain.setValueAtTime(0, from);
  loudness.gain.linearRampToValueAtTime(0.5, from + 0.02);
  loudness.gain.linearRampToValueAtTime(0, until);
  tone.connect(loudness).connect(context.destination);
  tone.start(from);
  tone.stop(until);
}

function say(text: string): void {
  if (preferences.value.sound === "off" || !("speechSynthesis" in globalThis)) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language.value;
  // Only the last sum is worth hearing: what is still being spoken belongs to the customer before.
  speechSynthesis.cancel();
  speechSynthesis.speak(words);
}
