import { useSignal } from "@preact/signals";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { useTill, useView } from "./till-context.ts";

export interface OpenKeys {
  /** What to press, named by what is missing. */
  readonly words: string;
  readonly press: () => void;
  /** The server was asked and gave nothing. */
  readonly unheard: boolean;
}

/** What a person can do about locked keys or a lease that is over: type the passphrase, or ask the server. */
export function useOpenKeys(): OpenKeys {
  const { engine, flow } = useTill();
  const { vault } = useView();
  const t = sayVault().closed;
  const asking = useSignal(false);
  const unheard = useSignal(false);
  if (!vault.open && vault.level === "passphrase") {
    return {
      words: t.type,
      press: () => flow.go({ at: "vault", task: "passphrase" }),
      unheard: false,
    };
  }
  const ask = async (): Promise<void> => {
    if (vault.open) await engine.syncNow();
    else unheard.value = !(await engine.openVault());
  };
  return {
    words: asking.value ? t.asking : vault.open ? t.sync : t.ask,
    unheard: unheard.value,
    press() {
      if (asking.value) return;
      asking.value = true;
      unheard.value = false;
      ask()
        .catch(flow.fault)
        .finally(() => (asking.value = false));
    },
  };
}
