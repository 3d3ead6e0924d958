import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { StorageIcon } from "#ui/icons.tsx";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { unsentSales } from "../at-stake.ts";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { SaveFileButton } from "../parts/save-file-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { useTill, useView } from "../till-context.ts";

/**
 * Stands where the next sale would begin while the disk takes nothing: a sale begun here could not be
 * recorded.
 */
export function StorageFullScreen(): JSX.Element {
  const { engine, flow } = useTill();
  const view = useView();
  const t = sayHealth().full;
  const said = useSignal<Message | null>(null);
  const sales = unsentSales(view);
  const look = (): void => {
    said.value = null;
    engine
      .lookForRoom()
      .then((hasRoom) => {
        if (!hasRoom) said.value = { tone: "refused", text: sayHealth().full.still };
      })
      .catch(flow.fault);
  };
  return (
    <ScreenFrame
      name="storage-full"
      shape="roomy"
      work={
        <div class="panel panel--list standing">
          <div class="panel__scroll" tabIndex={0}>
            <div class="standing__head">
              <span class="standing__mark standing__mark--stop">
                <StorageIcon size={44} />
              </span>
              <ScreenTitle>{t.title}</ScreenTitle>
            </div>
            <p class="standing__money">{sales === null ? t.keptAll : t.kept(sales)}</p>
            <p>{t.works}</p>
            <h2 class="standing__steps">{t.steps}</h2>
            <ol class="steps">
              <li>{t.online}</li>
              <li>{t.delete}</li>
              <li>{t.never}</li>
            </ol>
          </div>
        </div>
      }
      message={<MessageLine message={said.value} />}
      second={
        <>
          <Button class="second" onPress={() => flow.go({ at: "sales", open: null })}>
            {t.toSales}
          </Button>
          <SaveFileButton />
        </>
      }
      primary={
        <PrimaryButton actId="look-for-room" onPress={look}>
          {t.again}
        </PrimaryButton>
      }
    />
  );
}
