// The other contender: the same number of documents of the same size, queued in PouchDB and replicated.
import PouchDB from "pouchdb/dist/pouchdb.js";

const WRITE_AT_ONCE = 1000;
/** The best of those tried (`field/backend.md`): at 100 it takes nearly twice as long. */
const BATCH = 500;
/** As an entry is: nothing that a disk or a line could make smaller. */
const random = (bytes: number): string =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(bytes))));

let local: PouchDB.Database | null = null;

declare global {
  var pouch: PouchContender;
}

export interface PouchContender {
  queue(name: string, documents: number, bytes: number): Promise<void>;
  /** Milliseconds until the server has them all, and how many it took. */
  replicate(name: string): Promise<{ ms: number; written: number }>;
}

globalThis.pouch = {
  async queue(name, documents, bytes) {
    local = new PouchDB(name);
    for (let done = 0; done < documents; done += WRITE_AT_ONCE) {
      const docs = Array.from({ length: Math.min(WRITE_AT_ONCE, documents - done) }, (_, i) => ({
        _id: `1-${String(done + i).padStart(9, "0")}`,
        entry: random(bytes),
      }));
      await local.bulkDocs(docs);
    }
  },

  async replicate(name: string) {
    if (!local) throw new Error("nothing is queued");
    const remote = new PouchDB(`${location.origin}/db/${name}`);
    const startedMs = performance.now();
    const done = await local.replicate.to(remote, { batch_size: BATCH });
    const ms = performance.now() - startedMs;
    await local.destroy();
    return { ms, written: done.docs_written };
  },
};
