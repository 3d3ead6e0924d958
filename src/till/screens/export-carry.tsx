import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ParcelView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import type { Message } from "#ui/components/message-line.tsx";
import { sayExport } from "#ui/texts/export-texts.ts";
import { useTill } from "../till-context.ts";

/** How often the list is read anew while a file is on its way. */
const lookEveryMs = 2000;
/** What the server takes; a larger file is not even read into memory. */
const maxFileBytes = 33_554_432;

/** Takes another till's file and shows how it goes to the server. */
export function CarryFiles(props: { readonly onSaid: (message: Message) => void }): JSX.Element {
  const { engine, flow } = useTill();
  const t = sayExport().carry;
  const parcels = useSignal<readonly ParcelView[]>([]);
  const input = useRef<HTMLInputElement>(null);
  const look = (): void => {
    engine
      .parcels()
      .then((rows) => (parcels.value = rows))
      .catch(flow.fault);
  };
  useEffect(() => {
    look();
    const timer = setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
  }, []);
  const take = async (file: File): Promise<void> => {
    if (file.size > maxFileBytes) return props.onSaid({ tone: "refused", text: t.no["export-too-large"] });
    const taken = await engine.takeParcel(new Uint8Array(await file.arrayBuffer()));
    if (!taken.ok) props.onSaid({ tone: "refused", text: sayNo(taken.refusal.code) });
    look();
  };
  const chosen = (event: Event): void => {
    const field = event.currentTarget as HTMLInputElement;
    const [file] = field.files ?? [];
    // The same file may be chosen again after a refusal.
    if (file)
      take(file)
        .catch(flow.fault)
        .finally(() => (field.value = ""));
  };
  return (
    <section>
      <h2 class="standing__steps">{t.title}</h2>
      <p>{t.why}</p>
      <input ref={input} type="file" hidden accept=".gtx" onChange={chosen} />
      <Button class="second" onPress={() => input.current?.click()}>
        {t.choose}
      </Button>
      <ul>
        {parcels.value.map((parcel) => (
          <li key={parcel.hash} data-parcel={parcel.state}>
            {t.from(parcel.till, parcel.epoch, parcel.first, parcel.last)}
            <p class="note">{sayState(parcel)}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function sayState(parcel: ParcelView): string {
  const { states } = sayExport().carry;
  switch (parcel.state) {
    case "carrying":
      return states.carrying(Math.floor((100 * parcel.received) / parcel.size));
    case "done":
      return states.done(parcel.stored, parcel.alreadyThere, parcel.setApart);
    case "waiting":
      return states.waiting;
    case "refused":
      return states.refused(sayNo(parcel.refusal));
  }
}

/** A newer server may refuse by a name this till does not know: then the name itself is said. */
function sayNo(code: string): string {
  const t = sayExport().carry;
  const known: Readonly<Record<string, string>> = t.no;
  return known[code] ?? t.other(code);
}
