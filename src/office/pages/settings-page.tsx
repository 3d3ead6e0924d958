import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { AuditRow } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { language, type Language } from "#ui/language.ts";
import { prefer, preferences } from "#ui/preferences.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { changeLanguage, languageNames } from "../parts/language-choice.tsx";
import { Empty, Page, Section, Shown } from "../parts/page.tsx";
import { PasswordForm } from "../parts/password-form.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { SecretRulesForm } from "../secrets/secret-rules-form.tsx";
import { useRows } from "../use-answer.ts";

const languages: readonly Language[] = ["zh-CN", "en"];
const themes = ["system", "light", "dark"] as const;

/** This screen's language and theme, the shop's facts, one's own password, and who did what. */
export function SettingsPage(): JSX.Element {
  const t = officeTexts.now.settings;
  const { api } = useOffice();
  const me = useMe();
  const say = useSay();
  const recorded = useSignal(0);
  return (
    <Page title={t.title}>
      <Section title={t.screen}>
        <div class="form">
          <Choice
            label={t.language}
            value={language.value}
            options={languages.map((value) => ({ value, label: languageNames[value] }))}
            onChange={(value) => void changeLanguage(value)}
          />
          <Choice
            label={t.theme}
            value={preferences.value.theme}
            options={themes.map((value) => ({ value, label: t.themes[value] }))}
            onChange={(theme) => prefer("theme", theme, localStorage, document.documentElement)}
          />
        </div>
      </Section>
      <Section title={t.shop}>
        <Facts
          facts={[
            [t.shopName, me.shopName],
            [t.signedInAs, `${me.email} · ${t.roles[me.role]}`],
            [t.currency, me.currency],
            [t.merchantId, me.merchantId],
            [t.address, `${location.origin}/office`],
            [t.serverClock, say.moment(api.serverNowMs())],
          ]}
        />
      </Section>
      <Section title={officeTexts.now.password.title}>
        <PasswordForm onOutcome={() => (recorded.value += 1)} />
      </Section>
      {me.role === "owner" && (
        <Section title={officeTexts.now.secrets.settings.section}>
          <SecretRulesForm onOutcome={() => (recorded.value += 1)} />
        </Section>
      )}
      <Section title={t.audit}>
        <Audit key={recorded.value} />
      </Section>
    </Page>
  );
}

function Audit(): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const say = useSay();
  const audit = useRows(api.audit, "audit", ["policy", "till", "code"]);
  return (
    <Shown asked={{ ...audit, value: audit.rows }}>
      {(rows) => (
        <>
          {rows.length === 0 ? (
            <Empty text={t.settings.auditEmpty} />
          ) : (
            <Table<AuditRow>
              caption={t.settings.audit}
              rows={rows}
              rowKey={(row) => `${row.atMs} ${row.what} ${JSON.stringify(row.detail)}`}
              columns={[
                { head: t.settings.when, keep: true, cell: (row) => say.moment(row.atMs) },
                {
                  head: t.settings.who,
                  cell: (row) => (row.who === "server" ? t.settings.byServer : row.who),
                },
                { head: t.settings.what, cell: (row) => t.settings.acts[row.what] ?? row.what },
                { head: t.settings.detail, cell: (row) => <AuditDetail row={row} /> },
              ]}
            />
          )}
          {audit.more && <Button onPress={audit.more}>{t.app.more}</Button>}
        </>
      )}
    </Shown>
  );
}

/** What was recorded beside an act, in words; a fact without a word stands by its own name. */
function AuditDetail({ row }: { readonly row: AuditRow }): JSX.Element | null {
  const t = officeTexts.now.settings;
  const say = useSay();
  function valueOf(key: string, value: string | number | boolean): string {
    if (typeof value === "boolean") return value ? t.yes : t.no;
    if (typeof value === "number" && key.endsWith("Minor")) return say.money(value);
    if (typeof value === "number" && key.endsWith("Ms")) return say.date(value);
    return t.values[value] ?? String(value);
  }
  const parts = Object.entries(row.detail).flatMap(([key, value]) =>
    value === null ? [] : [`${t.facts[key] ?? key} ${valueOf(key, value)}`],
  );
  return parts.length === 0 ? null : <span class="note">{parts.join(" · ")}</span>;
}
