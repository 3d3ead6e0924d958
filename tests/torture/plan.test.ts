import { expect, it } from "vitest";
import { planRound } from "./plan.ts";

it("the same seed plans the same round, and five hundred of them hold every blow", () => {
  expect(planRound(7)).toEqual(planRound(7));
  const blows = new Set<string>();
  for (let seed = 1; seed <= 500; seed += 1) {
    const plan = planRound(seed);
    for (const { blow } of plan.blows) blows.add(blow);
    if (plan.changesBackend) blows.add("backend");
    if (plan.patient) blows.add("patience");
  }
  expect([...blows].toSorted()).toEqual(
    [
      "backend",
      "patience",
      "browser",
      "database",
      "line",
      "network-process",
      "page",
      "server",
      "service-worker",
    ].toSorted(),
  );
});
