import { decodeEntry } from "#protocol/entry.ts";
import { spendKey, type SaleBody } from "#protocol/entry-bodies.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { ClaimRow, SettingsRow } from "#storage/schema.ts";
import type { CounterHands } from "./counter-hands.ts";
import { entriesOn, keyOf, type KeptRow } from "./kept-on-tablet.ts";
import { rowsOf } from "./memory-disk.ts";
import { Broken, type HandedCode, type Stage } from "./stage.ts";

// Codes that nobody has leased (PROTOCOL §11): asked for, let go, freed by the owner, or taken up to limits.

/** What happens to codes that no till may take without asking. */
export class CodeWays {
  readonly #stage: Stage;
  #byFloor = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** The owner chooses what is done with codes in an outage. */
  async choose(): Promise<void> {
    const { chance } = this.#stage;
    const codeWay = chance.weighted({ leased: 1, "online-only": 1, "floor-limited": 2 });
    const outage = {
      codeWay,
      floorPerCodeMinor: chance.between(2000, 12_000),
      exposureMinor: chance.between(4000, 20_000),
      staleHours: chance.between(1, 720),
    };
    this.#stage.note(`  ${codeWay}`);
    this.#byFloor ||= codeWay === "floor-limited";
    await this.#stage.inOffice((office) => office.savePolicy(30, outage));
  }

  /** A customer pays with a code that any till may ask for; where there is none, one is issued. */
  async sell(till: CounterHands): Promise<void> {
    const { chance } = this.#stage;
    const code = await this.#pick();
    if (code === null) return;
    const before = new Set(entriesOn(till.tablet.databaseName).map(keyOf));
    const alone = this.#isAlone(till, code);
    const password = code.password !== null && chance.happens(0.8) ? code.password : "00000";
    await till.sellCode(code, { dueMinor: code.amountMinor, password, typed: chance.happens(0.2) });
    if (alone) this.#judge(till, code, before);
  }

  /** A customer shows one, and goes away before it is paid. */
  async letGo(till: CounterHands): Promise<void> {
    const code = await this.#pick();
    if (code) await till.presentInVain(code, code.amountMinor + (code.kind === "up-to" ? 100 : 0));
  }

  /** The owner frees a code that a till has in hand: whoever had it may be offline, and sell it. */
  async release(): Promise<void> {
    const code = await this.#pick();
    if (code === null) return;
    this.#stage.strayed.add(code.cti);
    await this.#stage.inOffice((office) => office.releaseClaim(code.cti));
  }

  /** What a restored server has lost of claims two tills may have been granted. */
  serverRestored(): void {
    for (const { cti } of this.#free) this.#stage.strayed.add(cti);
  }

  /** By the floor two tills may take one code: the owner chose it, and it becomes a loss by name. */
  noteStrayed(): void {
    if (this.#byFloor) this.serverRestored();
  }

  get #free(): readonly HandedCode[] {
    return this.#stage.codes.filter((code) => code.till === null);
  }

  async #pick(): Promise<HandedCode | null> {
    if (this.#free.length === 0) await this.#stage.issue(null);
    const { chance } = this.#stage;
    const newest = this.#free.at(-1);
    if (newest === undefined) return null;
    return chance.happens(0.6) ? newest : chance.pick(this.#free);
  }

  /** Can this till ask nobody, and has it no leave of before? */
  #isAlone({ tablet }: CounterHands, { cti }: HandedCode): boolean {
    const { databaseName } = tablet;
    const isKnown = (table: string): boolean =>
      rowsOf<Pick<ClaimRow, "cti">>(databaseName, table).some((row) => row.cti === cti);
    const isCut = tablet.network.down || tablet.impatient;
    return isCut && !isKnown("claims") && !this.#stage.strayed.has(cti);
  }

  /** I8: what was taken without asking is within the limits that lie on this till. */
  #judge(till: CounterHands, { cti }: HandedCode, before: ReadonlySet<string>): void {
    const { databaseName } = till.tablet;
    const entries = entriesOn(databaseName);
    const taken = entries.flatMap((entry) => (before.has(keyOf(entry)) ? [] : codeMinors(entry, cti)));
    const amountMinor = taken[0];
    if (amountMinor === undefined) return;
    const settings = rowsOf<SettingsRow>(databaseName, "settings");
    const row = settings.find(({ key }) => key === "outage-policy");
    const policy = row?.key === "outage-policy" ? row.policy : null;
    if (policy?.codeWay !== "floor-limited")
      throw new Broken(
        `I8: ${till.name} took ${cti} and could ask nobody, by ${policy?.codeWay ?? "no rule"}`,
      );
    if (amountMinor > policy.floorPerCodeMinor)
      throw new Broken(`I8: ${till.name} took ${amountMinor} alone, at most ${policy.floorPerCodeMinor}`);
    const open = entries
      .filter((entry) => entry.till === till.id && !till.receipts.covers(entry))
      .reduce((sum, entry) => sum + codeMinors(entry).reduce((so, minor) => so + minor, 0), 0);
    if (open > policy.exposureMinor)
      throw new Broken(`I8: ${till.name} holds ${open} in codes, at most ${policy.exposureMinor}`);
  }
}

/** What a sale took in codes, in this one or in any. */
function codeMinors(entry: KeptRow, cti?: string): readonly number[] {
  if (entry.kind !== "sale") return [];
  const decoded = decodeEntry(entry.bytes);
  const body = decoded && decodeTillBody(decoded.kind, decoded.body);
  return body?.kind === "sale" ? tenders(body, cti) : [];
}

function tenders(sale: SaleBody, cti: string | undefined): readonly number[] {
  return sale.tenders.flatMap((tender) =>
    tender.method === "payment-code" && (cti === undefined || spendKey(tender.cti) === cti)
      ? [tender.amountMinor]
      : [],
  );
}
