// Journals and what to check them with, for the office (B10). Whole journals name every sale: the owner's.
import type { Context, Hono } from "hono";
import { fromHex, toHex } from "#protocol/bytes.ts";
import { thumbprint } from "#protocol/crypto.ts";
import { SERVER_TILL } from "#protocol/entry.ts";
import type { JournalKeysFile } from "#protocol/export-office.ts";
import { shortId } from "#protocol/ids.ts";
import { requireMember } from "../accounts/require-member.ts";
import { audit } from "../audit.ts";
import type { Books } from "../books.ts";
import type { AppEnv } from "../http/env.ts";
import { refuse } from "../http/refusal.ts";
import { faultFields } from "../log.ts";
import type { Services } from "../services.ts";
import {
  findJournal,
  findServerJournal,
  findServerJournalUpTo,
  journalFile,
  listJournals,
  type JournalPlace,
} from "./journal-file.ts";
import { checkReceipt } from "./receipt-check.ts";

export function journalRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const anybody = requireMember(services);
  const inCharge = requireMember(services, "owner", "manager");
  const owner = requireMember(services, "owner");

  app.get("/api/office/journals", inCharge, async (c) => {
    return c.json({ rows: await listJournals(await books(), c.get("member").merchantId) });
  });

  app.get("/api/office/journals/server", owner, async (c) => {
    const open = await books();
    return await download(c, open, await findServerJournal(open, c.get("member").merchantId));
  });

  app.get("/api/office/journals/:till/:epoch", owner, async (c) => {
    const open = await books();
    const { merchantId } = c.get("member");
    const { till } = c.req.param();
    const epoch = readEpoch(c.req.param("epoch"));
    let place: JournalPlace | null = null;
    if (epoch !== null && till === SERVER_TILL) {
      const found = await findServerJournalUpTo(open, merchantId, epoch);
      place = found?.epoch === epoch ? found : null;
    } else if (epoch !== null && /^[0-9A-Z]{12}$/u.test(till)) {
      place = await findJournal(open, merchantId, till, epoch);
    }
    return place === null ? refuse(c, 404, { code: "not-found" }) : await download(c, open, place);
  });

  app.get("/api/office/journal-keys", owner, async (c) => {
    const { root } = services.instance;
    const answer: JournalKeysFile = {
      format: "guitai-keys",
      version: 1,
      merchant: shortId(c.get("member").merchantId),
      roots: [{ thumbprint: toHex(await thumbprint(root.publicKey)), key: toHex(root.publicKey) }],
    };
    return c.body(`${JSON.stringify(answer, null, 2)}\n`, 200, {
      "content-type": "application/json",
      "content-disposition": 'attachment; filename="guitai-keys.json"',
      "cache-control": "no-store",
    });
  });

  app.get("/api/office/receipt-check", anybody, async (c) => {
    const [seqText, epochText] = [c.req.query("seq") ?? "", c.req.query("epoch")];
    const head = (c.req.query("head") ?? "").toLowerCase();
    const epoch = epochText === undefined ? null : readEpoch(epochText);
    const areDigits = /^[0-9]{1,12}$/u.test(seqText);
    const field = !areDigits ? "seq" : epochText !== undefined && epoch === null ? "epoch" : "head";
    if (field !== "head" || !/^[0-9a-f]{8}$/u.test(head))
      return refuse(c, 400, { code: "invalid-input", field, problem: "format" });
    const number = { epoch, seq: Number(seqText) };
    return c.json(await checkReceipt(await books(), c.get("member").merchantId, number, fromHex(head)));
  });
}

function readEpoch(text: string): number | null {
  const epoch = /^[1-9][0-9]{0,9}$/u.test(text) ? Number(text) : 0;
  return epoch > 0 && epoch < 2 ** 31 ? epoch : null;
}

async function download(c: Context<AppEnv>, books: Books, place: JournalPlace): Promise<Response> {
  const { merchantId, userId } = c.get("member");
  const name = place.till === SERVER_TILL ? SERVER_TILL : shortId(place.till);
  const detail = { till: name, epoch: place.epoch, entries: place.headSeq + 1 };
  await audit(books.db, {
    merchantId,
    atMs: books.nowMs(),
    who: userId,
    what: "journal-downloaded",
    detail,
  });
  const pieces = journalFile(books, place);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await pieces.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value);
      } catch (fault) {
        // Cut in the middle: the file lacks the server's statement at its end, and says so when it is
        // checked.
        books.log.warn("journal-download-broken", faultFields(fault));
        controller.error(fault);
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return c.body(body, 200, {
    "content-type": "application/octet-stream",
    "content-disposition": `attachment; filename="guitai-${name}-${place.epoch}.gtj"`,
    "cache-control": "no-store",
  });
}
