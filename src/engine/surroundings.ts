/** What the engine takes from outside, so that tests bring their own clock, chance and disk. */
export interface Surroundings {
  /** The device's clock, which nobody can trust. */
  readonly clockMs: () => number;
  /** Runs from the start of this worker and is never set back. */
  readonly monotonicMs: () => number;
  readonly randomBytes: (length: number) => Uint8Array<ArrayBuffer>;
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** Does something when nobody has waited for a while; absent where nothing is to be measured. */
  readonly whenIdle?: (work: () => Promise<void>) => void;
  /** Version of the program, for entries and the office. */
  readonly build: string;
}
