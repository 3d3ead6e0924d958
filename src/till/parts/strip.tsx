import type { ComponentChildren, JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { TillView } from "#protocol/engine-calls.ts";
import {
  BrokenLinkIcon,
  LinkIcon,
  LockIcon,
  PersonIcon,
  StopIcon,
  StorageIcon,
  UploadIcon,
} from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { nowMs } from "../clock-now.ts";
import { tillTexts } from "../texts.ts";

/**
 * What the strip says first; the rest stand as chips (UX §5: frozen, keys locked, stuck, storage, offline,
 * syncing).
 */
export function stripState(
  view: TillView,
): "stopped" | "closed" | "stuck" | "storage" | "offline" | "silent" | "syncing" | "online" {
  if (view.stop !== null) return "stopped";
  if (!view.vault.open || view.vault.lease?.over === true) return "closed";
  const { state, stuckSinceMs } = view.link;
  // The alarm is «no progress», never «no network» (I6).
  if (stuckSinceMs !== null && state !== "offline") return "stuck";
  if (view.storage.low || view.storage.copyFailed) return "storage";
  return state;
}

/** One line that is always true: how the till stands to the network, and what money is only here. */
export function Strip(props: {
  readonly view: TillView;
  readonly menu?: ComponentChildren;
  /** The sale in hand is out of sight: the strip keeps it in mind. */
  readonly saleAside: boolean;
  /**
   * Leads to all that the strip has no room for; not while a customer or the lock has the screen. Then no sum
   * of the till's stands here either: anyone may look (UX §1).
   */
  readonly onOpen?: (() => void) | undefined;
}): JSX.Element {
  const { view } = props;
  const t = tillTexts.now.strip;
  const { unsentCount, unsentMinor } = view.link;
  const unsentSum = props.onOpen ? formatMoney(unsentMinor, view.settings.currency) : "";
  const state = stripState(view);
  const slate = state === "offline" || state === "silent" || state === "closed";
  const tone = slate ? "offline" : state;
  const told = stripTold(view);
  const openSale = props.saleAside && view.sale?.state === "due" ? view.sale : null;
  return (
    <header class={`strip strip--${tone}`} aria-label={t.label}>
      <div class="strip__state" role="status" data-link={view.link.state}>
        {told.icon}
        <span class="strip__words">
          <span class={state === "online" ? "strip__quiet" : "strip__fact"}>{told.fact}</span>
          {told.extra.map((words) => (
            <span class="strip__extra" key={words}>
              {words}
            </span>
          ))}
        </span>
      </div>
      {props.onOpen && (
        <button type="button" class="strip__open" aria-label={t.open} onClick={props.onOpen} />
      )}
      {openSale !== null && (
        <span class="strip__chip strip__extra">
          {t.openSale(formatMoney(openSale.dueMinor, view.settings.currency))}
        </span>
      )}
      {unsentCount > 0 && (
        <span
          class="strip__chip"
          role="group"
          aria-label={t.unsent(unsentCount, unsentSum)}
          data-unsent={unsentCount}
        >
          <UploadIcon size={16} />
          <span class="strip__long">{t.unsent(unsentCount, unsentSum)}</span>
          <span class="strip__short">
            {unsentCount}
            {unsentSum && ` · ${unsentSum}`}
          </span>
        </span>
      )}
      {view.operator !== null && (
        <span class="strip__who">
          <PersonIcon size={18} />
          {view.operator.name}
        </span>
      )}
      {props.menu}
    </header>
  );
}

interface Told {
  readonly icon: JSX.Element | null;
  readonly fact: string;
  readonly extra: readonly string[];
}

/** The strip's words: what is so first, then what goes with it. */
export function stripTold(view: TillView): Told {
  const t = tillTexts.now.strip;
  const { link, clock } = view;
  const works = clock === "leap" ? t.clockLeap : t.works[view.settings.codeWay];
  const since =
    link.sinceMs === null ? t.never : t.since(formatMoment(link.sinceMs, nowMs.value, language.value));
  switch (stripState(view)) {
    case "stopped": {
      const what = view.stop === null ? "" : tillTexts.now.stop[view.stop];
      return { icon: <StopIcon size={20} />, fact: t.stopped, extra: [what] };
    }
    case "closed":
      return {
        icon: <LockIcon size={20} />,
        fact: view.vault.open ? t.leaseOver : t.keysLocked,
        extra: [t.cashOnly, ...(link.state === "offline" || link.state === "silent" ? [since] : [])],
      };
    case "stuck": {
      const moment = formatMoment(link.stuckSinceMs ?? 0, nowMs.value, language.value);
      return { icon: <StopIcon size={20} />, fact: t.stuck, extra: [t.stuckSince(moment)] };
    }
    case "storage":
      return {
        icon: <StorageIcon size={20} />,
        fact: view.storage.full ? t.storageFull : view.storage.low ? t.storageLow : t.copyFailed,
        extra: clock === "leap" ? [t.clockLeap] : [],
      };
    case "offline":
      return { icon: <BrokenLinkIcon size={20} />, fact: t.offline, extra: [since, works] };
    case "silent":
      return { icon: <BrokenLinkIcon size={20} />, fact: t.silent, extra: [since, works] };
    case "syncing": {
      // Before there are books there is nothing to upload, and nobody yet to say «connected» of.
      if (view.phase === "unenrolled" || view.phase === "comparing") {
        return { icon: null, fact: tillTexts.now.appName, extra: [] };
      }
      const words = link.progress === null ? t.syncing : t.syncingOf(link.progress.done, link.progress.of);
      return { icon: <UploadIcon size={20} />, fact: words, extra: [] };
    }
    case "online": {
      const extra = clock === "back" ? [t.clockBack] : clock === "leap" ? [t.clockLeap] : [];
      return { icon: <LinkIcon size={18} />, fact: t.online, extra };
    }
  }
}
