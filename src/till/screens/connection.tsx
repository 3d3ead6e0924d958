import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { TillView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { BrokenLinkIcon, LinkIcon, StopIcon, UploadIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment, formatWait } from "#ui/text-format.ts";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { type Standing, salesWithOwner, standingOf, unsentSales } from "../at-stake.ts";
import { nowMs } from "../clock-now.ts";
import { Facts } from "../parts/facts.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { SaveFileButton } from "../parts/save-file-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

/**
 * How this till stands to the server: what is only here, since when, and whether anybody must do anything.
 */
export function ConnectionScreen(): JSX.Element {
  const { engine, flow } = useTill();
  const view = useView();
  const said = useSignal<Message | null>(null);
  const t = sayHealth().connection;
  const standing = standingOf(view.link);
  const sales = unsentSales(view);
  const withOwner = salesWithOwner(view);
  const since = view.link.stuckSinceMs ?? nowMs.value;
  const fact =
    standing === "stuck"
      ? t.facts.stuck(formatMoment(since, nowMs.value, language.value))
      : t.facts[standing];
  const tryNow = (): void => {
    said.value = { tone: "plain", text: sayHealth().connection.trying };
    engine.syncNow().catch(flow.fault);
  };
  return (
    <ScreenFrame
      name="connection"
      shape="roomy"
      work={
        <div class={`panel panel--list standing standing--${standing}`} data-standing={standing}>
          <div class="panel__scroll" tabIndex={0}>
            <div class="standing__head">
              <span class="standing__mark">{markOf(standing)}</span>
              <ScreenTitle>{fact}</ScreenTitle>
            </div>
            <p class="standing__money">{sales === null ? t.keptNone : t.kept(sales)}</p>
            {withOwner !== null && <p>{sayHealth().renew.withOwner(withOwner)}</p>}
            <p>{t.todo[standing]}</p>
            <div class="portrait-only">
              <LinkFacts view={view} />
            </div>
          </div>
        </div>
      }
      pad={<LinkFacts view={view} />}
      message={<MessageLine message={said.value} />}
      second={
        <>
          <Button class="second" onPress={tryNow}>
            {t.syncNow}
          </Button>
          <SaveFileButton />
        </>
      }
      primary={
        <PrimaryButton actId="to-sell" onPress={() => flow.go({ at: "counter" })}>
          {screenTexts.now.more.back}
        </PrimaryButton>
      }
    />
  );
}

function markOf(standing: Standing): JSX.Element {
  switch (standing) {
    case "stuck":
      return <StopIcon size={44} />;
    case "offline":
    case "silent":
      return <BrokenLinkIcon size={44} />;
    case "sending":
      return <UploadIcon size={44} />;
    case "onServer":
      return <LinkIcon size={44} />;
  }
}

function LinkFacts({ view }: { readonly view: TillView }): JSX.Element {
  const { connection: t, ago } = sayHealth();
  const { link, storage } = view;
  const moment = (ms: number): string => formatMoment(ms, nowMs.value, language.value);
  const state =
    link.progress !== null
      ? t.progress(link.progress.done, link.progress.of)
      : standingOf(link) === "stuck"
        ? t.states.stuck
        : link.sinceMs === null || link.state !== "online"
          ? t.states[link.state]
          : t.since(t.states.online, moment(link.sinceMs));
  const oldest = link.oldestUnsentMs === null ? null : ago(formatWait(link.oldestUnsentMs, language.value));
  return (
    <Facts
      rows={[
        [t.unsent, unsentSales(view) ?? t.none],
        ...(oldest === null ? [] : [[t.oldest, oldest] as const]),
        [t.lastAnswer, link.lastAnswerMs === null ? t.never : moment(link.lastAnswerMs)],
        [t.now, state],
        [t.copy, storage.copyFailed ? t.copyFailed : t.copyWritten],
      ]}
    />
  );
}
