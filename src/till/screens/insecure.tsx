import { render } from "preact";
import type { JSX } from "preact";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { language, switchLanguage } from "#ui/language.ts";
import { loadScreenTexts, screenTexts } from "../screen-texts.ts";

/** What the browser holds back: it gives cameras, service workers and keys to secure pages only. */
function missingHere(): readonly ("camera" | "service-worker" | "keys")[] {
  const missing: ("camera" | "service-worker" | "keys")[] = [];
  if (!("mediaDevices" in navigator)) missing.push("camera");
  if (!("serviceWorker" in navigator)) missing.push("service-worker");
  // TypeScript promises crypto.subtle; on an insecure page it is not there.
  if (!("subtle" in crypto)) missing.push("keys");
  return missing;
}

/**
 * Stands instead of the till on an address that is not secure. No engine runs there: without keys nothing
 * could be signed, and the mended address is another origin, where books begun here would not be found.
 */
function InsecureScreen(): JSX.Element {
  const t = screenTexts.now.activate;
  const words = {
    camera: t.missingCamera,
    "service-worker": t.missingServiceWorker,
    keys: t.missingKeys,
  } as const;
  const port = location.port === "" ? "80" : location.port;
  const next = language.value === "en" ? "zh-CN" : "en";
  return (
    <main class="insecure" data-screen="insecure">
      <ScreenTitle>{t.insecureTitle}</ScreenTitle>
      <p>{t.insecure}</p>
      <ul class="insecure__list">
        {missingHere().map((what) => (
          <li key={what}>{words[what]}</li>
        ))}
      </ul>
      <h2>{t.mend}</h2>
      <ol class="insecure__list insecure__list--steps">
        <li>{t.mendHttps}</li>
        <li>{t.mendAdb(port)}</li>
        <li>{t.mendLocalhost(port)}</li>
      </ol>
      <button
        type="button"
        class="button insecure__language"
        lang={next}
        onClick={() => void switchLanguage(next, document.documentElement)}
      >
        {next === "en" ? "English" : "中文"}
      </button>
    </main>
  );
}

/** Draws it into the page. Rejects when its words cannot be had. */
export async function showInsecure(root: HTMLElement): Promise<void> {
  await loadScreenTexts();
  render(<InsecureScreen />, root);
}
