import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

// `npm run simulate -- --server stand-in --from S --seeds 1 --steps` plays a seed again and tells its steps.
describe("a street of tills with everything going wrong (DESIGN §11)", () => {
  it("I1–I9 I11: hold after each of 90 seeded schedules against a server made of protocol functions", async () => {
    const { broken, schedules } = await simulate({
      seeds: 90,
      from: 1,
      server: "stand-in",
      stopAtFirst: true,
    });
    expect(broken).toEqual([]);
    expect(schedules).toBe(90);
  });
});
