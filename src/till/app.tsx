import type { JSX } from "preact";
import { late } from "./late.ts";
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
          <late.value.LateScreen screen="export" />
        ) : (
          <EngineDownScreen />
        )}
      </div>
    );
  }
  const screen = flow.screen();
  const screens = late.value;
  // Until they are fetched there is nothing the rail could lead to.
  const behind = hasRail(screen) ? screens : null;
  return (
    <div class={`till ${behind === null ? "till--closed" : ""}`}>
      {now !== null && (
        <Strip
          view={now}
          menu={behind === null ? undefined : <behind.MenuButton />}
          saleAside={["sales", "more", "connection", "vault"].includes(screen)}
          onOpen={behind === null ? undefined : () => flow.go(behind.wayOf(now))}
        />
      )}
      {behind !== null && <behind.Rail screen={screen} />}
      <Screen key={screen} screen={screen} />
      {behind !== null && <behind.IdleWarning />}
    </div>
  );
}

function Screen({ screen }: { readonly screen: ScreenName }): JSX.Element {
  const screens = late.value;
  if (screen === "elsewhere") return <ElsewhereScreen />;
  if (screen === "lock") return <LockScreen />;
  return screen === "booting" || screens === null ? (
    <BootingScreen />
  ) : (
    <screens.LateScreen screen={screen} />
  );
}
