import { useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatMoney } from "#domain/money.ts";
import type { ExportOverview } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { sayExport } from "#ui/texts/export-texts.ts";
import { nowMs } from "../clock-now.ts";
import { Facts } from "../parts/facts.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { saveFile, type SaveEnd } from "../save-file.ts";
import { useTill } from "../till-context.ts";
import { CarryFiles } from "./export-carry.tsx";

type Shown = ExportOverview | "nothing-unsent" | "export-no-key" | "gone";

/**
 * Saves what has no receipt to sealed files: without network, without a PIN, with the till stopped, its
 * database gone or its disk full. Drawn even when the engine has stopped: its last words may still be read.
 */
export function ExportScreen(): JSX.Element {
  const { engine, flow, view } = useTill();
  const t = sayExport();
  const shown = useSignal<Shown | null>(null);
  const next = useSignal(0);
  const isSaving = useSignal(false);
  const message = useSignal<Message | null>(null);
  const look = (): void => {
    engine
      .exportOverview()
      .then((answer) => (shown.value = answer.ok ? answer.value : answer.refusal.code))
      .catch(() => (shown.value = "gone"));
  };
  useEffect(look, []);
  const place = flow.place.value;
  const back = (): void => flow.go(place.at === "export" ? place.back : { at: "counter" });

  const overview = typeof shown.value === "object" ? shown.value : null;
  const files = overview?.files ?? [];
  const save = (): void => {
    const file = files[next.value];
    if (file === undefined || isSaving.value) return;
    isSaving.value = true;
    const make = async (): ReturnType<Parameters<typeof saveFile>[1]> => {
      const made = await engine.exportFile(next.value);
      return made.ok ? made.value : null;
    };
    saveFile(file.name, make)
      .then((end) => told(end, file.name, { next, message, of: files.length }))
      .catch(() => (shown.value = "gone"))
      .finally(() => (isSaving.value = false));
  };
  const isDone = files.length > 0 && next.value >= files.length;
  return (
    <ScreenFrame
      name="export"
      shape="roomy"
      work={
        <div class="panel panel--list standing">
          <div class="panel__scroll" tabIndex={0}>
            <ScreenTitle>{t.title}</ScreenTitle>
            <p>{t.why}</p>
            {shown.value === null && <p class="note">{t.looking}</p>}
            {typeof shown.value === "string" && <p class="standing__money">{t.no[shown.value]}</p>}
            {overview?.fromCopy === true && <p class="note">{t.fromCopy}</p>}
            {overview !== null && <Overview overview={overview} />}
            {overview !== null && next.value > 0 && <p>{t.handOver}</p>}
            {view.value?.phase === "open" && <CarryFiles onSaid={(said) => (message.value = said)} />}
          </div>
        </div>
      }
      message={<MessageLine message={isSaving.value ? { tone: "plain", text: t.saving } : message.value} />}
      second={
        files.length > 0 && (
          <Button class="second" onPress={back}>
            {t.back}
          </Button>
        )
      }
      primary={
        files.length === 0 ? (
          <PrimaryButton actId="export-back" onPress={back}>
            {t.back}
          </PrimaryButton>
        ) : (
          <PrimaryButton
            actId={isDone ? "export-again" : `export-save-${next.value}`}
            unavailable={isSaving.value ? t.saving : undefined}
            onPress={isDone ? () => ((next.value = 0), look()) : save}
          >
            {isDone ? t.again : t.save(next.value + 1, files.length)}
          </PrimaryButton>
        )
      }
    />
  );
}

function Overview({ overview }: { readonly overview: ExportOverview }): JSX.Element {
  const t = sayExport();
  const view = useTill().view.value;
  const currency = view?.settings.currency ?? "CNY";
  // Reached from the lock by anyone: how many sales wait, not how much (UX §1). A stop is another matter.
  const open = view === null || view.phase !== "locked" || view.stop !== null;
  const { sales, sumMinor, oldestMs, entries, files } = overview;
  return (
    <Facts
      rows={[
        [t.sales, sales === 0 ? t.noSales : t.salesOf(sales, open ? formatMoney(sumMinor, currency) : "")],
        ...(oldestMs === null
          ? []
          : [[t.oldest, formatMoment(oldestMs, nowMs.value, language.value)] as const]),
        [t.entries, t.entriesOf(entries)],
        ...files.map((file, at) => [t.file(at + 1, files.length), file.name] as const),
      ]}
    />
  );
}

function told(
  end: SaveEnd,
  name: string,
  on: { readonly next: Signal<number>; readonly message: Signal<Message | null>; readonly of: number },
): void {
  const t = sayExport();
  if (end === "cancelled") on.message.value = { tone: "plain", text: t.cancelled };
  else if (end === "not-written") on.message.value = { tone: "refused", text: t.notWritten };
  else {
    on.next.value += 1;
    // The message line holds two lines: what counts stands there alone, what to do stands with the file.
    on.message.value = { tone: "plain", text: on.next.value >= on.of ? t.allSaved : t.saved(name) };
  }
}
