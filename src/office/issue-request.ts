import type { IssueCodeRequest } from "#protocol/office-api.ts";

/** What the issue form says, without the request's own id. */
export type IssueWish = Omit<IssueCodeRequest, "requestId">;

/**
 * Gives each wish its request id and keeps it over retries: a wish sent again after a silent server is the
 * same request and issues one code. A changed wish gets a new id, or the server would answer with the old
 * code's amount.
 */
export function createRequestIds(newId: () => string): {
  readonly idFor: (wish: IssueWish) => string;
  readonly done: () => void;
} {
  let wished: string | null = null;
  let id = "";
  return {
    idFor(wish) {
      const text = JSON.stringify(wish);
      if (text !== wished) {
        wished = text;
        id = newId();
      }
      return id;
    },
    /** The code is issued: the next wish, alike or not, is another code. */
    done() {
      wished = null;
    },
  };
}

/** A random request id: 32 hexadecimal digits. */
export function randomRequestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
