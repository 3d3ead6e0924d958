// Checks of the operator's PIN on a real till, timed in its page as the cashier waits for them.
import type { Page } from "playwright-core";
import type { Argon2Profile } from "#protocol/payment-code-bytes.ts";
import { ARGON2_PROFILES } from "#protocol/vault-records.ts";
import { PIN } from "../../tests/torture/cashier-hands.ts";
import type { TortureWindow } from "../../tests/torture/page-driver.ts";
import { readVault } from "../../tests/torture/vault-as-read.ts";

/** From Confirm to the answer: try counted, Argon2id, MAC, success recorded. Throws when it is not let in. */
export async function checkOnce(page: Page, operatorId: string): Promise<number> {
  const { ms, kind } = await page.evaluate(typeAndConfirm, [operatorId, PIN] as const);
  if (kind !== "operator-in") throw new Error(`the right PIN ended with ${kind}`);
  return ms;
}

export async function operatorOf(page: Page): Promise<string> {
  const [id = ""] = (await readVault(page)).operators;
  return id;
}

/** What the operator's record costs now: a till raises it to what it makes in good time. */
export async function profileInUse(page: Page): Promise<{ number: number; profile: Argon2Profile }> {
  const number = await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((done, failed) => {
      const asked = indexedDB.open("guitai");
      asked.onsuccess = () => done(asked.result);
      asked.onerror = () => failed(asked.error ?? new Error("indexedDB"));
    });
    const rows = await new Promise<{ profile: number }[]>((done, failed) => {
      const asked = db.transaction("secrets").objectStore("secrets").getAll();
      asked.onsuccess = () => done(asked.result as { profile: number }[]);
      asked.onerror = () => failed(asked.error ?? new Error("indexedDB"));
    });
    db.close();
    return Math.max(...rows.map((row) => row.profile));
  });
  const profile = ARGON2_PROFILES.get(number);
  if (!profile) throw new Error(`no Argon2 profile ${number}`);
  return { number, profile };
}

/** Handed to the page as text: names nothing outside itself. */
async function typeAndConfirm([operatorId, pin]: readonly [string, string]): Promise<{
  readonly ms: number;
  readonly kind: string;
}> {
  const { call } = (globalThis as unknown as TortureWindow).torture;
  const opened = (await call("openPad", { purpose: "operator", operatorId })) as {
    readonly value?: { readonly padId: string; readonly port: MessagePort };
    readonly refusal?: { readonly code: string };
  };
  if (!opened.value) return { ms: 0, kind: opened.refusal?.code ?? "no pad" };
  const { padId, port } = opened.value;
  await new Promise<void>((done) => {
    port.onmessage = (event: MessageEvent<{ readonly count: number }>) => {
      if (event.data.count === pin.length) done();
    };
    for (const char of pin) port.postMessage({ type: "char", char });
  });
  const startedMs = performance.now();
  const outcome = (await call("confirmPad", padId)) as { readonly kind: string };
  const ms = performance.now() - startedMs;
  port.close();
  return { ms, kind: outcome.kind };
}
