// One cold start: a new browser process on a tablet's profile, nobody at the other end of the network, and
// the clock runs from the navigation until a pressed key has drawn its dot.
import { startDebugged, type Target } from "../devtools.ts";

export interface ColdStart {
  /** Milliseconds from the navigation to the frame after the first dot was filled. */
  readonly interactiveMs: number;
  /** On the way there: the first key stands in the page; the pad behind it takes keys. */
  readonly padDrawnMs: number;
  readonly padReadyMs: number;
  /** Addresses of the scripts that were there by then, workers' own imports apart. */
  readonly scripts: readonly string[];
  /** Kinds of targets that Chromium slowed down, and kinds it refused to. */
  readonly throttled: readonly string[];
  readonly notThrottled: readonly string[];
}

const limitMs = 60_000;

type Measured = Omit<ColdStart, "throttled" | "notThrottled">;

/**
 * Runs in the page before its own first line. A pad has its dots only when the worker behind it takes keys.
 */
function watchPad(): void {
  const seen = (selector: string, then: (element: Element) => void): void => {
    const look = (): boolean => {
      const found = document.querySelector(selector);
      if (found) then(found);
      return found !== null;
    };
    if (look()) return;
    const observer = new MutationObserver(() => {
      if (look()) observer.disconnect();
    });
    observer.observe(document, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ["class"],
    });
  };
  let padDrawnMs = 0;
  seen(".keys button", () => (padDrawnMs = performance.now()));
  seen(".dots .dot", () => {
    const padReadyMs = performance.now();
    document
      .querySelector(".keys button")
      ?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, cancelable: true, button: 0 }));
    seen(".dot--full", () => {
      // The frame that carries the dot has been handed over when the task after it runs.
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.addEventListener("message", () => {
          const scripts = performance
            .getEntriesByType("resource")
            .filter((entry) => entry.name.endsWith(".js"))
            .map((entry) => entry.name);
          const interactiveMs = performance.now();
          Object.assign(globalThis, { coldStart: { interactiveMs, padDrawnMs, padReadyMs, scripts } });
        });
        port1.start();
        port2.postMessage(null);
      });
    });
  });
}

/** Opens `url` on the profile with the processor slowed by `rate`. Throws when no key works in a minute. */
export async function coldStart(profileDir: string, url: string, rate: number): Promise<ColdStart> {
  const browser = await startDebugged(profileDir);
  const throttled = new Set<string>();
  const notThrottled = new Set<string>();
  const slowDown = async (target: Target): Promise<void> => {
    if (rate === 1 || target.type === "browser_ui") return;
    try {
      await target.send("Emulation.setCPUThrottlingRate", { rate });
      throttled.add(target.type);
    } catch (cause) {
      if (!(cause instanceof Error)) throw cause;
      notThrottled.add(`${target.type} (${cause.message})`);
    }
  };
  try {
    const { page } = browser;
    browser.onAttached(slowDown);
    await slowDown(page);
    await page.send("Page.enable");
    await page.send("Page.addScriptToEvaluateOnNewDocument", { source: `(${watchPad.toString()})()` });
    await page.send("Page.navigate", { url });
    const measured = await answerOf(page);
    return { ...measured, throttled: [...throttled], notThrottled: [...notThrottled] };
  } finally {
    await browser.kill();
  }
}

async function answerOf(page: Target): Promise<Measured> {
  const deadline = Date.now() + limitMs;
  while (Date.now() < deadline) {
    // Seldom, so that the question itself costs the page nothing that could be measured.
    await new Promise((next) => setTimeout(next, 500));
    const { result } = (await page.send("Runtime.evaluate", {
      expression: "globalThis.coldStart",
      returnByValue: true,
    })) as { readonly result: { readonly value?: Measured } };
    if (result.value !== undefined) return result.value;
  }
  const { result } = (await page.send("Runtime.evaluate", { expression: "document.body?.innerText" })) as {
    readonly result: { readonly value?: string };
  };
  throw new Error(`no key worked within ${limitMs} ms; the page says: ${result.value ?? "nothing"}`);
}
