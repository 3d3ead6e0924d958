import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { LossEvent, ReceiptEvidence } from "#protocol/office-losses-api.ts";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { CheckIcon, StopIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { missingEntries, readReceipt, wordFor } from "../loss-words.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Outcome, Page, Problem, Section, Shown, submitting } from "../parts/page.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Facts, Table } from "../parts/table.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { LossStateWord } from "./losses-page.tsx";

/** One loss: what is missing, on what grounds that is known, and the paper receipts held against it. */
export function LossPage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now.losses;
  const { api } = useOffice();
  const asked = useAnswer(api.losses, `loss ${id}`, ["till", "sale"]);
  const loss = asked.value?.rows.find((row) => row.id === id);
  const title = loss ? t.loss.title(loss.tillName, loss.epoch) : t.loss.section;
  return (
    <Page title={title} back={{ to: { page: "losses" }, name: t.title }}>
      <Shown asked={asked}>
        {() =>
          loss ? <Loss loss={loss} onChanged={asked.reload} /> : <Problem problem={{ code: "not-found" }} />
        }
      </Shown>
    </Page>
  );
}

interface LossProps {
  readonly loss: LossEvent;
  readonly onChanged: () => void;
}

function Loss({ loss, onChanged }: LossProps): JSX.Element {
  const { loss: t, sales } = officeTexts.now.losses;
  const say = useSay();
  const { count, sumMinor, cameLate } = loss;
  return (
    <>
      <Section title={t.what}>
        <Facts
          facts={[
            [t.state, <LossStateWord state={loss.state} />],
            [t.what, missingEntries(loss, t)],
            [t.sum, count === null || sumMinor === null ? t.unknown : sales(count, say.money(sumMinor))],
            [t.reason, wordFor(t.reasons, loss.reason)],
            [t.source, wordFor(t.sources, loss.source)],
            [t.cameLate, cameLate.count === 0 ? t.none : sales(cameLate.count, say.money(cameLate.sumMinor))],
            [t.since, say.moment(loss.atMs)],
          ]}
        />
      </Section>
      <Section title={t.receipts} note={t.receiptsWhy}>
        {loss.receipts.length > 0 && <Receipts rows={loss.receipts} />}
        <ReceiptEntry loss={loss} onChanged={onChanged} />
      </Section>
    </>
  );
}

function Receipts({ rows }: { readonly rows: readonly ReceiptEvidence[] }): JSX.Element {
  const t = officeTexts.now.losses.loss;
  const say = useSay();
  const missingMinor = rows
    .filter((row) => row.verdict === "missing")
    .reduce((sum, row) => sum + row.amountMinor, 0);
  return (
    <>
      <Table
        caption={t.receipts}
        columns={[
          { head: officeTexts.now.sale.seq, cell: (row) => row.seq },
          { head: t.check, cell: (row) => <code class="hash">{row.headHex}</code> },
          { head: t.verdict, cell: (row) => <Verdict verdict={row.verdict} /> },
          {
            head: t.amount,
            sum: true,
            cell: (row) => <span class="money">{say.money(row.amountMinor)}</span>,
          },
        ]}
        rows={rows}
        rowKey={(row) => `${row.seq} ${row.headHex}`}
      />
      {missingMinor > 0 && <p>{t.receiptsTotal(say.money(missingMinor))}</p>}
    </>
  );
}

function Verdict({ verdict }: { readonly verdict: ReceiptEvidence["verdict"] }): JSX.Element {
  const word = wordFor(officeTexts.now.losses.loss.verdicts, verdict);
  return verdict === "arrived" ? (
    <StateWord tone="good" icon={<CheckIcon size={18} />} word={word} />
  ) : (
    <StateWord tone="bad" icon={<StopIcon size={18} />} word={word} />
  );
}

/** Three things off the paper; what was typed stays until it is taken. */
function ReceiptEntry({ loss, onChanged }: LossProps): JSX.Element {
  const t = officeTexts.now.losses.loss;
  const { api } = useOffice();
  const { currency } = useMe();
  const form = useSignal({ seq: "", head: "", amount: "" });
  const tried = useSignal(false);
  const entered = useSignal(false);
  const entry = useAct();
  const read = readReceipt(form.value, currency);
  const wrong = tried.value && !read.ok ? read.refusal.code : null;
  const set = (key: "seq" | "head" | "amount") => (text: string) => {
    entered.value = false;
    form.value = { ...form.value, [key]: text };
  };
  const enter = (): void => {
    tried.value = true;
    if (!read.ok) return;
    entry.run(
      () => api.enterReceipt(loss.id, read.value),
      () => {
        form.value = { seq: "", head: "", amount: "" };
        tried.value = false;
        entered.value = true;
        onChanged();
      },
    );
  };
  return (
    <form class="form" noValidate onSubmit={submitting(enter)}>
      <TextField
        label={t.seq}
        inputMode="numeric"
        maxLength={20}
        value={form.value.seq}
        error={wrong === "seq" ? t.wrong.seq : undefined}
        onInput={set("seq")}
      />
      <TextField
        label={t.head}
        hint={t.headHint}
        maxLength={12}
        value={form.value.head}
        error={wrong === "head" ? t.wrong.head : undefined}
        onInput={set("head")}
      />
      <TextField
        label={t.amount}
        inputMode="decimal"
        maxLength={20}
        value={form.value.amount}
        error={wrong === "amount" ? t.wrong.amount : undefined}
        onInput={set("amount")}
      />
      <div class="row">
        <Button type="submit">{t.enter}</Button>
        <span role="status" class="note">
          {entered.value ? t.entered : ""}
        </span>
      </div>
      <Outcome act={entry} />
    </form>
  );
}
