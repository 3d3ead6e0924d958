import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { type Account, useOffice } from "./office.ts";
import { PrintRoot } from "./parts/print.tsx";
import { Shell } from "./parts/shell.tsx";
import { Problem } from "./parts/page.tsx";
import { CodePage } from "./pages/code-page.tsx";
import { CodesPage } from "./pages/codes-page.tsx";
import { Door, InsecureDoor } from "./pages/door.tsx";
import { ImportPage } from "./pages/import-page.tsx";
import { IssuePage } from "./pages/issue-page.tsx";
import { LossPage } from "./pages/loss-page.tsx";
import { LossesPage } from "./pages/losses-page.tsx";
import { MethodPage } from "./pages/method-page.tsx";
import { NewPersonPage, PeoplePage } from "./pages/people-page.tsx";
import { PersonPage } from "./pages/person-page.tsx";
import { PolicyPage } from "./pages/policy-page.tsx";
import { ProtectionPage } from "./pages/protection-page.tsx";
import { QuarantinePage } from "./pages/quarantine-page.tsx";
import { SalePage } from "./pages/sale-page.tsx";
import { SalesPage } from "./pages/sales-page.tsx";
import { SettingsPage } from "./pages/settings-page.tsx";
import { SetupPage } from "./pages/setup-page.tsx";
import { OwnerLinkPage, SignInPage } from "./pages/sign-in-page.tsx";
import { TillPage } from "./pages/till-page.tsx";
import { NewTillPage, TillsPage } from "./pages/tills-page.tsx";
import { TodayPage } from "./pages/today-page.tsx";
import { UnlockPage } from "./pages/unlock-page.tsx";
import { UnknownPage } from "./pages/unknown-page.tsx";
import { WelcomePage } from "./pages/welcome-page.tsx";
import { Button } from "#ui/components/button.tsx";
import { useAccount } from "./use-account.ts";

/** The office: what stands before sign-in, and the pages behind it. */
export function App(props: { readonly isSecure: boolean }): JSX.Element {
  return props.isSecure ? <SecureApp /> : <InsecureDoor />;
}

function SecureApp(): JSX.Element {
  const { account, live, sheets } = useOffice();
  const known = useAccount();
  const { state } = account.value;
  useEffect(() => {
    if (state === "signed-in") live.start();
    else live.stop();
  }, [state]);
  const isPrinting = (sheets.job.value ?? sheets.ofPage.value) !== null;
  return (
    <div class={isPrinting ? "root root--prints" : "root"}>
      <PrintRoot />
      <div class="screen">
        <Inside account={account.value} known={known} />
      </div>
    </div>
  );
}

function Inside(props: {
  readonly account: Account;
  readonly known: ReturnType<typeof useAccount>;
}): JSX.Element {
  const { account, known } = props;
  const t = officeTexts.now.app;
  if (known.link?.kind === "setup") {
    return <SetupPage token={known.link.token} onDone={known.createdHere} onSignIn={known.dropLink} />;
  }
  if (known.link?.kind === "owner-link") {
    return <OwnerLinkPage token={known.link.token} onDone={known.signedIn} onSignIn={known.dropLink} />;
  }
  switch (account.state) {
    case "asking":
      return <p class="loading note">{t.loading}</p>;
    case "unreachable":
      return (
        <Door title={t.name}>
          <Problem problem={account.problem} />
          <Button kind="primary" onPress={known.signedIn}>
            {t.tryAgain}
          </Button>
        </Door>
      );
    case "signed-out":
      return <SignInPage endedFor={null} onDone={known.signedIn} />;
    case "signed-in":
    case "ended":
      return (
        <>
          {account.state === "ended" && <SignInPage endedFor={account.me.email} onDone={known.signedIn} />}
          <div hidden={account.state === "ended"}>
            <Shell>
              <Pages />
            </Shell>
          </div>
        </>
      );
  }
}

function Pages(): JSX.Element | null {
  const route = useOffice().router.route.value;
  switch (route.page) {
    case "today":
      return <TodayPage />;
    case "sales":
      return <SalesPage />;
    case "sale":
      return <SalePage key={route.id} id={route.id} />;
    case "codes":
      return <CodesPage />;
    case "code-new":
      return <IssuePage />;
    case "code":
      return <CodePage key={route.id} id={route.id} />;
    case "methods":
      return <PolicyPage />;
    case "method":
      return <MethodPage key={route.id} id={route.id} />;
    case "tills":
      return <TillsPage />;
    case "till-new":
      return <NewTillPage />;
    case "till":
      return <TillPage key={route.id} id={route.id} />;
    case "protection":
      return <ProtectionPage key={route.id} id={route.id} />;
    case "people":
      return <PeoplePage />;
    case "person-new":
      return <NewPersonPage />;
    case "person":
      return <PersonPage key={route.id} id={route.id} />;
    case "unlock":
      return <UnlockPage />;
    case "import":
      return <ImportPage />;
    case "losses":
      return <LossesPage />;
    case "loss":
      return <LossPage key={route.id} id={route.id} />;
    case "quarantine":
      return <QuarantinePage key={route.id} id={route.id} />;
    case "settings":
      return <SettingsPage />;
    case "welcome":
      return <WelcomePage />;
    case "unknown":
      return <UnknownPage />;
  }
}
