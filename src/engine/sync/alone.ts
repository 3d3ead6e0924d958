/** So long a carrier waits for another one to end its round; then it begins all the same. */
const WAIT_MS = 15_000;

/**
 * Runs delivery while no other thread of this browser does, to save work and nothing else: a tab that was
 * frozen with the lock in its hand holds it for ever, and sales must not wait for it. Two at once are what
 * the server's keys are for.
 */
export function aloneBy(
  locks: Pick<LockManager, "request">,
  timeout: (ms: number) => AbortSignal = (ms) => AbortSignal.timeout(ms),
): (work: () => Promise<void>) => Promise<void> {
  return async (work) => {
    let began = false;
    try {
      await locks.request("guitai-delivery", { signal: timeout(WAIT_MS) }, () => {
        began = true;
        return work();
      });
    } catch (cause) {
      if (began || !(cause instanceof DOMException)) throw cause;
      await work();
    }
  };
}
