import type { Guard } from "./guard.ts";

// Guards of the server: what a push must be, where it goes, who wins a code, what a restore may not repeat.

const BATCH = "server/journal/batch.ts";
const INGEST = "server/journal/ingest.ts";
const SALES = "server/journal/apply-sales.ts";
const PUSH_TEST = "tests/server/journal/push.test.ts";
const ONE_CODE_TEST = "tests/server/codes/one-code-two-tills.test.ts";

export const GUARDS_OF_SERVER: readonly Guard[] = [
  // What is stored.
  {
    name: "gap-is-found",
    file: BATCH,
    find: `if (first.entry.seq > held.headSeq + 1) return { kind: "gap", need: held.headSeq + 1 };`,
    replace: "",
    why: "a till that has to send something again would be called a copy",
    test: { file: PUSH_TEST, title: "a batch after a hole is answered" },
  },
  {
    name: "differing-entry-is-a-fork",
    file: BATCH,
    find: "  if (differs >= 0) {\n",
    replace: "  if (differs > entries.length) {\n",
    why: "a copied tablet's sales would be taken for repeats, and be nowhere",
  },
  {
    name: "a-branch-is-no-continuation",
    file: BATCH,
    find: "if (next !== undefined && !sameBytes(next.entry.prev, held.headHash)) {",
    replace: "if (next === null) {",
    why: "a copied tablet's journal would be taken for the rest of the real one's",
    test: { file: PUSH_TEST, title: "though its next number is free" },
  },
  {
    name: "repeat-is-not-stored-again",
    file: BATCH,
    find: "const fresh = entries.findIndex((item) => item.entry.seq > held.headSeq);",
    replace: "const fresh = held.headSeq >= 0 ? 0 : 0;",
    why: "after a lost answer the till could deliver nothing any more",
    bias: { fault: 15 },
  },
  {
    name: "signed-by-the-till",
    file: BATCH,
    find: "while (authentic > 0 && !(await vouched(key, run[authentic - 1]))) authentic--;",
    replace: "",
    why: "whoever has a token could write another till's journal",
    test: { file: PUSH_TEST, title: "an entry nobody signed is not stored" },
  },
  {
    name: "chain-inside-a-batch",
    file: BATCH,
    find: "return before !== undefined && !sameBytes(item.entry.prev, before.hash);",
    replace: "return before === item;",
    why: "entries that the till never signed in this order would be booked on the last one's signature",
    test: { file: PUSH_TEST, title: "a chain the till itself broke" },
  },
  {
    name: "own-shop-only",
    file: INGEST,
    find: "if (batch === null || toHex(batch.merchant) !== toHex(carrier)) {",
    replace: "if (batch === null) {",
    why: "another shop's till could write into this shop's books",
    test: { file: PUSH_TEST, title: "another till of the shop may carry a journal" },
  },
  {
    name: "one-transaction-a-batch",
    file: INGEST,
    find: "books.db.transaction().execute((tx) => store(tx, batch, authentic, brokenByTill, books.nowMs())),",
    replace: "store(books.db as DatabaseTransaction, batch, authentic, brokenByTill, books.nowMs()),",
    why: "a server that dies in the middle of a push would leave half of its effects",
    test: { file: ONE_CODE_TEST, title: "a push that fails in the middle leaves nothing" },
  },
  {
    name: "epoch-locked",
    file: INGEST,
    find: `    .where((eb) => eb.and(epochColumns(batch)))
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { ...row,`,
    replace: `    .where((eb) => eb.and(epochColumns(batch)))
    .executeTakeFirstOrThrow();
  return { ...row,`,
    why: "two carriers of the same entries would fail each other, or both book",
    test: { file: PUSH_TEST, title: "overlapping batches sent at the same moment" },
  },
  {
    name: "sales-with-their-entries",
    file: INGEST,
    find: "{ entries: rows, sales: saleLines(effects, (seq) => seq - firstSeq + 1) },",
    replace: "{ entries: rows, sales: [] },",
    why: "an entry would be receipted and its money in no book",
  },
  // Where it goes.
  {
    name: "frozen-is-set-apart",
    file: INGEST,
    find: `    case "frozen":\n    case "damaged":\n      return "quarantine";`,
    replace: `    case "frozen":\n    case "damaged":\n      return "all";`,
    why: "what comes behind a fork would be booked, whichever of two tablets it is from",
    test: { file: PUSH_TEST, title: "two journals under one name" },
  },
  {
    name: "stolen-is-set-apart",
    file: INGEST,
    find: `return LATE_IS_BOOKED.has(row.closed_reason ?? "") ? "late" : "quarantine";`,
    replace: `return "late";`,
    why: "who stole a tablet could write sales into the books",
    test: { file: "tests/server/journal/losses.test.ts", title: "late entries are set apart" },
  },
  {
    name: "late-is-booked",
    file: INGEST,
    find: `const LATE_IS_BOOKED: ReadonlySet<string> = new Set(["replaced", "lost", "data-lost"]);`,
    replace: "const LATE_IS_BOOKED: ReadonlySet<string> = new Set();",
    why: "what a replaced tablet still held would be in no sum",
    test: { file: PUSH_TEST, title: "what a replaced tablet still holds comes in late" },
  },
  {
    name: "not-booked-before-same",
    file: INGEST,
    find: `const effects = row.state === "pending" ? NO_EFFECTS : await claimCodes`,
    replace: "const effects = await claimCodes",
    why: "whoever read the activation code over a shoulder could write sales into the books",
    test: { file: "tests/server/tills/enrolment.test.ts", title: "the tablet never was the till" },
  },
  {
    name: "forked-at-hello",
    file: "server/tills/hello.ts",
    find: "if (hello.seq > headSeq) return null;",
    replace: "if (hello.seq >= -1) return null;",
    why: "a copy that has sold nothing since would go on taking codes",
    test: { file: PUSH_TEST, title: "a till whose head differs from ours is told at hello" },
  },
  // Codes.
  {
    name: "second-use-is-decided",
    file: SALES,
    find: "if (won === undefined) return await decide(tx, source, use, code, basis);",
    replace: "if (won === undefined) return [];",
    why: "a code used twice would be a loss that nobody names",
    bias: { strayLease: 12, issue: 10 },
  },
  {
    name: "lease-holder-wins",
    file: SALES,
    find: "RANK[basis] > RANK[held.basis] &&",
    replace: "RANK[basis] < RANK[held.basis] &&",
    why: "who had the code by right would bear the loss",
    test: { file: ONE_CODE_TEST, title: "the lease holder wins though the other came first" },
  },
  {
    name: "decided-once",
    file: SALES,
    find: "const overturned = !held.decided && RANK",
    replace: "const overturned = RANK",
    why: "a loss that was told to one till would become another's later",
    test: { file: ONE_CODE_TEST, title: "decided once it stays so" },
  },
  {
    name: "one-claim-at-a-time",
    file: "server/codes/claims.ts",
    find: "  if (!isOlder) {\n",
    replace: "  if (holder === null) {\n",
    why: "two tills would be told that the code is theirs",
    test: { file: "tests/server/codes/claims.test.ts", title: "the first to ask gets it" },
  },
  {
    name: "claim-is-of-its-entry",
    file: "server/codes/claims.ts",
    find: "if (!sameBytes(row.entry_hash, entry.entryHash) || !sameBytes(row.cti, entry.cti)) {",
    replace: "if (row.cti === null) {",
    why: "a copied tablet would hear the answer that was the real one's",
    test: { file: "tests/server/codes/claims.test.ts", title: "the same number with another entry" },
  },
  // Restores.
  {
    name: "epochs-jump-after-a-restore",
    file: "server/tills/enrol.ts",
    find: "const epoch = Math.max(last?.epoch ?? 0, row.epoch_floor) + 1;",
    replace: "const epoch = (last?.epoch ?? 0) + 1;",
    why: "two tablets would have one epoch: one of them enrolled after the backup",
    test: {
      file: "tests/server/tills/restored.test.ts",
      title: "the next epoch is a thousand and more higher",
    },
  },
  {
    name: "readmitted-by-the-root-alone",
    file: "server/tills/readmit.ts",
    find: "if (certificate === null || !(await issuedByUs(books, asked))) return null;",
    replace: "if (certificate === null) return null;",
    why: "anybody could write himself a till of this shop",
    test: { file: "tests/server/tills/restored.test.ts", title: "a certificate that is not ours" },
  },
];
