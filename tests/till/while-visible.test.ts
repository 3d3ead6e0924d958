import { describe, expect, it } from "vitest";
import { whileVisible } from "../../src/till/while-visible.ts";

describe("the camera's light", () => {
  it("goes out when nobody sees the page, comes back with it, and stays out once the screen is left", () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "visible" as DocumentVisibilityState });
    const heard: string[] = [];
    const turn = (state: DocumentVisibilityState): void => {
      page.visibilityState = state;
      page.dispatchEvent(new Event("visibilitychange"));
    };
    const leave = whileVisible(
      page as unknown as Document,
      () => heard.push("on"),
      () => heard.push("off"),
    );
    turn("hidden");
    turn("visible");
    leave();
    turn("hidden");
    turn("visible");
    expect(heard).toEqual(["on", "off", "on"]);
  });

  it("does not come on behind another window", () => {
    const page = Object.assign(new EventTarget(), { visibilityState: "hidden" as DocumentVisibilityState });
    let begun = 0;
    whileVisible(
      page as unknown as Document,
      () => (begun += 1),
      () => undefined,
    );
    expect(begun).toBe(0);
  });
});
