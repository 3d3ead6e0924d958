import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { useOffice } from "../office.ts";

/** Prints one sheet now instead of the screen. */
export function usePrint(): (sheet: ComponentChildren) => void {
  const { sheets } = useOffice();
  return (sheet) => {
    sheets.job.value = sheet;
    addEventListener("afterprint", () => (sheets.job.value = null), { once: true });
    // Two frames: the first draws the sheet, and only a drawn sheet is printed.
    requestAnimationFrame(() => requestAnimationFrame(() => print()));
  };
}

/** What the browser's own «print» gives while this page is open. */
export function usePageSheets(sheet: ComponentChildren, key: string): void {
  const { sheets } = useOffice();
  // Before the screen is drawn: a press on «print» must never send the sheet of the choice before.
  useLayoutEffect(() => {
    sheets.ofPage.value = sheet;
  }, [key]);
  useLayoutEffect(
    () => () => {
      sheets.ofPage.value = null;
    },
    [],
  );
}

/** Where sheets stand; unseen on the screen, and the only thing on paper while there are any. */
export function PrintRoot(): JSX.Element {
  const { sheets } = useOffice();
  return <div class="print-root">{sheets.job.value ?? sheets.ofPage.value}</div>;
}
