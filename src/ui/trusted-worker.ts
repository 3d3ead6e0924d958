/**
 * The one Trusted Types policy of the till (`trusted-types app-worker`). It lets through worker and
 * service-worker addresses of this very origin and nothing else, so an injected address cannot become a
 * thread with our keys in reach.
 */
interface WorkerPolicy {
  createScriptURL(address: string): unknown;
}
interface PolicyFactory {
  createPolicy(policyName: string, rules: { createScriptURL(address: string): string }): WorkerPolicy;
}

function sameOrigin(address: string): string {
  const url = new URL(address, location.origin);
  if (url.origin !== location.origin) throw new TypeError("a worker is loaded from this origin only");
  return url.href;
}

const factory = (globalThis as { readonly trustedTypes?: PolicyFactory }).trustedTypes;
const policy: WorkerPolicy = factory?.createPolicy("app-worker", { createScriptURL: sameOrigin }) ?? {
  createScriptURL: sameOrigin,
};

/** The address of a script of ours as `Worker` and `serviceWorker.register` take it under Trusted Types. */
export function trustedScriptUrl(address: string): string {
  // The browser hands back a TrustedScriptURL object, which it takes wherever the DOM types say string.
  return policy.createScriptURL(address) as string;
}

/** Starts a module worker from an address that `…?worker&url` gave. Throws on another origin's address. */
export function startWorker(address: string, workerName: string): Worker {
  return new Worker(trustedScriptUrl(address), { type: "module", name: workerName });
}
