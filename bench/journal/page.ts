// The books stand in a worker, as the till's do; the page only passes on what is asked.
import { type Remote, wrap } from "comlink";
import type { MeasuredBooks } from "./books.worker.ts";

declare global {
  var books: Remote<MeasuredBooks>;
}

globalThis.books = wrap<MeasuredBooks>(
  new Worker(new URL("./books.worker.ts", import.meta.url), { type: "module" }),
);
