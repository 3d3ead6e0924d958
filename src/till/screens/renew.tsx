import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { PersonIcon, StopIcon } from "#ui/icons.tsx";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { salesWithOwner, unsentSales } from "../at-stake.ts";
import { RenewalCard } from "../parts/renewal-card.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { SaveFileButton } from "../parts/save-file-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { useTill, useView } from "../till-context.ts";

/**
 * Before this tablet is activated anew, by choice or because its codes were stopped: what happened, what is
 * at stake, and what to do first. A new activation never drops an entry; uninstalling or clearing would.
 */
export function RenewScreen(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = sayHealth().renew;
  const sales = unsentSales(view);
  const withOwner = salesWithOwner(view);
  const { stop } = view;
  // The owner's word is enough then: a new activation would only cost an epoch.
  const waits = view.vault.renewalDigits !== undefined;
  return (
    <ScreenFrame
      name="renew"
      shape="roomy"
      work={
        <div class="panel panel--list standing" data-stop={stop ?? "none"}>
          <div class="panel__scroll" tabIndex={0}>
            <div class="standing__head">
              <span class={`standing__mark ${stop === null ? "" : "standing__mark--stop"}`}>
                {stop === null ? <PersonIcon size={44} /> : <StopIcon size={44} />}
              </span>
              <ScreenTitle>{stop === null ? t.titleAnew : t.title[stop]}</ScreenTitle>
            </div>
            <p>{stop === null ? t.whyAnew : t.why[stop]}</p>
            <RenewalCard />
            <p class="standing__money">{sales === null ? t.stakeNone : t.stake(sales)}</p>
            {withOwner !== null && <p>{t.withOwner(withOwner)}</p>}
            {!waits && (
              <>
                <h2 class="standing__steps">{t.steps}</h2>
                <ol class="steps">
                  {sales !== null && <li>{t.fileFirst}</li>}
                  <li>{stop === "revoked" ? t.askOwnerNew : t.askOwner}</li>
                  <li>{t.keepOn}</li>
                </ol>
              </>
            )}
          </div>
        </div>
      }
      second={
        <>
          {view.phase !== "unenrolled" && !waits && (
            <Button class="second" onPress={() => flow.go({ at: "counter" })}>
              {t.back}
            </Button>
          )}
          {waits && (
            <Button class="second" onPress={() => flow.go({ at: "activate" })}>
              {t.go}
            </Button>
          )}
          <SaveFileButton />
        </>
      }
      primary={
        waits ? (
          <PrimaryButton actId="renew-back" onPress={() => flow.go({ at: "counter" })}>
            {t.back}
          </PrimaryButton>
        ) : (
          <PrimaryButton actId="to-activate" onPress={() => flow.go({ at: "activate" })}>
            {sales === null ? t.go : t.goAnyway}
          </PrimaryButton>
        )
      }
    />
  );
}
