import { expose, transfer, wrap } from "comlink";
import pinWorkerUrl from "./pin.worker.ts?worker&url";
import { openMirrorFile } from "#engine/mirror.ts";
import type { Surroundings } from "#engine/surroundings.ts";
import type { DeliveryLoop } from "#engine/sync/delivery-loop.ts";
import { Engine } from "#engine/till-engine.ts";
import type { HiredPinWorker } from "#engine/vault/open-vault.ts";
import type { ChannelMessage } from "#protocol/engine-calls.ts";
import type { PinWorker } from "#protocol/pin-calls.ts";
import { TillDatabase } from "#storage/till-database.ts";
import { trustedWorkerUrl } from "./trusted-worker-url.ts";

/** The thread of the engine: the one writer of the till's books. */
const channel = new BroadcastChannel("guitai");
const tell = (message: ChannelMessage): void => channel.postMessage(message);

/**
 * So long a customer waits for the server to say more about a code; then the till decides with what it has.
 */
const ASK_SERVER_MS = 4000;

/**
 * So long after its start the engine leaves the processor to the keypad: delivery and news can wait, a hand
 * cannot.
 */
const FIRST_SCREEN_MS = 800;

/** So long after a sign-in the device measures itself: the first sale of the day is not slowed by it. */
const IDLE_MS = 20_000;

const surroundings: Surroundings = {
  clockMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fetch: (path, init) => fetch(path, init),
  // What fails here is measured at the next sign-in.
  whenIdle: (work) => void setTimeout(() => work().catch((cause: unknown) => reportError(cause)), IDLE_MS),
  build: import.meta.env.VITE_BUILD,
};

function startPinWorker(): HiredPinWorker {
  const worker = new Worker(trustedWorkerUrl(pinWorkerUrl) as string, { type: "module", name: "pin" });
  const remote = wrap<PinWorker>(worker);
  const died = new Promise<never>((_, reject) => {
    worker.addEventListener("error", () => reject(new Error("pin worker: stopped")));
  });
  // Heard by whoever waits for an answer; with nobody waiting there is nothing to tell.
  died.catch(() => undefined);
  // A dead worker answers nothing, and the till would wait for it for ever.
  const whileAlive = <T>(answer: Promise<T>): Promise<T> => Promise.race([answer, died]);
  return {
    calls: new Proxy(remote as unknown as PinWorker, {
      // Comlink answers each name with a function of its own that may be called at once.
      get:
        (_, name: keyof PinWorker) =>
        (...asked: never[]) =>
          whileAlive((remote[name] as (...given: never[]) => Promise<unknown>)(...asked)),
    }),
    attach: (port) => whileAlive(remote.attach(transfer(port, [port]))),
    dismiss: () => worker.terminate(),
  };
}

// One waits, fresh and knowing nothing, so that the pad is ready when the finger is; the next one is started
// when the one before it is thrown away.
let waiting: HiredPinWorker | null = startPinWorker();

function hirePinWorker(): HiredPinWorker {
  const hired = waiting ?? startPinWorker();
  waiting = null;
  const dismiss = (): void => {
    hired.dismiss();
    waiting ??= startPinWorker();
  };
  return { ...hired, dismiss };
}

/**
 * Carries from here when it is asked to: at enrolment, for a code not heard of yet, or without a service
 * worker.
 */
let loading: Promise<DeliveryLoop> | null = null;
const loop: Pick<DeliveryLoop, "poke"> = {
  async poke(reason) {
    loading ??= Promise.all([import("#engine/sync/delivery-loop.ts"), import("#engine/sync/alone.ts")]).then(
      ([{ DeliveryLoop: Loaded }, { aloneBy }]) =>
        new Loaded({
          ...surroundings,
          onLine: () => navigator.onLine,
          announce: () => void engine.serviceWorkerWrote(),
          alone: aloneBy(navigator.locks),
          later: (ms, again) => setTimeout(again, ms),
        }),
    );
    await (await loading).poke(reason);
  },
};

const db = new TillDatabase();
// Opened while the locks are asked for; a failure comes back with the engine's first question.
db.open().catch(() => undefined);

const engine = new Engine({
  db,
  surroundings,
  hirePinWorker,
  mirrorFile: null,
  loop,
  wantSync: () => tell({ type: "want-sync" }),
  askServer: () =>
    Promise.race([loop.poke("asked"), new Promise<void>((done) => setTimeout(done, ASK_SERVER_MS))]),
  quiet: () => new Promise((done) => setTimeout(done, FIRST_SCREEN_MS)),
  handOver: (answer, ...moved) => transfer(answer, moved),
  openKeysFile: () => openMirrorFile("keys.guitai"),
});

expose(engine);

channel.onmessage = (event: MessageEvent<ChannelMessage>) => {
  if (event.data.type === "wrote") void engine.serviceWorkerWrote();
};

/** One engine at a time has the till; a second window waits for the first to close, then takes over. */
async function holdTill(): Promise<void> {
  const free = await navigator.locks.request(
    "guitai-engine",
    { ifAvailable: true },
    async (lock) => lock !== null,
  );
  if (!free) await engine.waitElsewhere();
  await navigator.locks.request("guitai-engine", async () => {
    engine.useMirror(await openMirrorFile());
    await engine.boot();
    const { listenForHints } = await import("#engine/sync/hints.ts");
    listenForHints(surroundings, () => tell({ type: "want-sync" }));
    // Held until this window closes.
    await new Promise<never>(() => undefined);
  });
}

// Unheard, the page would say «opening the books» for ever; as an error of this worker it says that the till
// stopped.
holdTill().catch((cause: unknown) => reportError(cause));
