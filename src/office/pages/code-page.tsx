import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { CodeDetail } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { CodeStanding } from "../parts/code-standing.tsx";
import { type CodeSheetsProps, CodeSheets, inFours, type SheetChoice } from "../parts/code-sheets.tsx";
import { Link } from "../parts/link.tsx";
import { Page, Outcome, Section, Shown } from "../parts/page.tsx";
import { usePageSheets } from "../parts/print.tsx";
import { CodeStateWord } from "../parts/state-word.tsx";
import { Facts } from "../parts/table.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { BarSymbol, QrSymbol } from "../symbols/symbol.tsx";
import { CodeUnlock } from "../secrets/code-unlock.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

/** One code: to show, print and revoke while it can be used, its end afterwards. */
export function CodePage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now;
  const { api, issued } = useOffice();
  const say = useSay();
  const code = useAnswer(() => api.code(id), `code ${id}`, ["code", "sale"]);
  // The password stands in memory only for this page: whoever opens the code later does not see it.
  const fresh = issued.value?.id === id ? issued.value : null;
  useEffect(
    () => () => {
      issued.value = null;
    },
    [id],
  );

  const shown = code.value ?? fresh;
  const open = shown ? openCode(shown) : null;
  const title = shown ? t.code.title(say.money(shown.amountMinor)) : t.codes.title;
  return (
    <Page
      title={title}
      back={{ to: { page: "codes" }, name: t.codes.title }}
      primary={
        open && (
          <Button kind="primary" onPress={() => print()}>
            {t.code.printAct}
          </Button>
        )
      }
    >
      <Shown asked={{ ...code, value: shown }}>
        {(value) => (
          <div class={open ? "code" : "code code--gone"}>
            {open && <Symbols code={open} />}
            <div class="code__rest">
              {open ? (
                <Paper code={open} password={fresh?.generatedPassword ?? null} />
              ) : (
                <div>
                  <p>{t.code.gone}</p>
                  {value.returnedMinor > 0 && (
                    <p>
                      {t.code.goneValue(say.money(value.returnedMinor))}{" "}
                      <Link to={{ page: "code-new" }}>{t.codes.issue}</Link>
                    </p>
                  )}
                </div>
              )}
              <CodeFacts code={value} />
              {open && <CodeStanding code={value} onMoved={code.put} />}
              {open?.hasPassword === true && <CodeUnlock id={open.id} />}
              {open && <Revoke code={open} onRevoked={code.put} />}
            </div>
          </div>
        )}
      </Shown>
    </Page>
  );
}

type OpenCodeDetail = CodeSheetsProps["code"];

/** The code with what can be scanned and typed; null when it can no longer be used. */
function openCode(code: CodeDetail): OpenCodeDetail | null {
  const { qrText, number } = code;
  return qrText === null || number === null ? null : { ...code, qrText, number };
}

function Symbols({ code }: { readonly code: OpenCodeDetail }): JSX.Element {
  const t = officeTexts.now.code;
  const say = useSay();
  return (
    <div class="code__symbols">
      <QrSymbol text={code.qrText} label={t.qr(say.money(code.amountMinor))} />
      <BarSymbol digits={code.number} label={t.bars} />
      <p class="code__number">
        <span class="visually-hidden">{t.number} </span>
        {inFours(code.number)}
      </p>
    </div>
  );
}

/** The password, shown once, and what goes on paper. */
function Paper(props: { readonly code: OpenCodeDetail; readonly password: string | null }): JSX.Element {
  const t = officeTexts.now.code;
  const { issued } = useOffice();
  const { code, password } = props;
  const choice = useSignal<SheetChoice>({ paper: "page", password: "off" });
  const wasHidden = useSignal(false);
  usePageSheets(
    <CodeSheets code={code} password={password} choice={choice.value} />,
    JSON.stringify([code, choice.value, password !== null]),
  );
  function hide(): void {
    wasHidden.value = true;
    if (issued.value) issued.value = { ...issued.value, generatedPassword: null };
  }
  return (
    <>
      {password !== null && (
        <section class="section secret" aria-label={t.password}>
          <h2>{t.password}</h2>
          <p class="secret__text">{password}</p>
          <p class="note">{t.passwordOnce}</p>
          <Button onPress={hide}>{t.passwordHide}</Button>
        </section>
      )}
      <p role="status" class="note quiet-status">
        {wasHidden.value ? t.passwordHidden : ""}
      </p>
      <Section title={t.printOptions} class="print-options">
        <Choice
          label={t.paper}
          value={choice.value.paper}
          options={[
            { value: "page", label: t.page },
            { value: "label", label: t.label },
          ]}
          onChange={(paper) => (choice.value = { ...choice.value, paper })}
        />
        {password !== null && (
          <Choice
            label={t.printPassword}
            value={choice.value.password}
            options={[
              { value: "off", label: t.passwordOff },
              { value: "apart", label: t.passwordApart },
            ]}
            onChange={(chosen) => (choice.value = { ...choice.value, password: chosen })}
          />
        )}
      </Section>
    </>
  );
}

function CodeFacts({ code }: { readonly code: CodeDetail }): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const sum = say.money(code.amountMinor);
  const { spent } = code;
  return (
    <Section title={t.code.facts}>
      <Facts
        facts={[
          [t.codes.state, <CodeStateWord state={code.state} />],
          [t.codes.amount, code.kind === "exact" ? sum : t.codes.upTo(sum)],
          [t.code.kind, code.kind === "exact" ? t.issue.exact : t.issue.upTo],
          [t.codes.password, code.hasPassword ? t.codes.withPassword : t.codes.withoutPassword],
          [t.codes.issued, say.moment(code.issuedAtMs)],
          [t.code.from, say.moment(code.fromMs)],
          [t.codes.expires, say.moment(code.expiresAtMs)],
          [t.codes.till, code.tillName ?? t.codes.anyTill],
        ]}
      />
      {spent && (
        <Facts
          facts={[
            [
              t.code.used,
              <Link to={{ page: "sale", id: spent.saleId }}>
                {t.code.spentAt(spent.tillName, say.moment(spent.atMs))}
              </Link>,
            ],
            [t.code.usedAmount, say.money(spent.amountMinor)],
          ]}
        />
      )}
      {code.returnedMinor > 0 && <Facts facts={[[t.code.returned, say.money(code.returnedMinor)]]} />}
      {code.lossMinor > 0 && (
        <p class="problem">
          {t.sales.loss(say.money(code.lossMinor))} · {t.code.lossWhy}
        </p>
      )}
    </Section>
  );
}

function Revoke(props: {
  readonly code: CodeDetail;
  readonly onRevoked: (code: CodeDetail) => void;
}): JSX.Element {
  const t = officeTexts.now.code;
  const { api } = useOffice();
  const say = useSay();
  const revoke = useAct();
  return (
    <div>
      <TwoStep
        act={t.revoke}
        ask={t.revokeAsk(say.money(props.code.amountMinor))}
        yes={t.revokeYes}
        no={t.revokeNo}
        onYes={() => revoke.run(() => api.revokeCode(props.code.id), props.onRevoked)}
      />
      <Outcome act={revoke} />
    </div>
  );
}
