import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listenForHints } from "#engine/sync/hints.ts";
import { TillDatabase } from "#storage/till-database.ts";

/** A stream of hints whose server end stays in the test's hand. */
interface Line {
  readonly say: (text: string) => void;
  readonly isCut: () => boolean;
}

const lines: Line[] = [];

function openLine(): Response {
  let cut = false;
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  const body = new ReadableStream<Uint8Array>({
    start: (given) => {
      controller = given;
    },
    cancel: () => {
      cut = true;
    },
  });
  lines.push({
    say: (text) => controller?.enqueue(new TextEncoder().encode(text)),
    isCut: () => cut,
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

describe("hints of the server (DESIGN §9)", () => {
  let db: TillDatabase;

  beforeEach(async () => {
    lines.length = 0;
    db = new TillDatabase();
    await db.delivery.put({ key: "token", token: "t", untilMs: 10_000_000 });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  });
  afterEach(async () => {
    vi.useRealTimers();
    await db.delete();
  });

  it("C7: a line that died without a word is given up and opened anew", async () => {
    let hints = 0;
    const surroundings = {
      fetch: () => Promise.resolve(openLine()),
      clockMs: () => 0,
      randomBytes: (length: number) => new Uint8Array(length),
    };
    listenForHints(surroundings, () => (hints += 1));
    await vi.waitFor(() => expect(lines).toHaveLength(1));
    lines[0]?.say("data: 7\n\n");
    await vi.waitFor(() => expect(hints).toBe(1));
    // The server breathes every 15 s; three breaths missed are a dead line.
    await vi.advanceTimersByTimeAsync(40_000);
    expect(lines[0]?.isCut()).toBe(false);
    await vi.advanceTimersByTimeAsync(6_000);
    await vi.waitFor(() => expect(lines[0]?.isCut()).toBe(true));
    await vi.advanceTimersByTimeAsync(15_000);
    await vi.waitFor(() => expect(lines).toHaveLength(2));
  });
});
