import { toHex, utf8 } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";

/** One file of the program; `revision` is null where the name itself changes with the content. */
export interface ProgramFile {
  readonly url: string;
  readonly revision: string | null;
}

/** Begins the name of every cache of ours. */
const NAMED = "program-";
/** Lies in the cache of the version that is in use. */
const IN_USE = "/in-use";
/** Every file here has a name that changes with its content. */
const HASHED = "/assets/";

/**
 * The till's program, kept for when the network is gone: one cache per version, whole before it is used. A
 * key names the content as well as the file, so a hit in any cache is the right answer, and what did not
 * change is taken from the version before.
 */
export class KeptProgram {
  readonly #caches: CacheStorage;
  readonly #fetch: typeof fetch;
  /** From the path to its key. */
  readonly #keys: ReadonlyMap<string, string>;
  readonly #name: Promise<string>;

  constructor(files: readonly ProgramFile[], stored: CacheStorage, fetchFile: typeof fetch) {
    this.#caches = stored;
    this.#fetch = fetchFile;
    this.#keys = new Map(
      files.map(({ url, revision }) => [`/${url}`, `/${url}${revision === null ? "" : `?${revision}`}`]),
    );
    this.#name = sha256(utf8([...this.#keys.values()].join())).then((hash) => NAMED + toHex(hash));
  }

  /**
   * Brings every file in. Throws when one is missing: the version before then goes on as it is. What came
   * stays for the next attempt, which on a thin line may be the one that ends; only a full disk gets its room
   * back.
   */
  async install(): Promise<void> {
    const name = await this.#name;
    const cache = await this.#caches.open(name);
    try {
      // One at a time: the line belongs to the sales that wait to be sent.
      for (const [path, key] of this.#keys) {
        if (await cache.match(key)) continue;
        await cache.put(key, (await this.#caches.match(key)) ?? (await this.#bring(path, key)));
      }
    } catch (cause) {
      if (cause instanceof DOMException && cause.name === "QuotaExceededError")
        await this.#caches.delete(name);
      throw cause;
    }
    // A version that took over meanwhile may have cleared this one away half-way.
    const kept = await (await this.#caches.open(name)).keys();
    if (kept.length < this.#keys.size) throw new Error("kept program: not whole");
  }

  /**
   * Takes this version into use. The one used until now stays: a page of it may be open still, with pieces
   * that it has yet to load. All others go, unless a newer one is `coming` (installing or waiting).
   */
  async activate(coming: boolean): Promise<void> {
    const name = await this.#name;
    const cache = await this.#caches.open(name);
    const others = (await this.#caches.keys()).filter((other) => other !== name);
    const used: string[] = [];
    for (const other of others) if (await this.#caches.match(IN_USE, { cacheName: other })) used.push(other);
    await cache.put(IN_USE, new Response());
    // Nothing was in use: what is there is a version that knew no such mark, and the next one clears it away.
    if (used.length === 0) return;
    for (const other of others) {
      if (used.includes(other)) await (await this.#caches.open(other)).delete(IN_USE);
      else if (!coming) await this.#caches.delete(other);
    }
  }

  /**
   * The answer to a request for this path, or null for what is not kept (the API, the office), which goes to
   * the network untouched. Pieces of the version before are answered too. A file that is gone is fetched
   * anew, and kept again where its name vouches for its content; `later` holds that work alive.
   */
  answer(pathname: string, request: Request, later: (work: Promise<void>) => void): Promise<Response> | null {
    const path = pathname === "/" ? "/index.html" : pathname;
    const own = this.#keys.get(path);
    if (own === undefined && !path.startsWith(HASHED)) return null;
    return this.#answer(own, own ?? path, request, later);
  }

  async #answer(
    own: string | undefined,
    key: string,
    request: Request,
    later: (work: Promise<void>) => void,
  ): Promise<Response> {
    const kept = await this.#kept(key);
    if (kept) return kept;
    const response = await this.#fetch(request);
    // By now the server may have a newer page: kept under this version, it would name pieces that are not.
    if (own?.startsWith(HASHED) && !own.includes("?") && response.ok)
      later(this.#keep(key, response.clone()));
    return response;
  }

  async #kept(key: string): Promise<Response | undefined> {
    try {
      const cacheName = await this.#name;
      return (await this.#caches.match(key, { cacheName })) ?? (await this.#caches.match(key));
    } catch (cause) {
      // A browser that cannot read its cache says so with this; the network may still have the file.
      if (!(cause instanceof DOMException)) throw cause;
      return undefined;
    }
  }

  async #keep(key: string, response: Response): Promise<void> {
    await (await this.#caches.open(await this.#name)).put(key, plain(response));
  }

  async #bring(path: string, key: string): Promise<Response> {
    // Past the browser's own cache where the name says nothing of the content.
    const response = await this.#fetch(path, { cache: path === key ? "default" : "reload" });
    if (!response.ok) throw new Error(`kept program: ${path} was answered with ${response.status}`);
    return plain(response);
  }
}

/** Without the mark of a redirect: a browser opens no page from an answer that has it. */
function plain(response: Response): Response {
  if (!response.redirected) return response;
  const { headers, status, statusText } = response;
  return new Response(response.body, { headers, status, statusText });
}
