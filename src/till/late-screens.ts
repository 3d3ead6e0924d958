/** Every screen behind the lock and its keypad, and the rail to them: fetched right after the first paint. */
export { LateScreen } from "./late-screen.tsx";
export { wayOf } from "./codes-stopped.ts";
export { MenuButton, Rail } from "./parts/rail.tsx";
export { IdleWarning } from "./parts/idle-warning.tsx";
export { CameraView } from "./parts/camera-view.tsx";
export { ClosedDoor } from "./screens/closed-door.tsx";
export { loadExportTexts } from "#ui/texts/export-texts.ts";
export { loadScreenTexts } from "./screen-texts.ts";
export { loadHealthTexts } from "#ui/texts/health-texts.ts";
export { loadVaultTexts } from "#ui/texts/vault-texts.ts";
