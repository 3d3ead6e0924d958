// The guards of the product that the simulation must miss when they are gone: each is one replacement in the
// text of a file. `npm run simulate -- --mutate NAME` plays schedules without that guard, and must turn red.

export interface Guard {
  /** kebab-name, said by `--mutate`. */
  readonly name: string;
  /** Path from the checkout's root. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** What would be lost without it. */
  readonly why: string;
}

export const GUARDS: readonly Guard[] = [
  {
    name: "answers-are-signed",
    file: "src/protocol/push.ts",
    find: "if (await verify(await importPublicKey(key.key), context, signed.bytes, signed.signature)) return true;",
    replace: "return true;",
    why: "anybody on the line could say that a sale is stored, and the till would let go of it",
  },
  {
    name: "tries-are-counted",
    file: "src/engine/vault/attempt-book.ts",
    find: "await this.#db.attempts.put({ key, count: counted(await this.#read(key), now).count });",
    replace: "counted(await this.#read(key), now);",
    why: "a PIN could be guessed without end",
  },
  {
    name: "a-branch-is-no-continuation",
    file: "server/journal/batch.ts",
    find: "if (next !== undefined && !sameBytes(next.entry.prev, held.headHash)) {",
    replace: "if (next === null) {",
    why: "a copied tablet's journal would be taken for the rest of the real one's",
  },
];
