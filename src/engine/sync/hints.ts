import { TILL_API } from "#protocol/till-api.ts";
import { openDeliveryStore } from "#storage/delivery-store.ts";
import type { Surroundings } from "../surroundings.ts";

/** After a broken stream the next one is tried this much later; delivery itself has timers of its own. */
const RETRY_MS = 15_000;
/** The server breathes every 15 s. A line that misses three is dead, however open it looks from here. */
const SILENCE_MS = 45_000;
/** Right after enrolment the first token is a moment away. */
const NO_TOKEN_RETRY_MS = 2_000;

/**
 * Listens for the server's «there is something new» while a page is open (DESIGN §9). A hint only: it carries
 * no data, it may be lost, and nothing depends on it but how soon a new setting shows.
 */
export function listenForHints(
  surroundings: Pick<Surroundings, "fetch" | "clockMs" | "randomBytes">,
  onHint: () => void,
): void {
  const round = async (): Promise<void> => {
    // Half fixed, half chance: a server that starts again must not hear a whole street at once.
    let waitMs = RETRY_MS / 2 + (RETRY_MS / 2) * ((surroundings.randomBytes(1)[0] ?? 0) / 255);
    try {
      if (!(await listenOnce(surroundings, onHint))) waitMs = NO_TOKEN_RETRY_MS;
    } catch (cause) {
      // No network, a server that stops, a proxy that times out: the timers of delivery go on without this.
      if (!(cause instanceof TypeError || cause instanceof DOMException)) throw cause;
    } finally {
      setTimeout(() => void round(), waitMs);
    }
  };
  void round();
}

/** Listens until the stream ends; false when there is no token to listen with. */
async function listenOnce(
  surroundings: Pick<Surroundings, "fetch" | "clockMs">,
  onHint: () => void,
): Promise<boolean> {
  const store = await openDeliveryStore();
  const token = await store?.delivery("token");
  store?.close();
  if (!token || token.untilMs <= surroundings.clockMs()) return false;
  const response = await surroundings.fetch(TILL_API.events, {
    headers: { authorization: `Bearer ${token.token}`, accept: "text/event-stream" },
    cache: "no-store",
  });
  if (!response.ok || !response.body) return true;
  // What changed while nobody listened is not told again: look once.
  onHint();
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let silence: ReturnType<typeof setTimeout> | undefined;
  const hangUp = (): void => {
    // A line that broke at this very moment cannot be hung up; the read tells of it.
    reader.cancel().catch(() => undefined);
  };
  try {
    for (;;) {
      silence = setTimeout(hangUp, SILENCE_MS);
      const { done, value } = await reader.read();
      clearTimeout(silence);
      if (done) return true;
      if (decoder.decode(value, { stream: true }).includes("data:")) onHint();
    }
  } finally {
    clearTimeout(silence);
  }
}
