import type { Argon2Profile } from "#protocol/payment-code-bytes.ts";

declare global {
  /** Milliseconds of one hash in a worker of its own, which was loaded before and is thrown away after. */
  var rawArgon2: (profile: Argon2Profile) => Promise<number>;
}

globalThis.rawArgon2 = async (profile) => {
  const worker = new Worker(new URL("./raw-argon2.worker.ts", import.meta.url), { type: "module" });
  const next = (): Promise<unknown> =>
    new Promise((done, failed) => {
      worker.addEventListener("message", (event) => done(event.data), { once: true });
      worker.addEventListener("error", () => failed(new Error("the raw worker stopped")), { once: true });
    });
  await next();
  const startedMs = performance.now();
  worker.postMessage(profile);
  await next();
  const ms = performance.now() - startedMs;
  worker.terminate();
  return ms;
};
