import type { JSX } from "preact";
import { late, type LateScreens } from "./late.ts";
import { MenuButton, Rail } from "./parts/rail.tsx";
import { Strip } from "./parts/strip.tsx";
import { hasRail, type ScreenName } from "./place.ts";
import { LockScreen } from "./screens/lock.tsx";
import { BootingScreen, ElsewhereScreen, EngineDownScreen } from "./screens/plain.tsx";
import { useTill } from "./till-context.ts";

/** Strip, rail and the one screen the engine's view asks for. */
export function App(): JSX.Element {
  const { flow, view } = useTill();
  const now = view.value;
  if (flow.broken.value) {
    return (
      <div class="till till--closed">
        {flow.place.value.at === "export" && late.value !== null ? (
          <late.value.ExportScreen />
        ) : (
          <EngineDownScreen />
        )}
      </div>
    );
  }
  const screen = flow.screen();
  const rail = hasRail(screen);
  const screens = late.value;
  return (
    <div class={`till ${rail ? "" : "till--closed"}`}>
      {now !== null && (
        <Strip
          view={now}
          menu={rail ? <MenuButton /> : undefined}
          saleAside={["sales", "more", "connection"].includes(screen)}
          onOpen={rail ? () => flow.go({ at: now.stop === null ? "connection" : "renew" }) : undefined}
        />
      )}
      {rail && <Rail screen={screen} />}
      <Screen key={screen} screen={screen} />
      {rail && screens !== null && <screens.IdleWarning />}
    </div>
  );
}

function Screen({ screen }: { readonly screen: ScreenName }): JSX.Element {
  if (screen === "booting") return <BootingScreen />;
  if (screen === "elsewhere") return <ElsewhereScreen />;
  if (screen === "lock") return <LockScreen />;
  return late.value === null ? <BootingScreen /> : <LateScreen screen={screen} screens={late.value} />;
}

interface LateProps {
  readonly screen: Exclude<ScreenName, "booting" | "elsewhere" | "lock">;
  readonly screens: LateScreens;
}

function LateScreen({ screen, screens }: LateProps): JSX.Element {
  switch (screen) {
    case "activate":
      return <screens.ActivateScreen />;
    case "compare":
      return <screens.CompareScreen />;
    case "first-pin":
      return <screens.FirstPinScreen />;
    case "sell":
      return <screens.SellScreen />;
    case "tender":
      return <screens.TenderScreen />;
    case "number":
      return <screens.NumberScreen />;
    case "cash":
      return <screens.CashScreen />;
    case "password":
      return <screens.PasswordScreen />;
    case "paid":
      return <screens.PaidScreen />;
    case "refused":
      return <screens.RefusedScreen />;
    case "sales":
      return <screens.SalesScreen />;
    case "more":
      return <screens.MoreScreen />;
    case "connection":
      return <screens.ConnectionScreen />;
    case "renew":
      return <screens.RenewScreen />;
    case "storage-full":
      return <screens.StorageFullScreen />;
    case "export":
      return <screens.ExportScreen />;
  }
}
