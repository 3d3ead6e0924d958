import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Result } from "#domain/result.ts";
import type { ImportAnswer, WaitingParcel } from "#protocol/export-office.ts";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { JournalFiles } from "../parts/journal-files.tsx";
import { Page, Section, Shown } from "../parts/page.tsx";
import { ReceiptSearch } from "../parts/receipt-search.tsx";
import { sendFile, type SendProblem } from "../send-file.ts";
import { useAnswer } from "../use-answer.ts";

interface Sent {
  readonly name: string;
  /** Null while it is on its way. */
  readonly end: Result<ImportAnswer, SendProblem> | null;
}

/** What goes in and out of the books as files, and what proves them (B10). */
export function ImportPage(): JSX.Element {
  const t = officeTexts.now.files;
  const { role } = useMe();
  const isInCharge = role === "owner" || role === "manager";
  return (
    <Page title={t.title} back={{ to: { page: "tills" }, name: officeTexts.now.tills.title }}>
      {isInCharge && <Imports />}
      <ReceiptSearch />
      {isInCharge && <JournalFiles isOwner={role === "owner"} />}
    </Page>
  );
}

function Imports(): JSX.Element {
  const t = officeTexts.now.files.imports;
  const { api } = useOffice();
  const input = useRef<HTMLInputElement>(null);
  const sent = useSignal<readonly Sent[]>([]);
  const waiting = useAnswer(api.waitingParcels, "waiting parcels", ["sale", "till"]);
  /** One after the other: a later file may continue what an earlier one brings. */
  async function sendAll(files: readonly File[]): Promise<void> {
    const before = sent.value.length;
    sent.value = [...sent.value, ...files.map((file): Sent => ({ name: file.name, end: null }))];
    const tools = { fetch: fetch.bind(globalThis), isOnline: () => navigator.onLine };
    for (const [at, file] of files.entries()) {
      const end = await sendFile(file, tools);
      sent.value = sent.value.with(before + at, { name: file.name, end });
    }
    waiting.reload();
  }
  function chosen(event: Event): void {
    const field = event.currentTarget as HTMLInputElement;
    const files = [...(field.files ?? [])];
    field.value = "";
    void sendAll(files);
  }
  return (
    <Section title={t.title} note={t.note}>
      <input
        ref={input}
        type="file"
        multiple
        accept=".gtx"
        class="visually-hidden"
        tabIndex={-1}
        aria-label={t.choose}
        onChange={chosen}
      />
      <div class="row">
        <Button onPress={() => input.current?.click()}>{t.choose}</Button>
      </div>
      <ul role="status">
        {sent.value.map((one, at) => (
          <li key={at} data-import={one.end === null ? "sending" : one.end.ok ? "done" : "refused"}>
            <SentFile sent={one} />
          </li>
        ))}
      </ul>
      <Shown asked={{ ...waiting, value: waiting.value?.rows ?? null }}>
        {(rows) => rows.length > 0 && <Waiting rows={rows} />}
      </Shown>
    </Section>
  );
}

function SentFile({ sent }: { readonly sent: Sent }): JSX.Element {
  const t = officeTexts.now.files.imports;
  const say = useSay();
  const { name, end } = sent;
  if (end === null) return <p>{t.sending(name)}</p>;
  if (!end.ok) {
    const known: Readonly<Record<string, string>> = t.problems;
    const words = known[end.refusal.code];
    return (
      <p class="problem">
        {t.ofFile(name, words ?? say.problem(end.refusal as Parameters<typeof say.problem>[0]))}
      </p>
    );
  }
  const { till, tillName, epoch, first, last, stored, alreadyThere, setApart, waiting } = end.value;
  const isGap = waiting?.why === "gap";
  return (
    <>
      <p>{t.ofFile(name, t.from(tillName ?? t.unknownTill(till), epoch, first, last))}</p>
      <p>{t.done(stored, alreadyThere, setApart)}</p>
      {waiting !== null && <p class="note">{isGap ? t.waiting(waiting.needSeq) : t.waitingTill}</p>}
    </>
  );
}

function Waiting({ rows }: { readonly rows: readonly WaitingParcel[] }): JSX.Element {
  const t = officeTexts.now.files.imports;
  const say = useSay();
  return (
    <>
      <h3>{t.waitingTitle}</h3>
      <ul>
        {rows.map((row) => (
          <li key={`${row.till} ${row.epoch} ${row.first} ${row.sinceMs}`}>
            {t.from(row.tillName ?? t.unknownTill(row.till), row.epoch, row.first, row.last)} ·{" "}
            {t.since(say.moment(row.sinceMs))}
          </li>
        ))}
      </ul>
    </>
  );
}
