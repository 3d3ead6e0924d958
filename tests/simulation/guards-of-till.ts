import type { Guard } from "./guard.ts";

// Guards of the till: its journal, its second copy, delivery, codes, epochs and lineages.

const LEDGER = "src/engine/ledger.ts";
const CARRIER = "src/engine/sync/carrier.ts";
const CODE_LEAVES = "src/engine/code-leaves.ts";

export const GUARDS_OF_TILL: readonly Guard[] = [
  // The journal.
  {
    name: "paid-after-complete",
    file: LEDGER,
    find: "      await this.#commit(draft, entry, { head, row, next });",
    replace: "      void this.#commit(draft, entry, { head, row, next }).catch(() => undefined);",
    why: "a sale would be shown as paid before it is on disk",
  },
  {
    name: "head-compared-inside",
    file: LEDGER,
    find: "(present) => sameHead(present, head)",
    replace: "() => true",
    why: "two windows would write two entries under one number",
    bias: { twoWindows: 30 },
  },
  {
    name: "head-compared-inside-with-questions",
    file: LEDGER,
    find: "if (!sameHead(present ?? null, head)) throw new HeadMoved();",
    replace: "",
    why: "the same, where an entry asks something of the disk",
    bias: { twoWindows: 30 },
  },
  {
    name: "add-never-put",
    file: "src/storage/append-transaction.ts",
    find: `begun.objectStore("journal").add(rows.journal);`,
    replace: `begun.objectStore("journal").put(rows.journal);`,
    why: "behind a head that went back an entry that was sold would be written over",
    test: { file: "tests/storage/append-transaction.test.ts", title: "an entry that is there is never" },
  },
  {
    name: "commit-that-was-called-failed",
    file: LEDGER,
    find: "if (!isDiskFault(cause) || !sameHead(await this.#headAfter(cause), next)) throw cause;",
    replace: "throw cause;",
    why: "a sale on disk would be called unpaid, and the customer asked to pay twice",
    bias: { diskLies: 20 },
  },
  {
    name: "reserve-given-up",
    file: LEDGER,
    find: "if (!(await this.#giveUpReserve())) return refused",
    replace: "if (MAX_RACES > 0) return refused",
    why: "on a full disk the sale in hand would be refused, with the reserve lying there",
    test: { file: "tests/engine/ledger.test.ts", title: "the reserve is given up for the sale in hand" },
  },
  {
    name: "no-second-journal",
    file: LEDGER,
    find: `if (head === null && body.kind !== "genesis") throw new BooksGone();`,
    replace: "",
    why: "a database deleted under a running till would begin a fork of the journal that was sold on",
    test: { file: "tests/engine/lost-database.test.ts", title: "deleted under a running till" },
  },
  // The second copy.
  {
    name: "copy-after-complete",
    file: LEDGER,
    find: "    try {\n      await this.#commit(draft, entry, { head, row, next });",
    replace:
      "    await this.#mirror?.append(row);\n    try {\n      await this.#commit(draft, entry, " +
      "{ head, row, next });",
    why: "a sale that was never paid would come back from the copy",
    test: { file: "tests/engine/mirror.test.ts", title: "nothing that was not committed stands in the copy" },
  },
  {
    name: "copy-puts-back",
    file: "src/engine/recovery.ts",
    find: "if (rows.length > 0) await putBack(db, head, rows);",
    replace: "",
    why: "what a disk lost that had said «written» would be gone, and its numbers signed again",
    bias: { rememberDisk: 6, loseTail: 8 },
  },
  {
    name: "copy-run-verifies",
    file: "src/engine/put-back.ts",
    find: "|| !(await verifyEntry(device, signed))) continue;",
    replace: ") continue;",
    why: "anybody's record in the copy would become an entry of this till",
    test: { file: "tests/engine/mirror.test.ts", title: "is left alone" },
  },
  {
    name: "copy-run-chains",
    file: "src/engine/put-back.ts",
    find: "if (!sameBytes(entry.prev, hash) ||",
    replace: "if (",
    why: "an entry of another chain would be put behind the head",
    test: { file: "tests/engine/mirror.test.ts", title: "is left alone" },
  },
  {
    name: "tries-put-back",
    file: "src/engine/put-back.ts",
    find: "await recountTry(db, body.subjectClass, body.subject, body.n);",
    replace: "",
    why: "a power cut would give back the tries at a PIN",
    bias: { rememberDisk: 6, loseTail: 8 },
  },
  {
    name: "empty-database-is-no-first-run",
    file: "src/engine/books-at-start.ts",
    find: "if (copy.entries.length === 0) return null;",
    replace: "if (copy.entries.length >= 0) return null;",
    why: "a browser that threw the database away would say nothing of the sales in the copy",
    test: { file: "tests/engine/mirror.test.ts", title: "an empty database beside a written copy" },
  },
  // Tries.
  {
    name: "tries-are-counted",
    file: "src/engine/vault/attempt-book.ts",
    find: "await this.#db.attempts.put({ key, count: counted(await this.#read(key), now).count });",
    replace: "counted(await this.#read(key), now);",
    why: "a PIN could be guessed without end",
  },
  {
    name: "counted-before-the-check",
    file: "src/engine/pads/try-pin.ts",
    find: `  const counted = await book.count(subjectClass, subject);
  if (!counted.ok) {
    end();
    return refused("kind" in counted.refusal ? pinTryRefusal(counted.refusal) : counted.refusal);
  }
  const check = await worker.checkSecret(await vault.material(), subject, candidates, await raise(parts));
  end();`,
    replace: `  const material = await vault.material();
  const check = await worker.checkSecret(material, subject, candidates, await raise(parts));
  const counted = await book.count(subjectClass, subject);
  if (!counted.ok) {
    end();
    return refused("kind" in counted.refusal ? pinTryRefusal(counted.refusal) : counted.refusal);
  }
  end();`,
    why: "pulling the plug during a check would give a try at a PIN for nothing",
    bias: { powerCut: 25, crash: 8 },
  },
  {
    name: "wait-asked-inside",
    file: "src/engine/vault/attempt-book.ts",
    find: `if (may.kind !== "yes") return may;\n        for`,
    replace: "for",
    why: "a pad opened before the wait began would be a way around it",
    test: { file: "tests/engine/pin.test.ts", title: "a pad opened before the wait began" },
  },
  // Delivery.
  {
    name: "answers-are-signed",
    file: "src/protocol/signed-answer.ts",
    find: "context, signed.bytes, signed.signature)) return true;",
    replace: "context, signed.bytes, signed.signature)) return true;\n    return true;",
    why: "anybody on the line could say that a sale is stored, and the till would let go of it",
    bias: { fault: 25, deliver: 15 },
  },
  {
    name: "receipt-over-our-own-hash",
    file: CARRIER,
    find: "if (!ours) return this.#find(heard);",
    replace: "",
    why: "a receipt for somebody else's entry would let go of ours",
    test: {
      file: "tests/engine/delivery.test.ts",
      title: "a receipt counts only where its head is our own hash",
    },
  },
  {
    name: "answer-to-this-request",
    file: "src/protocol/signed-answer.ts",
    find: "return answer && (requestHash === null || sameBytes(answer.requestHash, requestHash)) ? answer : null;",
    replace: "return answer;",
    why: "an old answer, played again, would be heard as the server's word of now",
    test: { file: "tests/protocol/push.test.ts", title: "the answer to another request is no answer" },
  },
  {
    name: "no-hole-skipped",
    file: CARRIER,
    find: "const rows = gapAt < 0 ? found : found.slice(0, gapAt);",
    replace: "const rows = found;",
    why: "entries would be pushed that continue nothing, and the hole be named by nobody",
    test: { file: "tests/engine/delivery.test.ts", title: "an entry gone" },
  },
  {
    name: "taken-aside-by-the-server-alone",
    file: CARRIER,
    find: "if (!takesAside(heard.answer, last)) return end;",
    replace: "",
    why: "entries that the server has nowhere would not be sent again",
    test: {
      file: "tests/engine/delivery.test.ts",
      title: "a receipt counts only where its head is our own hash",
    },
  },
  {
    name: "frozen-goes-on-delivering",
    file: CARRIER,
    find: `if (hello === "finding") end = hello;`,
    replace: `if (hello === "finding") return hello;`,
    why: "the cash of a frozen till would never reach the server",
    test: { file: "tests/engine/delivery.test.ts", title: "a frozen till's cash still reaches" },
  },
  {
    name: "refused-token-dropped",
    file: "src/engine/sync/server-line.ts",
    find: `this.#token = null;
      await this.#store.deleteDelivery("token");`,
    replace: "",
    why: "a token that is not taken any more would be shown for ever, and nothing delivered",
    bias: { serverRestart: 6, fault: 20 },
    test: { file: "tests/engine/delivery.test.ts", title: "a token that is not taken any more" },
  },
  {
    name: "fork-is-proven",
    file: "src/engine/sync/findings.ts",
    find: "if (!(await verifyEntry(device, answer.detail.entry))) return false;",
    replace: "",
    why: "an entry that somebody else signed would stop a till",
    test: { file: "tests/engine/delivery.test.ts", title: "a fork that somebody else signed" },
  },
  {
    name: "fork-is-believed",
    file: "src/engine/sync/findings.ts",
    find: `return (await isProvenFork(db, identity, answer)) ? "fork" : null;`,
    replace: "return null;",
    why: "a copied tablet would go on taking codes",
    bias: { deliver: 20 },
  },
  {
    name: "receipt-of-its-own-epoch",
    file: "src/storage/delivery-store.ts",
    find: "if (holder && now && !sameHolder(holder, now)) transaction.abort();\n      else change",
    replace: "change",
    why: "a receipt of the epoch before would count entries as delivered that nobody has seen",
    test: {
      file: "tests/engine/re-enrolment.test.ts",
      title: "a receipt that was under way when the epoch ended",
    },
  },
  {
    name: "page-goes-on-from-here",
    file: "src/engine/feed-application.ts",
    find: "if (!beginsAnew && page.from !== feed.version) return null;",
    replace: "",
    why: "news that were missed would be missed for ever, a revocation among them",
    test: {
      file: "tests/engine/feed.test.ts",
      title: "a page that does not go on from where the till stands",
    },
  },
  {
    name: "page-of-this-till",
    file: "src/engine/feed-application.ts",
    find: "if (page && mine) {",
    replace: "if (page) {",
    why: "the till next door's leases and state would become this one's",
    test: { file: "tests/engine/feed.test.ts", title: "a page of the till next door is not ours" },
  },
  {
    name: "page-of-this-lineage",
    file: "src/engine/feed-application.ts",
    find: "if (!feed || !sameBytes(feed.lineage, page.lineage)) return null;",
    replace: "if (!feed) return null;",
    why: "what a server said that was left would be applied among the restored one's news",
    test: { file: "tests/engine/feed.test.ts", title: "a page of another lineage than the till's own" },
  },
  // Letting go.
  {
    name: "pruned-only-when-receipted",
    file: "src/engine/pruning.ts",
    find: "const last = Math.min(upTo, receipt.seq, head.seq - 1);",
    replace: "const last = head.seq - 1;",
    why: "sales that the server has not signed for would be thrown away",
    test: { file: "tests/engine/pruning.test.ts", title: "what the server has not signed for stays" },
  },
  {
    name: "pruned-after-thirty-days",
    file: "src/engine/pruning.ts",
    find: "const oldMs = anchorMs - KEEP_MS;",
    replace: "const oldMs = anchorMs;",
    why: "a server put back from a backup could not be refilled",
    test: { file: "tests/engine/pruning.test.ts", title: "to the last moment of the 30th day" },
  },
  // Codes.
  {
    name: "spent-asked-inside",
    file: CODE_LEAVES,
    find: `if (spent) return { code: "spent", ...spent };`,
    replace: "",
    why: "a code spent while its password is typed would pay twice",
    bias: { presentTwice: 30, issue: 12 },
    test: { file: "tests/engine/payment-code.test.ts", title: "spent next door while its password is typed" },
  },
  {
    name: "revoked-asked-inside",
    file: CODE_LEAVES,
    find: `if (await db.revoked.get(cti)) return { code: "revoked" };`,
    replace: "",
    why: "a code revoked while it covers a part would pay all the same",
    test: { file: "tests/engine/payment-code.test.ts", title: "revoked before the cash comes" },
  },
  {
    name: "lease-asked-inside",
    file: CODE_LEAVES,
    find: "if (lease?.till === leaves.till) return null;",
    replace: "if (leaves) return null;",
    why: "a lease that moved away while the password is typed would still pay here",
    test: { file: "tests/engine/code-leases.test.ts", title: "moved away while the password is typed" },
  },
  {
    name: "exposure-counted-inside",
    file: CODE_LEAVES,
    find: "const { receipted, clockBack } = leaves;",
    replace: "if (leaves) return null;\n      const { receipted, clockBack } = leaves;",
    why: "one till could take more offline than its owner risks",
    test: { file: "tests/engine/code-floor.test.ts", title: "looked at inside the sale's transaction" },
  },
  {
    name: "claim-on-disk-before-the-request",
    file: "src/engine/claim-desk.ts",
    find: "const claim = kept ?? (await this.#write(cti, sale));",
    replace: `const there = await this.#p.db.head.get("head");
    const seq = (there?.seq ?? 0) + 1;
    const { epoch } = this.#p.identity;
    const claim = kept ?? { cti: toHex(cti), epoch, seq, entryHash: new Uint8Array(32) };`,
    why: "a kill after the request would leave a code in the hand of nobody",
    test: {
      file: "tests/engine/code-claims.test.ts",
      title: "the claim is on disk before the request leaves",
    },
  },
  {
    name: "claim-unknown-is-no-refusal",
    file: "src/engine/claim-desk.ts",
    find: `return decision ?? { kind: "no-answer" };`,
    replace: `return decision ?? { kind: "released" };`,
    why: "a code that the server gave to this till would be called refused",
    test: { file: "tests/engine/code-claims.test.ts", title: "an answer that is lost is unknown" },
  },
  {
    name: "lease-elsewhere-refused",
    file: "src/domain/payment-code.ts",
    find: `if (here.lease.held === "elsewhere") return no(`,
    replace: `if (here.lease.held === "elsewhere" && here.nowMs < 0) return no(`,
    why: "a code that another till may take offline would be taken here as well",
    test: { file: "tests/engine/code-leases.test.ts", title: "leased next door is never taken offline" },
  },
  // Epochs and lineages.
  {
    name: "receipts-stay-with-their-server",
    file: "src/engine/new-epoch.ts",
    find: "if (before && feed && !sameBytes(feed.lineage, next.lineage))",
    replace: "if (before && feed === null)",
    why: "an activation at a restored server would count the lost one's receipts as its own",
    test: { file: "tests/engine/lineage.test.ts", title: "enrolled again before a word" },
  },
  {
    name: "tries-of-the-copy-stand",
    file: "src/engine/new-epoch.ts",
    find: `if (body?.kind === "attempt") await recountTry(`,
    replace: `if (body?.kind === "attempt" && row.seq < 0) await recountTry(`,
    why: "an emptied database would be a way to new tries at a code",
    test: { file: "tests/engine/lost-database.test.ts", title: "tries at a code that only the copy" },
  },
  {
    name: "carried-kept-at-re-enrolment",
    file: "src/engine/new-epoch.ts",
    find: "await db.carried.bulkPut(rows.map((row) => carriedFromJournal(row, till, merchant)));",
    replace: "",
    why: "a new activation would throw away what the epoch before had not delivered",
    test: { file: "tests/engine/re-enrolment.test.ts", title: "without a second copy nothing of it is lost" },
  },
  {
    name: "copy-carried-at-activation",
    file: "src/engine/new-epoch.ts",
    find: "const fresh = await addCarried(db, next.copy, next.identity.merchant);",
    replace: "const fresh: readonly CarriedRow[] = [];",
    why: "what only the copy had of a lost database would be gone with the next activation",
    test: { file: "tests/engine/lost-database.test.ts", title: "emptied between two starts" },
  },
  {
    name: "unsent-counts-carried",
    file: "src/engine/till-view.ts",
    find: "count: count + (carried?.count ?? 0),",
    replace: "count,",
    why: "money of the epoch before would be at stake on a tablet that says «all delivered»",
    test: { file: "tests/engine/re-enrolment.test.ts", title: "what no receipt covers goes out under" },
  },
  {
    name: "no-way-back-to-a-lineage",
    file: "src/engine/lineage.ts",
    find: "if (past?.lineages.some((one) => sameBytes(one, lineage))) return false;",
    replace: "",
    why: "an old copy of the server could take the till back, and sign for what the real one lost",
    test: { file: "tests/engine/lineage.test.ts", title: "not even on an old word" },
  },
  {
    name: "receipts-end-with-their-lineage",
    file: "src/engine/lineage.ts",
    find: "await Promise.all([db.receipts.clear(), db.carriedReceipts.clear(), db.inbox.clear()]);",
    replace: "await db.inbox.clear();",
    why: "what a restored server has lost would count as delivered",
    test: { file: "tests/engine/lineage.test.ts", title: "between the restore and the new receipt" },
  },
];
