import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { processBegan, takeDataLock } from "../../server/data-lock.ts";

const root = mkdtempSync(join(tmpdir(), "guitai-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(root, "data-"));
  file = join(folder, "server.lock");
});
const own = { pid: process.pid, began: processBegan(process.pid), host: hostname() };

describe("the lock of a data directory", () => {
  it("is held by one, and free again when it is let go", () => {
    const first = takeDataLock(folder);
    const second = takeDataLock(folder);
    expect(second).toEqual({
      ok: false,
      refusal: { code: "data-in-use", pid: process.pid, host: hostname() },
    });
    if (first.ok) first.value.release();
    expect(takeDataLock(folder).ok).toBe(true);
  });

  it("of a process that is gone is taken over", () => {
    writeFileSync(file, JSON.stringify({ ...own, pid: 4_194_301 }));
    expect(takeDataLock(folder).ok).toBe(true);
  });

  it("of a process whose pid has passed on to another program is taken over", () => {
    writeFileSync(file, JSON.stringify({ ...own, began: "long ago" }));
    expect(takeDataLock(folder).ok).toBe(true);
  });

  it("that cannot be read is taken over: it was never written whole by us", () => {
    writeFileSync(file, "{");
    expect(takeDataLock(folder).ok).toBe(true);
  });

  it("of another machine holds while it beats, and is taken over when it has been silent", () => {
    writeFileSync(file, JSON.stringify({ ...own, host: "other-machine" }));
    expect(takeDataLock(folder)).toMatchObject({ ok: false, refusal: { host: "other-machine" } });
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(file, longAgo, longAgo);
    expect(takeDataLock(folder).ok).toBe(true);
  });

  it("that another start has taken over is not removed by the one that lost it", () => {
    const first = takeDataLock(folder);
    const theirs = JSON.stringify({ ...own, began: "theirs" });
    writeFileSync(file, theirs);
    if (first.ok) first.value.release();
    expect(readFileSync(file, "utf8")).toBe(theirs);
  });
});
