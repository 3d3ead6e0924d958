import type { JSX } from "preact";
import type { ScreenName } from "./place.ts";
import { ActivateScreen, CompareScreen } from "./screens/activate.tsx";
import { CashScreen } from "./screens/cash.tsx";
import { ConnectionScreen } from "./screens/connection.tsx";
import { ExportScreen } from "./screens/export.tsx";
import { FirstPinScreen } from "./screens/first-pin.tsx";
import { MoreScreen } from "./screens/more.tsx";
import { NumberScreen } from "./screens/number.tsx";
import { PaidScreen } from "./screens/paid.tsx";
import { PasswordScreen } from "./screens/password.tsx";
import { RefusedScreen } from "./screens/refused.tsx";
import { RenewScreen } from "./screens/renew.tsx";
import { SalesScreen } from "./screens/sales.tsx";
import { SellScreen } from "./screens/sell.tsx";
import { StorageFullScreen } from "./screens/storage-full.tsx";
import { TenderScreen } from "./screens/tender.tsx";
import { VaultScreens } from "./screens/vault.tsx";

/** Every screen that the first paint does without: one piece, fetched right after it. */
export function LateScreen(props: {
  readonly screen: Exclude<ScreenName, "booting" | "elsewhere" | "lock">;
}): JSX.Element {
  switch (props.screen) {
    case "activate":
      return <ActivateScreen />;
    case "compare":
      return <CompareScreen />;
    case "first-pin":
      return <FirstPinScreen />;
    case "sell":
      return <SellScreen />;
    case "tender":
      return <TenderScreen />;
    case "number":
      return <NumberScreen />;
    case "cash":
      return <CashScreen />;
    case "password":
      return <PasswordScreen />;
    case "paid":
      return <PaidScreen />;
    case "refused":
      return <RefusedScreen />;
    case "sales":
      return <SalesScreen />;
    case "more":
      return <MoreScreen />;
    case "connection":
      return <ConnectionScreen />;
    case "vault":
    case "vault-locked":
      return <VaultScreens />;
    case "renew":
      return <RenewScreen />;
    case "storage-full":
      return <StorageFullScreen />;
    case "export":
      return <ExportScreen />;
  }
}
