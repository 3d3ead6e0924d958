// The line between a till and its server, as bad as a street market's. It understands HTTP only so far that
// it can lose exactly what hurts: the answer to a push that is committed.
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as ask,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import type { Chance } from "../simulation/chance.ts";
import { passing } from "./passing-time.ts";
import type { Tally } from "./tally.ts";

/** What may happen to one request of a till. */
export const FATES = [
  /** Nothing of it leaves. */
  "cut-before",
  /** Half of it reaches the server. */
  "cut-request",
  /** The server does it; the answer is lost and the line closed. */
  "lost-answer",
  /** The server does it; the line is reset (TCP RST). */
  "reset-after",
  /** Half the answer comes. */
  "half-answer",
  /** It waits before it goes on. */
  "slow-request",
  /** Its answer waits. */
  "slow-answer",
  /** The server gets it twice at the same time. */
  "doubled",
  /** The server gets it again later, when the till is further on. */
  "late-copy",
  /** A sign-in page of somebody's network answers 200. */
  "portal",
  /** A gateway answers 502. */
  "gateway",
] as const;
export type Fate = (typeof FATES)[number];

/** How bad it is now: the share of requests that meet any fault; 0 is a good line. */
export interface Weather {
  readonly share: number;
  readonly weights: Readonly<Record<Fate, number>>;
  readonly longestDelayMs: number;
}

/** Sees what the server signed, whether or not it ever reaches the till. */
export type AnswerWatch = (path: string, body: Buffer) => void;

export interface FaultyLine {
  readonly url: string;
  /** Null: every request passes at once. */
  weather(weather: Weather | null, chance: Chance): void;
  /** Cuts every connection and refuses new ones until `connect`. */
  disconnect(): void;
  connect(): void;
  /** Applied to scripts on their way to the browser; null for none. */
  patchScripts(patch: ((source: string) => string) | null): void;
  /** Told of each step that patched scripts ask leave for; a step that never settles holds its thread. */
  watchSteps(watch: ((step: string) => Promise<void>) | null): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export async function layLine(
  port: number,
  serverPort: number,
  tally: Tally,
  watch: AnswerWatch,
): Promise<FaultyLine> {
  let weather: Weather | null = null;
  let chance: Chance | null = null;
  let connected = true;
  let patch: ((source: string) => string) | null = null;
  let stepWatch: ((step: string) => Promise<void>) | null = null;
  const sockets = new Set<Socket>();
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });

  const forward = async (req: IncomingMessage, body: Buffer): Promise<Answer> => {
    const headers = { ...req.headers };
    // Patched and watched as plain bytes.
    delete headers["accept-encoding"];
    const { method, url: path } = req;
    const answer = await new Promise<IncomingMessage>((done, failed) => {
      const out = ask({ agent, host: "127.0.0.1", port: serverPort, method, path, headers }, done);
      out.on("error", failed);
      out.end(body);
    });
    const bytes = await collect(answer);
    watch(path ?? "", bytes);
    return { status: answer.statusCode ?? 502, headers: answer.headers, body: bytes };
  };

  const reply = (res: ServerResponse, answer: Answer): void => {
    const isScript = String(answer.headers["content-type"]).startsWith("text/javascript");
    const body = patch && isScript ? Buffer.from(patch(answer.body.toString("utf8"))) : answer.body;
    res.writeHead(answer.status, { ...answer.headers, "content-length": body.length });
    res.end(body);
  };

  const pass = async (req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> => {
    const answer = await forward(req, body);
    if (!res.destroyed) reply(res, answer);
  };

  const meet = async (fate: Fate, req: IncomingMessage, res: ServerResponse, body: Buffer): Promise<void> => {
    const name = (req.url ?? "").split(/[/?]/u)[3] ?? "";
    // Counted where it really happened: a dead server has no answer that could be lost.
    const happened = (): void => tally.add(`${fate} (${name})`);
    const delayMs = chance?.between(20, weather?.longestDelayMs ?? 20) ?? 20;
    switch (fate) {
      case "cut-before":
        happened();
        req.socket.destroy();
        return;
      case "cut-request": {
        const headers = { ...req.headers, "content-length": String(body.length + 1) };
        const { method, url: path } = req;
        const out = ask({ host: "127.0.0.1", port: serverPort, method, path, headers });
        out.on("error", () => tally.add("server hung up on half a request"));
        out.write(body.subarray(0, body.length >> 1), () => {
          happened();
          out.destroy();
        });
        req.socket.destroy();
        return;
      }
      case "lost-answer":
      case "reset-after": {
        const answer = await forward(req, body);
        happened();
        if (name === "push" && answer.status === 200) tally.add("push answered, answer lost");
        if (fate === "lost-answer") req.socket.destroy();
        else req.socket.resetAndDestroy();
        return;
      }
      case "half-answer": {
        const answer = await forward(req, body);
        happened();
        if (name === "push" && answer.status === 200) tally.add("push answered, answer lost");
        res.writeHead(answer.status, { ...answer.headers, "content-length": answer.body.length });
        res.write(answer.body.subarray(0, answer.body.length >> 1), () => req.socket.destroy());
        return;
      }
      case "slow-request":
        await passing(delayMs);
        await pass(req, res, body);
        happened();
        return;
      case "slow-answer": {
        const answer = await forward(req, body);
        happened();
        await passing(delayMs);
        if (!res.destroyed) reply(res, answer);
        return;
      }
      case "doubled": {
        const [first] = await Promise.all([forward(req, body), forward(req, body)]);
        happened();
        if (!res.destroyed) reply(res, first);
        return;
      }
      case "late-copy":
        await pass(req, res, body);
        await passing(delayMs * 2);
        await forward(req, body);
        happened();
        return;
      case "portal":
        happened();
        res.writeHead(200, { "content-type": "text/html" });
        res.end("<!doctype html><title>Welcome</title><p>Please accept our terms.");
        return;
      case "gateway":
        happened();
        res.writeHead(502, { "content-type": "text/html" });
        res.end("<h1>Bad Gateway</h1>");
    }
  };

  const server: Server = createServer((req, res) => {
    if (req.url === "/api/till/events") {
      stream(req, res, serverPort);
      return;
    }
    if (req.url?.startsWith("/torture/step?") === true) {
      const step = decodeURIComponent(req.url.slice("/torture/step?".length));
      void (stepWatch?.(step) ?? Promise.resolve()).then(() => res.writeHead(204).end());
      return;
    }
    const isTill = req.url?.startsWith("/api/till/") ?? false;
    const fate =
      weather && chance && isTill && chance.happens(weather.share) ? chance.weighted(weather.weights) : null;
    collect(req)
      .then((body) => (fate ? meet(fate, req, res, body) : pass(req, res, body)))
      .catch(() => {
        // The server is dead, or the browser: what a line does then is close.
        tally.add("line closed without an answer");
        req.socket.destroy();
      });
  });
  server.on("connection", (socket) => {
    if (!connected) {
      socket.resetAndDestroy();
      return;
    }
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => done());
  });

  return {
    url: `http://localhost:${port}`,
    weather(next, by) {
      weather = next;
      chance = by;
    },
    disconnect() {
      connected = false;
      tally.add("line cut", sockets.size);
      for (const socket of sockets) socket.resetAndDestroy();
    },
    connect() {
      connected = true;
    },
    patchScripts(next) {
      patch = next;
    },
    watchSteps(next) {
      stepWatch = next;
    },
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}

/** Server-sent events pass as they come and end with either side. */
function stream(req: IncomingMessage, res: ServerResponse, serverPort: number): void {
  const { method, url: path, headers } = req;
  const out = ask({ host: "127.0.0.1", port: serverPort, method, path, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.on("error", () => res.destroy());
    answer.on("close", () => res.destroy());
    answer.pipe(res);
  });
  out.on("error", () => res.destroy());
  res.on("close", () => out.destroy());
  out.end();
}

function collect(from: IncomingMessage): Promise<Buffer> {
  return new Promise((done, failed) => {
    const parts: Buffer[] = [];
    from.on("data", (part: Buffer) => parts.push(part));
    from.once("end", () => done(Buffer.concat(parts)));
    from.once("error", failed);
    from.once("close", () => failed(new Error("the line closed")));
  });
}
