// PouchDB brings no types; this is what the benchmark uses of it.
declare namespace PouchDB {
  interface Database {
    bulkDocs(docs: readonly object[]): Promise<unknown>;
    replicate: {
      to(remote: Database, options: { batch_size: number }): Promise<{ readonly docs_written: number }>;
    };
    destroy(): Promise<void>;
  }
}

declare module "pouchdb/dist/pouchdb.js" {
  const PouchDB: new (name: string) => PouchDB.Database;
  export default PouchDB;
}

declare module "pouchdb" {
  const PouchDB: { defaults(options: { readonly prefix: string }): object };
  export default PouchDB;
}

declare module "express-pouchdb" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  const expressPouchDb: (
    pouch: object,
    options: { readonly mode: string; readonly inMemoryConfig: boolean; readonly logPath: string },
  ) => (request: IncomingMessage, response: ServerResponse) => void;
  export default expressPouchDb;
}
