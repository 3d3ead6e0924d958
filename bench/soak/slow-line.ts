// A line as a tablet in a street has it: bytes take their time in each direction, whoever sends them.
import { createServer, connect, type Socket } from "node:net";

export interface LineSpeed {
  readonly upKbitPerSecond: number;
  readonly downKbitPerSecond: number;
  readonly roundTripMs: number;
}

export interface SlowLine {
  readonly url: string;
  /** From now on; null: as fast as it goes. */
  become(speed: LineSpeed | null): void;
  stop(): Promise<void>;
}

/** Stands before the server at `url`, on a free loopback port; fast until it is told otherwise. */
export async function layLine(url: string): Promise<SlowLine> {
  const target = Number(new URL(url).port);
  const sockets = new Set<Socket>();
  let speed: LineSpeed | null = null;
  // One line for all connections: two at once share what it carries.
  const free = { up: 0, down: 0 };

  const carry = (from: Socket, to: Socket, direction: "up" | "down"): void => {
    let last = 0;
    const at = (whenMs: number, work: () => void): void => {
      // In order, also where the line becomes faster meanwhile.
      last = Math.max(last, whenMs);
      setTimeout(work, Math.max(0, last - performance.now()));
    };
    from.on("data", (bytes: Buffer) => {
      const now = performance.now();
      if (speed) {
        const kbits = direction === "up" ? speed.upKbitPerSecond : speed.downKbitPerSecond;
        free[direction] = Math.max(free[direction], now) + (bytes.length * 8) / kbits;
        // What is on the way is not read further: a sender learns how slow the line is.
        from.pause();
        setTimeout(() => from.resume(), Math.max(0, free[direction] - now));
      }
      const arrivesMs = speed ? free[direction] + speed.roundTripMs / 2 : now;
      at(arrivesMs, () => to.writable && to.write(bytes));
    });
    from.on("end", () => at(performance.now() + (speed ? speed.roundTripMs / 2 : 0), () => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => sockets.delete(from));
  };
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
    }
    carry(near, far, "up");
    carry(far, near, "down");
  });
  const port = await new Promise<number>((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://localhost:${port}`,
    become: (wanted) => {
      speed = wanted;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
