import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { CloseIcon, ListIcon, LockIcon, MoreIcon, SellIcon } from "#ui/icons.tsx";
import type { ScreenName } from "../place.ts";
import { screenTexts } from "../screen-texts.ts";
import { useTill } from "../till-context.ts";

/** Portrait: whether the menu hangs below the strip. */
const menuOpen = signal(false);

/**
 * The button in the strip that shows the rail in portrait; landscape hides it, because the rail stands there.
 */
export function MenuButton(): JSX.Element {
  const t = screenTexts.now.nav;
  return (
    <button
      type="button"
      class="strip__menu"
      aria-label={menuOpen.value ? t.close : t.menu}
      aria-expanded={menuOpen.value}
      onClick={() => (menuOpen.value = !menuOpen.value)}
    >
      {menuOpen.value ? <CloseIcon size={22} /> : <ListIcon size={22} />}
      <span>{menuOpen.value ? t.close : t.menu}</span>
    </button>
  );
}

/** 收款 · 记录 · 更多, and the lock at the far end. */
export function Rail({ screen }: { readonly screen: ScreenName }): JSX.Element {
  const { flow, update } = useTill();
  const t = screenTexts.now.nav;
  const goTo = (go: () => void) => (): void => {
    menuOpen.value = false;
    go();
  };
  const atCounter = !["sales", "more", "connection", "vault"].includes(screen);
  return (
    <>
      {menuOpen.value && <div class="veil" onPointerDown={() => (menuOpen.value = false)} />}
      <nav class={`rail ${menuOpen.value ? "rail--open" : ""}`} aria-label={t.label}>
        <Item
          current={atCounter}
          icon={<SellIcon size={26} />}
          words={t.sell}
          onPress={goTo(() => flow.go({ at: "counter" }))}
        />
        <Item
          current={screen === "sales"}
          icon={<ListIcon size={26} />}
          words={t.sales}
          onPress={goTo(() => flow.go({ at: "sales", open: null }))}
        />
        <Item
          current={screen === "more" || screen === "vault"}
          icon={<MoreIcon size={26} />}
          words={t.more}
          news={update.ready.value ? t.updateReady : undefined}
          onPress={goTo(() => flow.go({ at: "more" }))}
        />
        <Item end icon={<LockIcon size={26} />} words={t.lock} onPress={goTo(flow.lock)} />
      </nav>
    </>
  );
}

interface ItemProps {
  readonly icon: JSX.Element;
  readonly words: string;
  readonly onPress: () => void;
  readonly current?: boolean;
  readonly end?: boolean;
  /** Something waits behind this item: a mark for the eye, these words for a screen reader. */
  readonly news?: string | undefined;
}

function Item({ icon, words, onPress, current = false, end = false, news }: ItemProps): JSX.Element {
  return (
    <button
      type="button"
      class={`rail__item ${end ? "rail__end" : ""}`}
      aria-current={current ? "page" : undefined}
      onClick={onPress}
    >
      {icon}
      <span>{words}</span>
      {news !== undefined && (
        <span class="rail__news">
          <span class="visually-hidden">{news}</span>
        </span>
      )}
    </button>
  );
}
