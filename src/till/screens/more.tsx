import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { TillView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { type Language, language, switchLanguage } from "#ui/language.ts";
import { prefer, preferences, type Preferences } from "#ui/preferences.ts";
import { formatMoment } from "#ui/text-format.ts";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { unsentSales } from "../at-stake.ts";
import { nowMs } from "../clock-now.ts";
import { ExportEntry } from "../parts/export-entry.tsx";
import { Facts } from "../parts/facts.tsx";
import { NotKeptCard, WipeCard } from "../parts/kept-cards.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

const bytesPerMegabyte = 1_048_576;

/** What a person may set on this one tablet, what runs on it, and how it stands to the server. */
export function MoreScreen(): JSX.Element {
  const { flow } = useTill();
  const message = useSignal<Message | null>(null);
  const t = screenTexts.now.more;
  return (
    <ScreenFrame
      name="more"
      shape="roomy"
      work={
        <div class="panel panel--list">
          <ScreenTitle>{t.title}</ScreenTitle>
          <div class="panel__scroll panel__scroll--form" tabIndex={0}>
            <NotKeptCard onSaid={(said) => (message.value = said)} />
            <KeysCard />
            <ScreenSettings onMessage={(said) => (message.value = said)} />
            <ExportEntry />
            <WipeCard />
            <div class="portrait-only">
              <About />
            </div>
          </div>
        </div>
      }
      message={<MessageLine message={message.value} />}
      pad={<About />}
      second={<SecondRow />}
      primary={
        <PrimaryButton actId="to-sell" onPress={() => flow.go({ at: "counter" })}>
          {t.back}
        </PrimaryButton>
      }
    />
  );
}

/** PINs and what protects them: sought by name, so it stands before what is set once. */
function KeysCard(): JSX.Element {
  const { flow } = useTill();
  const { operator, vault } = useView();
  const t = sayVault();
  const go = (task: "change-pin" | "people" | "levels") => (): void => flow.go({ at: "vault", task });
  return (
    <section class="card" data-card="keys">
      <h2 class="card__title">{t.more.title}</h2>
      <div class="card__acts">
        {operator?.hasPin === true && vault.open && (
          <Button class="card__act" onPress={go("change-pin")}>
            {t.more.change}
          </Button>
        )}
        <Button class="card__act" onPress={go("people")}>
          {t.more.people}
        </Button>
        <Button class="card__act" onPress={go("levels")}>
          {t.more.levels}
        </Button>
      </div>
    </section>
  );
}

function ScreenSettings({ onMessage }: { readonly onMessage: (message: Message) => void }): JSX.Element {
  const t = screenTexts.now.more;
  const set = <K extends keyof Preferences>(key: K, value: Preferences[K]): void =>
    prefer(key, value, localStorage, document.documentElement);
  const speak = (next: Language): void => {
    switchLanguage(next, document.documentElement)
      .then(() => set("language", next))
      .catch(() => onMessage({ tone: "refused", text: screenTexts.now.more.languageFailed }));
  };
  const chosen = preferences.value;
  return (
    <>
      <Choice
        label={t.language}
        value={language.value}
        options={[
          { value: "zh-CN", label: "中文" },
          { value: "en", label: "English" },
        ]}
        onChange={speak}
      />
      <Choice
        label={t.theme}
        value={chosen.theme}
        options={options(t.themes)}
        onChange={(v) => set("theme", v)}
      />
      <Choice
        label={t.hand}
        value={chosen.hand}
        options={options(t.hands)}
        onChange={(v) => set("hand", v)}
      />
      <Choice
        label={t.textSize}
        value={chosen.textSize}
        options={options(t.textSizes)}
        onChange={(v) => set("textSize", v)}
      />
      <Choice label={t.pad} value={chosen.pad} options={options(t.pads)} onChange={(v) => set("pad", v)} />
      <Choice
        label={t.sound}
        value={chosen.sound}
        options={options(t.sounds)}
        onChange={(v) => set("sound", v)}
      />
    </>
  );
}

function options<V extends string>(
  words: Readonly<Record<V, string>>,
): { readonly value: V; readonly label: string }[] {
  const values = Object.keys(words) as V[];
  return values.map((value) => ({ value, label: words[value] }));
}

/** Build and settings version stand here so that office and till can be compared (G2, G11). */
function About(): JSX.Element {
  const view = useView();
  const t = screenTexts.now.more;
  const { settings, link } = view;
  const applied =
    settings.appliedAtMs === null
      ? t.settingsNone
      : t.settingsAt(settings.feedVersion, formatMoment(settings.appliedAtMs, nowMs.value, language.value));
  const strip = screenTexts.now.strip;
  return (
    <Facts
      rows={[
        [screenTexts.now.activate.till, `${view.shopName} · ${view.tillName}`],
        [t.settings, applied],
        [t.link, strip[link.state]],
        [t.unsent, unsentSales(view) ?? t.none],
        [t.storage, storageWords(view)],
        [t.build, view.build],
      ]}
    />
  );
}

function storageWords(view: TillView): string {
  const t = screenTexts.now.more;
  const { freeBytes, persisted, copyFailed } = view.storage;
  const free =
    freeBytes === null
      ? t.storageUnknown
      : t.storageFree(`${Math.floor(freeBytes / bytesPerMegabyte).toLocaleString(language.value)} MB`);
  const kept = persisted ? t.persisted : t.notPersisted;
  return [free, kept, ...(copyFailed ? [t.copyFailed] : [])].join(" · ");
}

function SecondRow(): JSX.Element {
  const { engine, flow, update } = useTill();
  const view = useView();
  const t = screenTexts.now.more;
  const asked = useSignal(false);
  if (!update.ready.value) {
    return (
      <Button class="second" onPress={() => void engine.syncNow().catch(flow.fault)}>
        {view.link.state === "syncing" ? t.syncing : t.syncNow}
      </Button>
    );
  }
  const { unsentCount, unsentMinor } = view.link;
  const wait = view.sale === null ? undefined : t.updateWait;
  const told = unsentCount > 0 && !asked.value;
  const apply = (): void => {
    engine
      .mayUpdate()
      .then((may) => {
        // Unsent sales survive an update, but only the operator may decide to run it before they are safe
        // elsewhere.
        if (may.saleOpen) return;
        if (may.unsentCount > 0 && !asked.value) asked.value = true;
        else update.apply();
      })
      .catch(flow.fault);
  };
  return (
    <Button class="second" unavailable={wait} onPress={apply}>
      {told || !asked.value ? t.updateNow : t.updateAnyway}
      {asked.value && (
        <small class="second__why">
          {t.updateUnsent(unsentCount, formatMoney(unsentMinor, view.settings.currency))}
        </small>
      )}
    </Button>
  );
}
