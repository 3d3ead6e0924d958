import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { readPaperCheck, readPaperNumber } from "#domain/paper-receipt.ts";
import type { ReceiptCheck } from "#protocol/export-office.ts";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { useAct } from "../use-act.ts";
import { Link } from "./link.tsx";
import { Outcome, Section, submitting } from "./page.tsx";

/** Room for what stands on the paper around the digits: a label, blanks. */
const longestTyped = 40;

/** «Is this receipt in the journal?»: its number and eight digits against what is stored (B10). */
export function ReceiptSearch(): JSX.Element {
  const t = officeTexts.now.files.check;
  const { api } = useOffice();
  const seq = useSignal("");
  const head = useSignal("");
  const isTried = useSignal(false);
  const found = useSignal<ReceiptCheck | null>(null);
  const look = useAct();
  const number = readPaperNumber(seq.value);
  const check = readPaperCheck(head.value);
  function ask(): void {
    isTried.value = true;
    found.value = null;
    if (number === null || check === null) return;
    look.run(
      () => api.checkReceipt(number, check),
      (answer) => (found.value = answer),
    );
  }
  return (
    <Section title={t.title} note={t.note}>
      <form class="form" noValidate onSubmit={submitting(ask)}>
        <TextField
          label={t.seq}
          hint={t.seqHint}
          maxLength={longestTyped}
          value={seq.value}
          error={isTried.value && number === null ? t.wrongSeq : undefined}
          onInput={(text) => (seq.value = text)}
        />
        <TextField
          label={t.head}
          maxLength={longestTyped}
          value={head.value}
          error={isTried.value && check === null ? t.wrongHead : undefined}
          onInput={(text) => (head.value = text)}
        />
        <div class="row">
          <Button type="submit">{t.ask}</Button>
        </div>
        <Outcome act={look} />
      </form>
      <div role="status" data-check={found.value?.result}>
        {found.value !== null && <Found check={found.value} />}
      </div>
    </Section>
  );
}

function Found({ check }: { readonly check: ReceiptCheck }): JSX.Element {
  const t = officeTexts.now.files.check;
  const say = useSay();
  return (
    <>
      <p>
        <strong>{t.results[check.result]}</strong>
      </p>
      <ul>
        {check.places.map((place) => (
          <li key={`${place.tillName} ${place.epoch} ${place.headHex}`}>
            {t.place(place.tillName, place.epoch)}
            {place.amountMinor !== null && ` · ${say.money(place.amountMinor)}`}
            {place.atMs !== null && ` · ${say.moment(place.atMs)}`}
            {check.result === "differs" && ` · ${t.stands(place.headHex)}`}
            {check.result === "found" && place.saleId !== null && (
              <>
                {" · "}
                <Link to={{ page: "sale", id: place.saleId }}>{t.toSale}</Link>
              </>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
