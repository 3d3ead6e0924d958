import type { ComponentChildren, JSX } from "preact";
import type { TillRow } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { writtenUpTo } from "../loss-words.ts";
import { useSay } from "../office.ts";
import { Link } from "./link.tsx";
import { Facts } from "./table.tsx";

/** How a till's delivery stands: what the server knows, and beside it what the till says of itself. */
export function TillHealthFacts({ till }: { readonly till: TillRow }): JSX.Element {
  const { health: t, sales: some, entries } = officeTexts.now.losses;
  const say = useSay();
  const { claimedSeq, unsent, quarantined, openLosses } = till.health;
  const facts: (readonly [string, ComponentChildren])[] = [];
  if (claimedSeq !== null) {
    const { seq, missing } = writtenUpTo(claimedSeq, till.seq);
    facts.push([t.claimed, t.claimedAt(seq, missing)]);
  }
  facts.push([t.unsent, unsentWords()]);
  if (unsent !== null && unsent.oldestMs !== null) facts.push([t.oldest, t.ago(say.wait(unsent.oldestMs))]);
  if (quarantined.count > 0) {
    facts.push([
      t.quarantined,
      <>
        {entries(quarantined.count)} · {say.money(quarantined.sumMinor)}{" "}
        <Link to={{ page: "losses" }}>{t.look}</Link>
      </>,
    ]);
  }
  if (openLosses > 0) {
    facts.push([
      t.losses,
      <>
        {t.openLosses(openLosses)} <Link to={{ page: "losses" }}>{t.look}</Link>
      </>,
    ]);
  }
  return <Facts facts={facts} />;

  function unsentWords(): string {
    if (unsent === null) return t.notSaid;
    const when = say.moment(unsent.saidAtMs);
    return unsent.count === 0
      ? t.saidNone(when)
      : t.said(some(unsent.count, say.money(unsent.sumMinor)), when);
  }
}

/** The tills somebody has to look at, each line leading to where something can be done. Offline is none. */
export function TillAlarms({ tills }: { readonly tills: readonly TillRow[] }): JSX.Element | null {
  const { alarms: t, entries } = officeTexts.now.losses;
  const say = useSay();
  const lines = tills.flatMap((till) => {
    const { stuckSinceMs, quarantined, openLosses } = till.health;
    const found: JSX.Element[] = [];
    const add = (key: string, words: string, to: "till" | "losses"): void => {
      found.push(
        <li key={till.id + key}>
          <Link class="loss-link" to={to === "till" ? { page: "till", id: till.id } : { page: "losses" }}>
            {words}
          </Link>
        </li>,
      );
    };
    if (stuckSinceMs !== null) add("stuck", t.stuck(till.name, say.moment(stuckSinceMs)), "till");
    if (quarantined.count > 0) {
      const what = `${entries(quarantined.count)} · ${say.money(quarantined.sumMinor)}`;
      add("set-apart", t.quarantined(till.name, what), "losses");
    }
    if (openLosses > 0) add("losses", t.losses(till.name, openLosses), "losses");
    return found;
  });
  if (lines.length === 0) return null;
  return (
    <section class="section section--bad" data-alarms={lines.length}>
      <h2>{t.section}</h2>
      <ul>{lines}</ul>
    </section>
  );
}
