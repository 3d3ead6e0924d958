import type { JSX } from "preact";
import { tillTexts } from "../texts.ts";

/**
 * What the browser holds back at this address: it gives cameras, service workers and keys to secure pages
 * only.
 */
export function missingHere(): readonly ("camera" | "service-worker" | "keys")[] {
  const missing: ("camera" | "service-worker" | "keys")[] = [];
  if (!("mediaDevices" in navigator)) missing.push("camera");
  if (!("serviceWorker" in navigator)) missing.push("service-worker");
  // TypeScript promises crypto.subtle; on an insecure page it is not there.
  if (!("subtle" in crypto)) missing.push("keys");
  return missing;
}

/** Names what is missing and the three ways to mend it (README: HTTPS, adb reverse, localhost). */
export function InsecureHelp(): JSX.Element {
  const t = tillTexts.now.activate;
  const words = {
    camera: t.missingCamera,
    "service-worker": t.missingServiceWorker,
    keys: t.missingKeys,
  } as const;
  const port = location.port === "" ? "80" : location.port;
  return (
    <div class="insecure" role="note" tabIndex={0}>
      <h2>{t.insecureTitle}</h2>
      <p>{t.insecure}</p>
      <ul class="insecure__list">
        {missingHere().map((what) => (
          <li key={what}>{words[what]}</li>
        ))}
      </ul>
      <p>{t.mend}</p>
      <ol class="insecure__list">
        <li>{t.mendHttps}</li>
        <li>{t.mendAdb(port)}</li>
        <li>{t.mendLocalhost(port)}</li>
      </ol>
    </div>
  );
}
