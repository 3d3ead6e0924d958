import { describe, expect, it } from "vitest";
import { accepted, assert, assertNever, refused } from "#domain/result.ts";

describe("answers that may be refusals", () => {
  it("say which of both they are, and carry what belongs to it", () => {
    expect(accepted(7)).toEqual({ ok: true, value: 7 });
    expect(refused({ code: "expired" })).toEqual({ ok: false, refusal: { code: "expired" } });
  });

  it("a broken promise is a bug with a name, a kept one is nothing", () => {
    expect(() => assert(false, "the head is ours")).toThrow("assertion: the head is ours");
    expect(() => assert(true, "the head is ours")).not.toThrow();
  });

  it("a state nobody handled throws at the latest when it is met", () => {
    expect(() => assertNever("new-state" as never)).toThrow('unhandled case: "new-state"');
  });
});
