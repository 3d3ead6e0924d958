import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ActivationAnswer, TillRow } from "#protocol/office-api.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import { tillAddress } from "../till-address.ts";
import { QrSymbol } from "../symbols/symbol.tsx";
import { useAct } from "../use-act.ts";
import { Outcome } from "./page.tsx";

/** Milliseconds until `untilMs` by the server's clock, never below 0; redrawn each second. */
function useTimeLeftMs(untilMs: number): number {
  const { api } = useOffice();
  const ticks = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      ticks.value += 1;
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
  // Read so that each tick redraws: the time itself is always taken anew.
  void ticks.value;
  return Math.max(0, untilMs - api.serverNowMs());
}

/** «9:05». */
function minutesAndSeconds(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export interface ActivationProps {
  readonly tillId: string;
  readonly activation: ActivationAnswer;
  /** Said when the code was asked for; a newer code is for the same reason. */
  readonly reason?: RenewalReason | null;
  readonly onRenewed: (activation: ActivationAnswer) => void;
}

/** The code that lets one tablet in: to scan, to type, and how long it holds. A new one ends the old. */
export function Activation({ tillId, activation, reason = null, onRenewed }: ActivationProps): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const leftMs = useTimeLeftMs(activation.expiresAtMs);
  const renewal = useAct();
  const over = leftMs === 0;
  const renew = (): void => renewal.run(() => api.activateTill(tillId, reason), onRenewed);
  return (
    <div class="activation">
      {!over && (
        <div class="activation__symbol">
          <QrSymbol text={activation.qrText} label={t.till.qr} />
        </div>
      )}
      <div class="activation__words">
        <dl class="facts">
          <div class="facts__row">
            <dt>{t.welcome.tillPage}</dt>
            <dd class="address">
              <TillAddress />
            </dd>
          </div>
          {!over && (
            <div class="facts__row">
              <dt>{t.till.typed}</dt>
              <dd class="activation__code">{activation.typedCode}</dd>
            </div>
          )}
        </dl>
        <p role="timer" class={over ? "activation__over" : ""}>
          {over ? t.till.over : t.till.timeLeft(minutesAndSeconds(leftMs))}
        </p>
        <Button kind={over ? "primary" : "secondary"} onPress={renew}>
          {t.till.again}
        </Button>
        <p class="note">{t.till.againWhy}</p>
        <Outcome act={renewal} />
      </div>
    </div>
  );
}

/**
 * Where a tablet opens the till. The office's own address, unless that is «localhost», which leads a tablet
 * to itself: then the server's address in the shop's network, and what it still lacks.
 */
function TillAddress(): JSX.Element {
  const t = officeTexts.now.losses.address;
  const found = tillAddress(location.origin, useMe().addresses);
  if (found.kind === "good") return <>{found.address}</>;
  return (
    <>
      {found.addresses.map((address) => (
        <span class="address__line" key={address}>
          {address}
        </span>
      ))}
      <span class="note address__line">{t.localOnly}</span>
      {found.addresses.length > 0 && <span class="note address__line">{t.noHttps}</span>}
    </>
  );
}

/** The six digits of PROTOCOL §3 for a tablet that came by a typed code. */
export function Compare({
  till,
  onDone,
}: {
  readonly till: TillRow;
  readonly onDone: () => void;
}): JSX.Element {
  const t = officeTexts.now.till;
  const { api } = useOffice();
  const answer = useAct();
  const say = (same: boolean): void => answer.run(() => api.compareTill(till.id, same, till.epoch), onDone);
  return (
    <div class="compare">
      <p>{t.compareWhy}</p>
      <p class="compare__digits">{till.compareDigits}</p>
      <div class="row">
        <Button kind="primary" onPress={() => say(true)}>
          {t.same}
        </Button>
        <Button kind="danger" onPress={() => say(false)}>
          {t.different}
        </Button>
      </div>
      <Outcome act={answer} />
    </div>
  );
}
