/**
 * Keeps the tablet awake while the till is in sight: a dark screen is a closed counter. The system may refuse
 * (low battery) and takes the lock back whenever the page is hidden, so it is asked for again at each return.
 */
export function keepAwake(): void {
  if (!("wakeLock" in navigator)) return;
  const ask = async (): Promise<void> => {
    if (document.visibilityState !== "visible") return;
    try {
      await navigator.wakeLock.request("screen");
    } catch (cause) {
      // Refused: the tablet sleeps as its owner set it to, and selling does not depend on it.
      if (!(cause instanceof DOMException)) throw cause;
    }
  };
  document.addEventListener("visibilitychange", () => void ask());
  void ask();
}
