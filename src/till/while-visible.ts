/**
 * Runs something only while the page can be seen: `begin` now, if it can, and at each return, `end` whenever
 * it is hidden. Answers how to stop following; that calls neither.
 */
export function whileVisible(
  page: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">,
  begin: () => void,
  end: () => void,
): () => void {
  const look = (): void => (page.visibilityState === "visible" ? begin() : end());
  page.addEventListener("visibilitychange", look);
  if (page.visibilityState === "visible") begin();
  return () => page.removeEventListener("visibilitychange", look);
}
