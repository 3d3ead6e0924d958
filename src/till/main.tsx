import { startWorker } from "#ui/trusted-worker.ts";
import engineWorkerUrl from "../../workers/engine.worker.ts?worker&url";
import "#ui/tokens.css";
import "#ui/base.css";
import "./layout.css";
import "./chrome.css";
import "./pads.css";
import "./panels.css";
import "./screens.css";
import "./vault.css";
import "./small.css";

// The engine has the longest way to the first screen: it begins before the screens themselves are fetched.
// Never on an insecure page, where it would find no keys and no locks.
const engineWorker = isSecureContext ? startWorker(engineWorkerUrl, "engine") : null;
const { start } = await import("./start.tsx");
await start(engineWorker);
