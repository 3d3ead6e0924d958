import type { JSX } from "preact";
import type { ExportedFile } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import type { Message } from "#ui/components/message-line.tsx";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { useTill, useView } from "../till-context.ts";

/** A download may read its file after the press has ended. */
const keepFileMs = 60_000;

/**
 * Saves what the server has not signed for, sealed so that only the server can read it; not there where
 * nothing waits. A saved file is no receipt: nothing on this tablet changes.
 */
export function SaveFileButton(props: { readonly onSaid: (message: Message) => void }): JSX.Element | null {
  const { engine, flow } = useTill();
  const view = useView();
  if (view.link.unsentCount === 0 && view.stop === null) return null;
  const save = (): void => {
    engine
      .exportUnsent()
      .then((answer) => {
        const t = sayHealth().file;
        if (!answer.ok) return props.onSaid({ tone: "refused", text: t.refused[answer.refusal.code] });
        for (const file of answer.value) download(file);
        props.onSaid({ tone: "plain", text: t.saved(answer.value.length) });
      })
      .catch(flow.fault);
  };
  return (
    <Button class="second" onPress={save}>
      {sayHealth().file.save}
    </Button>
  );
}

function download({ name, bytes }: ExportedFile): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), keepFileMs);
}
