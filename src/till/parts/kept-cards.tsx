import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import type { Message } from "#ui/components/message-line.tsx";
import { StorageIcon } from "#ui/icons.tsx";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { unsentSales } from "../at-stake.ts";
import { useTill, useView } from "../till-context.ts";

interface CardProps {
  readonly onSaid: (message: Message) => void;
}

/** The browser may clear this till's data by itself: said as long as it is so, with what helps. */
export function NotKeptCard({ onSaid }: CardProps): JSX.Element | null {
  const { askToKeep, flow } = useTill();
  const { storage } = useView();
  const asking = useSignal(false);
  const { wipe: t } = sayHealth();
  if (storage.persisted) return null;
  const ask = (): void => {
    if (asking.value) return;
    asking.value = true;
    askToKeep()
      .then((isKept) => {
        const { granted, denied } = sayHealth().wipe;
        onSaid(isKept ? { tone: "paid", text: granted } : { tone: "refused", text: denied });
      })
      .catch(flow.fault)
      .finally(() => (asking.value = false));
  };
  return (
    <section class="card card--warns" data-card="not-kept">
      <h2 class="card__title">
        <StorageIcon size={24} />
        {t.notKept}
      </h2>
      <p>{t.notKeptWhy}</p>
      <Button class="card__act" onPress={ask}>
        {t.ask}
      </Button>
    </section>
  );
}

/** What uninstalling or clearing would lose at this very moment, and the ways that lose nothing. */
export function WipeCard(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const { wipe: t } = sayHealth();
  const sales = unsentSales(view);
  return (
    <section class={`card ${sales === null ? "" : "card--warns"}`} data-card="wipe">
      <h2 class="card__title">{t.title}</h2>
      <p>{sales === null ? t.nothing : t.now(sales)}</p>
      <div class="card__acts">
        <Button class="card__act" onPress={() => flow.go({ at: "connection" })}>
          {t.connection}
        </Button>
        <Button class="card__act" onPress={() => flow.go({ at: "renew" })}>
          {t.renew}
        </Button>
      </div>
    </section>
  );
}
