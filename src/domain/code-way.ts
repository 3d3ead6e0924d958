/**
 * `leased`: a code belongs to one till, which takes it offline; the others ask the server · `online-only`:
 * every till asks · `floor-limited`: a till that cannot ask takes it all the same, up to limits. Only the
 * last can lose money.
 */
export type CodeWay = "leased" | "online-only" | "floor-limited";

/** The way of a shop that has not chosen one: nothing can be lost by it. */
export const SAFE_CODE_WAY: CodeWay = "leased";
