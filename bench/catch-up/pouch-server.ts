// PouchDB's own server over LevelDB, and the page that replicates to it, in a process of its own:
//   node bench/catch-up/pouch-server.ts PORT PAGE-FOLDER DATA-FOLDER
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import expressPouchDb from "express-pouchdb";
import PouchDB from "pouchdb";

const [port, pages = "", data = ""] = process.argv.slice(2);
const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };
const couch = expressPouchDb(PouchDB.defaults({ prefix: `${data}/` }), {
  mode: "minimumForPouchDB",
  inMemoryConfig: true,
  logPath: join(data, "log.txt"),
});

createServer((request, response) => {
  const url = request.url ?? "/";
  if (url.startsWith("/db/")) {
    request.url = url.slice("/db".length);
    couch(request, response);
    return;
  }
  const file = join(pages, url === "/" ? "index.html" : url);
  if (!file.startsWith(pages) || !existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": types[extname(file)] ?? "" });
  createReadStream(file).pipe(response);
}).listen(Number(port), "127.0.0.1");
