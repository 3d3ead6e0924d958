// Many hands at many windows: the same till in several tabs, and wrong PINs typed in all of them at once.
import type { TortureWindow } from "./page-driver.ts";
import { bodiesAfter, readVault, triesOf } from "./vault-as-read.ts";
import type { VaultRig } from "./vault-round.ts";

export interface ManyChecks {
  /** So often a pin worker was asked, whichever tab's. */
  readonly looked: number;
  /** So many tries stand in the journal. */
  readonly counted: number;
  /** And so many in the count of the operator. */
  readonly own: number;
  /** What each window was told, in no order. */
  readonly answers: readonly string[];
}

const WRONG_PIN = "415926";

/**
 * `checks` wrong PINs of one operator whose tries are nought, spread over `tabs` windows. Leaves one window
 * open.
 */
export async function manyAtOnce(
  { rig, watch }: VaultRig,
  { tabs, checks }: { readonly tabs: number; readonly checks: number },
): Promise<ManyChecks> {
  const first = rig.browser.page();
  const before = await readVault(first);
  const [operatorId = ""] = before.operators;
  const others = await Promise.all(Array.from({ length: tabs - 1 }, () => first.context().newPage()));
  for (const page of others) {
    await page.goto(first.url());
    await page.waitForFunction(() => (globalThis as unknown as TortureWindow).torture.ready());
  }
  let looked = 0;
  const stop = watch.listen((step) => {
    if (step.startsWith("pin hears check")) looked += 1;
  });
  const share = checks / tabs;
  const answers = await Promise.all(
    [first, ...others].map((page) =>
      page.evaluate(
        ([id, typed, count]) =>
          Promise.all(
            Array.from({ length: count }, () =>
              (globalThis as unknown as TortureWindow).torture.checkAmongOthers(id, typed),
            ),
          ),
        [operatorId, WRONG_PIN, share] as const,
      ),
    ),
  );
  stop();
  const after = await readVault(first);
  const bodies = await bodiesAfter(first, before.headSeq);
  await Promise.all(others.map((page) => page.close()));
  return {
    looked,
    counted: bodies.filter((body) => body.kind === "attempt").length,
    own: triesOf(after, "operator", operatorId).own,
    answers: answers.flat(),
  };
}
