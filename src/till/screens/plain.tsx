import type { JSX } from "preact";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { ExportEntry } from "../parts/export-entry.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { tillTexts } from "../texts.ts";

/** Until the books are open; silent for a moment, because most of the time they open at once (UX §7). */
export function BootingScreen(): JSX.Element {
  return (
    <main class="screen plain" data-screen="booting">
      <p class="plain__words plain__words--late">{tillTexts.now.booting}</p>
    </main>
  );
}

/** Another window of this browser holds the till: two would write one journal. */
export function ElsewhereScreen(): JSX.Element {
  const t = tillTexts.now;
  return (
    <main class="screen plain" data-screen="elsewhere">
      <div class="plain__words">
        <ScreenTitle>{t.elsewhereTitle}</ScreenTitle>
        <p>{t.elsewhere}</p>
      </div>
    </main>
  );
}

/** The engine is gone. What is recorded is on disk; opening the page again opens the books again. */
export function EngineDownScreen(): JSX.Element {
  const t = tillTexts.now;
  return (
    <ScreenFrame
      name="engine-down"
      shape="roomy"
      work={
        <div class="panel result">
          <ScreenTitle>{t.engineDown}</ScreenTitle>
        </div>
      }
      second={<ExportEntry />}
      primary={
        <PrimaryButton actId="reload" onPress={() => location.reload()}>
          {t.reload}
        </PrimaryButton>
      }
    />
  );
}
