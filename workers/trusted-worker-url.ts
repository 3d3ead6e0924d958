/** The part of Trusted Types that is used here; not every browser a till runs on has it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

declare const self: WorkerGlobalScope & { readonly trustedTypes?: TrustedTypes };

const policy = self.trustedTypes?.createPolicy("app-worker", {
  createScriptURL: (url) => {
    // A worker from anywhere else would be somebody else's program beside our keys.
    if (new URL(url, self.location.href).origin !== self.location.origin)
      throw new TypeError("worker: foreign origin");
    return url;
  },
});

/** A worker's address that the content security policy lets through. */
export function trustedWorkerUrl(url: string): unknown {
  return policy ? policy.createScriptURL(url) : url;
}
