/** Runs things one after the other, each after the one before has settled, whichever way. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(thing: () => Promise<T>): Promise<T> {
    const running = this.#last.then(thing);
    // The next one only waits for this to settle; its own caller hears whether it failed.
    this.#last = running.then(
      () => undefined,
      () => undefined,
    );
    return running;
  }
}
