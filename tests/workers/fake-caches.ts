/**
 * As much of the browser's Cache API as a kept program needs: names in the order they were made, keys and
 * answers, a disk that can be full, files that can vanish.
 */
export class FakeCaches implements CacheStorage {
  readonly #caches = new Map<string, FakeCache>();
  /** So many more files fit; the next is refused as a browser does it. */
  room: number = Number.POSITIVE_INFINITY;
  /** Every read fails, as from a damaged disk. */
  unreadable = false;

  /** What every cache holds, by name. */
  get held(): Record<string, readonly string[]> {
    return Object.fromEntries([...this.#caches].map(([name, { files }]) => [name, [...files.keys()]]));
  }

  async open(name: string): Promise<Cache> {
    let cache = this.#caches.get(name);
    if (!cache) {
      cache = new FakeCache(this);
      this.#caches.set(name, cache);
    }
    return cache;
  }

  async match(key: RequestInfo | URL, options?: MultiCacheQueryOptions): Promise<Response | undefined> {
    for (const [name, cache] of this.#caches) {
      if (options?.cacheName !== undefined && options.cacheName !== name) continue;
      const found = await cache.match(key);
      if (found) return found;
    }
    return undefined;
  }

  async has(name: string): Promise<boolean> {
    return this.#caches.has(name);
  }

  async keys(): Promise<string[]> {
    return [...this.#caches.keys()];
  }

  async delete(name: string): Promise<boolean> {
    return this.#caches.delete(name);
  }
}

class FakeCache implements Cache {
  readonly files = new Map<string, Response>();
  readonly #disk: FakeCaches;

  constructor(disk: FakeCaches) {
    this.#disk = disk;
  }

  async match(key: RequestInfo | URL): Promise<Response | undefined> {
    if (this.#disk.unreadable) throw new DOMException("Unexpected internal error.", "UnknownError");
    const file = this.files.get(pathOf(key));
    return file && withMark(file.clone(), file.redirected);
  }

  async put(key: RequestInfo | URL, response: Response): Promise<void> {
    if (this.#disk.room <= 0) throw new DOMException("Quota exceeded.", "QuotaExceededError");
    this.#disk.room--;
    // Read to its end and kept: as on a disk, and an answer whose body was used up would be noticed.
    const { headers, status } = response;
    const copy = new Response(await response.arrayBuffer(), { headers, status });
    this.files.set(pathOf(key), withMark(copy, response.redirected));
  }

  async delete(key: RequestInfo | URL): Promise<boolean> {
    return this.files.delete(pathOf(key));
  }

  async keys(): Promise<readonly Request[]> {
    return [...this.files.keys()].map((path) => new Request(new URL(path, "https://till.test")));
  }

  add(): Promise<void> {
    throw new Error("fake caches: add is not used");
  }

  addAll(): Promise<void> {
    throw new Error("fake caches: addAll is not used");
  }

  matchAll(): Promise<readonly Response[]> {
    throw new Error("fake caches: matchAll is not used");
  }
}

/** A cache keeps with an answer that it came by a redirect. */
function withMark(response: Response, redirected: boolean): Response {
  return Object.defineProperty(response, "redirected", { value: redirected });
}

function pathOf(key: RequestInfo | URL): string {
  const { pathname, search } = new URL(key instanceof Request ? key.url : key, "https://till.test");
  return pathname + search;
}
