import type { JSX } from "preact";
import type { CodeDetail } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useSay } from "../office.ts";
import { BarSymbol, QrSymbol } from "../symbols/symbol.tsx";

/** What the owner chose for paper. The password never stands on the sheet of its code (G8, G10). */
export interface SheetChoice {
  readonly paper: "page" | "label";
  readonly password: "off" | "apart";
}

/** «1234 5678 9012 3456», as it stands on labels and is typed. */
export function inFours(digits: string): string {
  return digits.match(/.{1,4}/gu)?.join(" ") ?? digits;
}

export interface CodeSheetsProps {
  readonly code: CodeDetail & { readonly qrText: string; readonly number: string };
  readonly password: string | null;
  readonly choice: SheetChoice;
}

/** The sheet of a code, and when asked for a second sheet with its password. */
export function CodeSheets({ code, password, choice }: CodeSheetsProps): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const { shopName } = useMe();
  const sum = say.money(code.amountMinor);
  const sheet = `sheet sheet--${choice.paper}`;
  return (
    <>
      <section class={sheet}>
        <p class="sheet__shop">{shopName}</p>
        <p class="sheet__title">{code.kind === "exact" ? sum : t.codes.upTo(sum)}</p>
        <div class="sheet__qr">
          <QrSymbol text={code.qrText} label={t.code.qr(sum)} />
        </div>
        <div class="sheet__bars">
          <BarSymbol digits={code.number} label={t.code.bars} />
        </div>
        <p class="sheet__number">{inFours(code.number)}</p>
        {code.state === "not-yet-valid" && <p>{t.code.sheetFrom(say.date(code.fromMs))}</p>}
        <p>{t.code.sheetValid(say.date(code.expiresAtMs))}</p>
        <p>{t.code.sheetOnce}</p>
        {code.hasPassword && <p>{t.code.sheetNeedsPassword}</p>}
      </section>
      {choice.password === "apart" && password !== null && (
        <section class={sheet}>
          <p class="sheet__shop">{shopName}</p>
          <p class="sheet__title">{t.code.passwordApartSheet}</p>
          <p class="sheet__secret">{password}</p>
          <p>{t.code.sheetFor(code.number.slice(-4))}</p>
          <p>{t.code.sheetKeep}</p>
        </section>
      )}
    </>
  );
}
