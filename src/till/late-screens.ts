/** Every screen behind the lock and its keypad: one piece, fetched right after the first paint. */
export { ActivateScreen, CompareScreen } from "./screens/activate.tsx";
export { CashScreen } from "./screens/cash.tsx";
export { ConnectionScreen } from "./screens/connection.tsx";
export { FirstPinScreen } from "./screens/first-pin.tsx";
export { MoreScreen } from "./screens/more.tsx";
export { NumberScreen } from "./screens/number.tsx";
export { PaidScreen } from "./screens/paid.tsx";
export { PasswordScreen } from "./screens/password.tsx";
export { RefusedScreen } from "./screens/refused.tsx";
export { RenewScreen } from "./screens/renew.tsx";
export { SalesScreen } from "./screens/sales.tsx";
export { SellScreen } from "./screens/sell.tsx";
export { StorageFullScreen } from "./screens/storage-full.tsx";
export { TenderScreen } from "./screens/tender.tsx";
export { IdleWarning } from "./parts/idle-warning.tsx";
export { CameraView } from "./parts/camera-view.tsx";
export { loadHealthTexts } from "#ui/texts/health-texts.ts";
