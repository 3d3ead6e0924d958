import { beforeEach, describe, expect, it } from "vitest";
import { KeptProgram, type ProgramFile } from "../../workers/kept-program.ts";
import { FakeCaches } from "./fake-caches.ts";

const ORIGIN = "https://till.test";
const page = (revision: string): ProgramFile => ({ url: "index.html", revision });
const piece = (name: string): ProgramFile => ({ url: `assets/${name}.js`, revision: null });

const FIRST = [page("r1"), piece("start-a1"), piece("counter-a1"), piece("icons-a1")];
const SECOND = [page("r2"), piece("start-b2"), piece("counter-b2"), piece("icons-a1")];
const THIRD = [page("r3"), piece("start-c3"), piece("counter-c3"), piece("icons-a1")];

/** The shop's server and its line, as the service worker meets them. */
class Line {
  /** What the server has, by path. */
  files = new Map<string, string>();
  /** What was asked for, in order. */
  asked: string[] = [];
  readonly cacheModes = new Map<string, RequestCache | undefined>();
  /** Breaks after so many answers. */
  lasts: number = Number.POSITIVE_INFINITY;
  redirects = false;

  publish(files: readonly ProgramFile[]): void {
    this.files = new Map(files.map(({ url, revision }) => [`/${url}`, `${url} ${revision ?? ""}`]));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const path = new URL(input instanceof Request ? input.url : input, ORIGIN).pathname;
    if (this.lasts-- <= 0) throw new TypeError("Failed to fetch");
    this.asked.push(path);
    this.cacheModes.set(path, init?.cache);
    const text = this.files.get(path === "/" ? "/index.html" : path);
    const response = new Response(text ?? "nothing here", {
      status: text === undefined ? 404 : 200,
      headers: { "content-security-policy": "default-src 'none'" },
    });
    if (this.redirects) Object.defineProperty(response, "redirected", { value: true });
    return response;
  };
}

let caches: FakeCaches;
let line: Line;
let work: Promise<void>[];

beforeEach(() => {
  caches = new FakeCaches();
  line = new Line();
  line.publish(FIRST);
  work = [];
});

const program = (files: readonly ProgramFile[]): KeptProgram => new KeptProgram(files, caches, line.fetch);

async function install(files: readonly ProgramFile[]): Promise<KeptProgram> {
  line.publish(files);
  const installed = program(files);
  await installed.install();
  return installed;
}

async function update(files: readonly ProgramFile[], coming = false): Promise<KeptProgram> {
  const updated = await install(files);
  await updated.activate(coming);
  return updated;
}

/** What a page gets for this path; null: the service worker lets the request pass. */
async function ask(of: KeptProgram, path: string): Promise<string | null> {
  const answer = of.answer(path, new Request(ORIGIN + path), (later) => work.push(later));
  return answer && (await answer).text();
}

describe("the program is kept whole", () => {
  it("C6: without a network the page and all of its pieces are answered", async () => {
    const kept = await update(FIRST);
    line.lasts = 0;
    expect(await ask(kept, "/")).toBe("index.html r1");
    expect(await ask(kept, "/index.html")).toBe("index.html r1");
    expect(await ask(kept, "/assets/counter-a1.js")).toBe("assets/counter-a1.js ");
  });

  it("a service worker that was started anew answers from what the one before it kept", async () => {
    await update(FIRST);
    line.lasts = 0;
    expect(await ask(program(FIRST), "/")).toBe("index.html r1");
  });

  it("the API and the office pass untouched", async () => {
    const kept = await update(FIRST);
    for (const path of ["/api/till/push", "/healthz", "/office.html"]) {
      expect(await ask(kept, path)).toBeNull();
    }
  });

  it("a file that the server does not have keeps the version from being installed", async () => {
    line.files.delete("/assets/icons-a1.js");
    await expect(program(FIRST).install()).rejects.toThrow("/assets/icons-a1.js was answered with 404");
  });

  it("a broken line keeps the version out, and the next attempt fetches only what is missing", async () => {
    line.lasts = 2;
    await expect(program(FIRST).install()).rejects.toThrow(TypeError);
    [line.lasts, line.asked] = [Number.POSITIVE_INFINITY, []];
    // Nor is what came before written a second time.
    caches.room = 2;
    await program(FIRST).install();
    expect(line.asked).toEqual(["/assets/counter-a1.js", "/assets/icons-a1.js"]);
  });

  it("a full disk keeps the version out, and gets its room back", async () => {
    const kept = await update(FIRST);
    const before = caches.held;
    caches.room = 2;
    await expect(install(SECOND)).rejects.toMatchObject({ name: "QuotaExceededError" });
    expect(caches.held).toEqual(before);
    line.lasts = 0;
    expect(await ask(kept, "/")).toBe("index.html r1");
  });

  it("the page's file is asked for past the browser's own cache, a hashed one need not be", async () => {
    await install(FIRST);
    expect(line.cacheModes.get("/index.html")).toBe("reload");
    expect(line.cacheModes.get("/assets/start-a1.js")).toBe("default");
  });

  it("an answer that came by a redirect opens the page too: its mark is gone, its headers stay", async () => {
    line.redirects = true;
    const kept = await update(FIRST);
    const answer = await kept.answer("/", new Request(`${ORIGIN}/`), (later) => work.push(later));
    expect(answer?.redirected).toBe(false);
    expect(answer?.headers.get("content-security-policy")).toBe("default-src 'none'");
    expect(await answer?.text()).toBe("index.html r1");
  });
});

describe("an update", () => {
  it("fetches only what changed", async () => {
    await update(FIRST);
    line.asked = [];
    await install(SECOND);
    expect(line.asked).toEqual(["/index.html", "/assets/start-b2.js", "/assets/counter-b2.js"]);
  });

  it("waits: until it takes over, the version in use answers with its own page", async () => {
    const first = await update(FIRST);
    await install(SECOND);
    expect(await ask(first, "/")).toBe("index.html r1");
  });

  it("vite#11804: a page of the version before still gets the pieces it loads late", async () => {
    await update(FIRST);
    const second = await update(SECOND);
    line.lasts = 0;
    expect(await ask(second, "/")).toBe("index.html r2");
    expect(await ask(second, "/assets/counter-a1.js")).toBe("assets/counter-a1.js ");
  });

  it("clears away what is older than the version before", async () => {
    await update(FIRST);
    await update(SECOND);
    const third = await update(THIRD);
    line.publish([]);
    expect(await caches.keys()).toHaveLength(2);
    expect(await ask(third, "/assets/counter-b2.js")).toBe("assets/counter-b2.js ");
    expect(await ask(third, "/assets/counter-a1.js")).toBe("nothing here");
  });

  it("clears away a version that nobody ever used, and keeps the one that pages are open of", async () => {
    await update(FIRST);
    await install(SECOND);
    const third = await update(THIRD);
    line.publish([]);
    expect(await ask(third, "/assets/counter-a1.js")).toBe("assets/counter-a1.js ");
    expect(await ask(third, "/assets/counter-b2.js")).toBe("nothing here");
  });

  it("does not clear away a still newer one that is on its way", async () => {
    await update(FIRST);
    const second = await install(SECOND);
    const third = await install(THIRD);
    await second.activate(true);
    line.lasts = 0;
    expect(await ask(third, "/")).toBe("index.html r3");
  });

  it("that was cleared away while it came is not taken for whole", async () => {
    await update(FIRST);
    const second = await install(SECOND);
    line.publish(THIRD);
    const fetchWhile: typeof fetch = async (...asked) => {
      const response = await line.fetch(...asked);
      // The last file is on its way when the second version, which knows of nothing newer, takes over.
      if (line.asked.at(-1) === "/assets/counter-c3.js") await second.activate(false);
      return response;
    };
    await expect(new KeptProgram(THIRD, caches, fetchWhile).install()).rejects.toThrow("not whole");
  });

  it("back to the version before, and forth again, keeps both", async () => {
    await update(FIRST);
    await update(SECOND);
    const back = await update(FIRST);
    line.lasts = 0;
    expect(await ask(back, "/")).toBe("index.html r1");
    expect(await ask(back, "/assets/counter-b2.js")).toBe("assets/counter-b2.js ");
    line.lasts = Number.POSITIVE_INFINITY;
    await update(SECOND);
    expect(await caches.keys()).toHaveLength(2);
  });

  it("from a build that kept its files another way takes them over, and clears that one next time", async () => {
    const other = await caches.open("workbox-precache-v2-https://till.test/");
    await other.put("/assets/icons-a1.js", new Response("assets/icons-a1.js "));
    await other.put("/assets/counter-00.js", new Response("as it was"));
    const first = await update(FIRST);
    expect(line.asked).not.toContain("/assets/icons-a1.js");
    line.lasts = 0;
    expect(await ask(first, "/assets/counter-00.js")).toBe("as it was");
    line.lasts = Number.POSITIVE_INFINITY;
    await update(SECOND);
    expect(await caches.keys()).toHaveLength(2);
    expect(await caches.has("workbox-precache-v2-https://till.test/")).toBe(false);
  });
});

describe("a file that is gone from the cache", () => {
  async function withoutFiles(): Promise<KeptProgram> {
    const kept = await update(FIRST);
    for (const name of await caches.keys()) await caches.delete(name);
    line.asked = [];
    return kept;
  }

  it("is fetched anew, and kept again", async () => {
    const kept = await withoutFiles();
    expect(await ask(kept, "/assets/start-a1.js")).toBe("assets/start-a1.js ");
    await Promise.all(work);
    line.lasts = 0;
    expect(await ask(kept, "/assets/start-a1.js")).toBe("assets/start-a1.js ");
  });

  it("is not kept where the server may have a newer one: the page of the next version", async () => {
    const kept = await withoutFiles();
    line.publish(SECOND);
    expect(await ask(kept, "/")).toBe("index.html r2");
    await Promise.all(work);
    expect(caches.held).toEqual({});
  });

  it("is not kept where the server does not have it any more", async () => {
    const kept = await withoutFiles();
    line.publish(SECOND);
    expect(await ask(kept, "/assets/start-a1.js")).toBe("nothing here");
    await Promise.all(work);
    expect(caches.held).toEqual({});
  });

  it("or cannot be read from a damaged disk, comes from the network", async () => {
    const kept = await update(FIRST);
    caches.unreadable = true;
    expect(await ask(kept, "/")).toBe("index.html r1");
  });
});
