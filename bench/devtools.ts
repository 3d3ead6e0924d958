// Chromium's debugger, spoken directly: to slow down workers each of them is addressed by itself, which the
// test driver does not let through.
import { type ChildProcess, spawn } from "node:child_process";
import { chromiumArgs, chromiumPath } from "../tests/chromium.ts";

type Params = Readonly<Record<string, unknown>>;

/** One thing that can be debugged: the browser, a page, a worker. */
export interface Target {
  readonly type: string;
  /** Asks; rejects with Chromium's own words when it refuses. */
  send(method: string, params?: Params): Promise<Params>;
}

export interface DebuggedBrowser {
  readonly page: Target;
  /** Every page and worker that attaches is handed here while it still waits to run its first line. */
  onAttached(prepare: (target: Target) => Promise<void>): void;
  /** Kills the browser and all its processes, and waits until they are gone. */
  kill(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
}

/** Starts a browser process on this profile with one empty page. */
export async function startDebugged(profileDir: string): Promise<DebuggedBrowser> {
  const child = spawn(
    chromiumPath(),
    [
      ...chromiumArgs(),
      "--headless=new",
      "--remote-debugging-port=0",
      `--user-data-dir=${profileDir}`,
      "--window-size=1280,800",
      "--lang=zh-CN",
      "--accept-lang=zh-CN",
      "--no-default-browser-check",
      "about:blank",
    ],
    { detached: true, stdio: ["ignore", "ignore", "pipe"] },
  );
  const kill = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((done) => child.once("exit", () => done()));
    process.kill(-child.pid, "SIGKILL");
    await gone;
  };
  try {
    const socket = new WebSocket(await endpointOf(child));
    await new Promise<void>((done, failed) => {
      socket.addEventListener("open", () => done());
      socket.addEventListener("error", () => failed(new Error("Chromium's debugger cannot be reached")));
    });
    return { ...(await debug(socket)), kill };
  } catch (cause) {
    await kill();
    throw cause;
  }
}

/** Opens an address and waits until its page has loaded. */
export async function goTo(page: Target, url: string): Promise<void> {
  await page.send("Page.navigate", { url });
  const loaded = `new Promise((done) => {
    if (document.readyState === "complete") done();
    else addEventListener("load", () => done());
  })`;
  await answerOf(page, loaded);
}

/** What an expression of the page comes to, waited for. Throws what the page threw. */
export async function answerOf<T>(page: Target, expression: string): Promise<T> {
  const { result, exceptionDetails } = (await page.send("Runtime.evaluate", {
    expression,
    awaitPromise: true,
    returnByValue: true,
  })) as {
    readonly result: { readonly value?: T };
    readonly exceptionDetails?: { readonly exception?: { readonly description?: string } };
  };
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? "the page threw");
  return result.value as T;
}

async function debug(socket: WebSocket): Promise<Omit<DebuggedBrowser, "kill">> {
  const waiting = new Map<number, (answer: Message) => void>();
  const targets = new Map<string, Target>();
  let lastId = 0;
  let prepare: (target: Target) => Promise<void> = () => Promise.resolve();

  // Chromium calls «session» what joins us with one target.
  const targetOf = (type: string, joint: string | undefined): Target => ({
    type,
    send: async (method, params = {}) => {
      const id = (lastId += 1);
      const answered = new Promise<Message>((done) => waiting.set(id, done));
      socket.send(JSON.stringify({ id, method, params, ...(joint !== undefined && { sessionId: joint }) }));
      const answer = await answered;
      if (answer.error !== undefined) throw new Error(`${method} (${type}): ${answer.error.message}`);
      return answer.result ?? {};
    },
  });
  const follow = { autoAttach: true, waitForDebuggerOnStart: true, flatten: true };
  const attached = async (target: Target): Promise<void> => {
    // A worker that is gone before it was prepared is no fault of the measurement.
    const tried = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined);
    await tried(target.send("Target.setAutoAttach", follow));
    await prepare(target);
    await tried(target.send("Runtime.runIfWaitingForDebugger"));
  };

  socket.addEventListener("message", (event: MessageEvent<string>) => {
    const message = JSON.parse(event.data) as Message;
    if (message.id !== undefined) {
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    } else if (message.method === "Target.attachedToTarget") {
      const { sessionId: joint, targetInfo } = message.params as {
        readonly sessionId: string;
        readonly targetInfo: { readonly type: string; readonly targetId: string };
      };
      const target = targetOf(targetInfo.type, joint);
      targets.set(targetInfo.targetId, target);
      void attached(target);
    }
  });

  const browser = targetOf("browser", undefined);
  const { targetInfos } = (await browser.send("Target.getTargets")) as {
    readonly targetInfos: readonly { readonly type: string; readonly targetId: string }[];
  };
  const page = targetInfos.find((info) => info.type === "page");
  if (page === undefined) throw new Error("Chromium started without a page");
  await browser.send("Target.attachToTarget", { targetId: page.targetId, flatten: true });
  await browser.send("Target.setAutoAttach", follow);
  const target = targets.get(page.targetId);
  if (target === undefined) throw new Error("the page did not attach");
  return {
    page: target,
    onAttached: (listener) => (prepare = listener),
  };
}

function endpointOf(child: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    let text = "";
    child.once("error", failed);
    child.once("exit", (code) => failed(new Error(`Chromium ended with ${code}:\n${text}`)));
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (chunk: string) => {
      text += chunk;
      const found = /DevTools listening on (ws:\/\/\S+)/u.exec(text)?.[1];
      if (found !== undefined) done(found);
    });
  });
}
