import type { ComponentChildren, JSX } from "preact";
import { useRef } from "preact/hooks";
import { Button } from "#ui/components/button.tsx";
import {
  BrokenLinkIcon,
  CloseIcon,
  LinkIcon,
  ListIcon,
  MoreIcon,
  NumberIcon,
  PersonIcon,
  ScanIcon,
  SellIcon,
  StorageIcon,
} from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import type { Route } from "../router.ts";
import { useAct } from "../use-act.ts";
import { Link } from "./link.tsx";
import { Outcome } from "./page.tsx";
import { PasswordHint } from "./password-form.tsx";
import { Recovery } from "./recovery.tsx";

type NavPage = "today" | "sales" | "codes" | "methods" | "tills" | "people" | "losses" | "settings";
const navPages: readonly (readonly [NavPage, JSX.Element])[] = [
  ["today", <SellIcon />],
  ["sales", <ListIcon />],
  ["codes", <ScanIcon />],
  ["methods", <NumberIcon />],
  ["tills", <TabletIcon />],
  ["people", <PersonIcon />],
  ["losses", <StorageIcon />],
  ["settings", <MoreIcon />],
];

function TabletIcon(): JSX.Element {
  return (
    <svg width={24} height={24} viewBox="0 0 24 24" class="stroke-icon" aria-hidden="true">
      <path d="M6 2.5h12v19H6zM11 18.5h2" />
    </svg>
  );
}

function navPageOf(route: Route): NavPage | null {
  switch (route.page) {
    case "sale":
      return "sales";
    case "code":
    case "code-new":
      return "codes";
    case "method":
      return "methods";
    case "person":
    case "person-new":
    case "unlock":
      return "people";
    case "till":
    case "till-new":
    case "protection":
    case "import":
    case "welcome":
      return "tills";
    case "loss":
    case "quarantine":
      return "losses";
    case "unknown":
      return null;
    case "today":
    case "sales":
    case "codes":
    case "methods":
    case "tills":
    case "people":
    case "losses":
    case "settings":
      return route.page;
  }
}

/** Navigation around the pages: beside them from 1024 px on, else in a drawer. */
export function Shell(props: { readonly children: ComponentChildren }): JSX.Element {
  const t = officeTexts.now.app;
  const { demo, shopName } = useMe();
  const drawer = useRef<HTMLDialogElement>(null);
  const close = (): void => drawer.current?.close();
  return (
    <div class="office">
      <a class="skip" href="#content" onClick={skip}>
        {t.skip}
      </a>
      <div class="office__side">
        <Navigation />
      </div>
      <header class="office__bar">
        <Button kind="quiet" icon={<ListIcon />} label={t.menu} onPress={() => drawer.current?.showModal()}>
          {null}
        </Button>
        <strong class="office__shop">{shopName}</strong>
        <LiveWord />
      </header>
      <dialog
        class="drawer"
        ref={drawer}
        aria-label={t.navigation}
        onClick={(event) => closeOutside(event, close)}
      >
        <div class="drawer__inside">
          <Button kind="quiet" icon={<CloseIcon />} onPress={close}>
            {t.closeMenu}
          </Button>
          <Navigation onGo={close} />
        </div>
      </dialog>
      <main class="office__main" id="content" tabIndex={-1}>
        {demo && <p class="demo">{t.demo}</p>}
        <PasswordHint />
        {props.children}
        <Recovery />
      </main>
    </div>
  );
}

function skip(event: MouseEvent): void {
  // The fragment belongs to links with tokens: focus moves, the address stays.
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function closeOutside(event: MouseEvent, close: () => void): void {
  if (event.target === event.currentTarget) close();
}

function Navigation({ onGo }: { readonly onGo?: () => void }): JSX.Element {
  const t = officeTexts.now;
  const { router } = useOffice();
  const { shopName, email } = useMe();
  const current = navPageOf(router.route.value);
  return (
    <nav class="nav" aria-label={t.app.navigation}>
      <p class="nav__shop">{shopName}</p>
      <ul>
        {navPages.map(([page, icon]) => (
          <li key={page}>
            <Link to={{ page }} class="nav__link" current={current === page} {...(onGo && { onGo })}>
              {icon}
              {t.nav[page]}
            </Link>
          </li>
        ))}
      </ul>
      <div class="nav__foot">
        <LiveWord />
        <p class="note nav__email">{email}</p>
        <SignOut />
      </div>
    </nav>
  );
}

/** Whether the page follows the shop as it happens: word and shape, not colour alone. */
function LiveWord(): JSX.Element {
  const t = officeTexts.now.app;
  const { live } = useOffice();
  return live.isLive.value ? (
    <span class="live live--on" role="status">
      <LinkIcon size={18} />
      {t.live}
    </span>
  ) : (
    <span class="live live--off" role="status">
      <BrokenLinkIcon size={18} />
      {t.notLive}
    </span>
  );
}

function SignOut(): JSX.Element {
  const t = officeTexts.now.app;
  const { api, account, router, firstRun, issued } = useOffice();
  const leaving = useAct();
  function left(): void {
    firstRun.value = null;
    issued.value = null;
    account.value = { state: "signed-out" };
    router.replace({ page: "today" });
  }
  return (
    <>
      <Button kind="quiet" onPress={() => leaving.run(api.signOut, left)}>
        {t.signOut}
      </Button>
      <Outcome act={leaving} />
    </>
  );
}
