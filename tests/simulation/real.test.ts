import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

// `npm run simulate -- --from S --seeds 1 --steps` plays a seed again and tells its steps.
describe("a street of tills and the real server with everything going wrong (DESIGN §11)", () => {
  it("I1–I9 I11: hold after each of 30 seeded schedules on a real PostgreSQL", async () => {
    const { broken, schedules } = await simulate({
      seeds: 30,
      from: 10_001,
      server: "real",
      stopAtFirst: true,
    });
    expect(broken).toEqual([]);
    expect(schedules).toBe(30);
  });
});
