import { expect, it } from "vitest";
import { planRound } from "./plan.ts";

it("the same seed plans the same round, and five hundred of them hold every blow", () => {
  expect(planRound(7)).toEqual(planRound(7));
  const blows = new Set<string>();
  for (let seed = 1; seed <= 500; seed += 1) for (const { blow } of planRound(seed).blows) blows.add(blow);
  expect([...blows].toSorted()).toEqual(
    ["browser", "database", "line", "network-process", "page", "server", "service-worker"].toSorted(),
  );
});
