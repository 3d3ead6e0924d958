import { describe, expect, it } from "vitest";
import { BenchTill } from "./bench-till.ts";

describe("what the platform says of the network is a hint", () => {
  it("I6: «no network» is believed until the server itself answers, and then no longer", async () => {
    const till = await BenchTill.ready();
    await till.deliver();
    till.world.ms += 1000;
    await till.engine.pageFacts({ onLine: false, persisted: true, freeBytes: null });
    // Yesterday's answer is no connection.
    expect(till.view.link.state).toBe("offline");
    till.world.ms += 1000;
    await till.deliver();
    expect(till.view.link.state).toBe("online");
    till.network.down = true;
    await till.deliver();
    expect(till.view.link.state).not.toBe("online");
  });
});
