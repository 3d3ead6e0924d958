import type { JSX } from "preact";
import type { JournalListRow } from "#protocol/export-office.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { useAnswer } from "../use-answer.ts";
import { Section, Shown } from "./page.tsx";
import { Table } from "./table.tsx";

/** Every journal of the shop as a file that anybody can check, and the keys to check it with (B10). */
export function JournalFiles({ isOwner }: { readonly isOwner: boolean }): JSX.Element {
  const t = officeTexts.now.files.journals;
  const { api } = useOffice();
  const journals = useAnswer(api.journals, "journals", ["till", "sale"]);
  return (
    <Section title={t.title} note={t.note}>
      <Shown asked={journals}>
        {({ rows }) => (
          <Table<JournalListRow>
            caption={t.title}
            rows={rows}
            rowKey={(row) => `${row.till ?? "server"} ${row.epoch}`}
            columns={[
              { head: t.till, cell: (row) => (row.till === null ? t.server : row.tillName) },
              { head: t.epoch, cell: (row) => row.epoch },
              { head: t.entries, cell: (row) => row.entries },
              { head: t.head, cell: (row) => <code class="hash">{row.headHex}</code> },
              {
                head: t.download,
                cell: (row) =>
                  isOwner ? (
                    <a class="button" href={pathOf(row)} download>
                      {t.download}
                    </a>
                  ) : (
                    t.ownerOnly
                  ),
              },
            ]}
          />
        )}
      </Shown>
      {isOwner && (
        <>
          <p class="note">{t.keysNote}</p>
          <p>
            <a class="button" href="/api/office/journal-keys" download>
              {t.keys}
            </a>
          </p>
        </>
      )}
    </Section>
  );
}

function pathOf({ till, epoch }: JournalListRow): string {
  return `/api/office/journals/${till ?? "server"}/${epoch}`;
}
