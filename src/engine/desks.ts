import { ID_BYTES } from "#protocol/bytes.ts";
import { decodeCertificate } from "#protocol/certificate.ts";
import { openKeyset, type Keyset } from "#protocol/keyset.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Counter, CounterParts } from "./counter.ts";
import { Ledger } from "./ledger.ts";
import { LooseLook } from "./loose-look.ts";
import { Mirror, type MirrorFile } from "./mirror.ts";
import type { PadDesk } from "./pad-desk.ts";
import type { PadResults } from "./pads/pad-parts.ts";
import { recoverFromMirror, type Recovered } from "./recovery.ts";
import { SaleDesk } from "./sale-desk.ts";
import type { Surroundings } from "./surroundings.ts";
import { TillTime } from "./till-time.ts";
import type { OpenVault } from "./vault/open-vault.ts";

/** What exists only on an enrolled till. */
export interface Desks {
  readonly identity: IdentityRow;
  readonly time: TillTime;
  readonly ledger: Ledger;
  readonly mirror: Mirror | null;
  /** What the start found in the second copy, for when the first screen stands. */
  readonly recovered: Recovered;
  /**
   * Loaded after the keypad, whose first second it would cost; kept with the program, so an outage has it
   * too.
   */
  readonly counter: () => Promise<Counter>;
  readonly sales: SaleDesk;
  readonly pads: () => Promise<PadDesk>;
  readonly loose: LooseLook;
  keyset: Keyset;
}

/** What the desks are built on, and what they ask of the engine. */
export interface DeskParts
  extends
    Pick<CounterParts, "askForNews" | "onLine" | "takeCode" | "recordRefusal">,
    Pick<PadResults, "operatorIn" | "present"> {
  readonly db: TillDatabase;
  readonly surroundings: Surroundings;
  readonly vault: OpenVault;
  readonly mirrorFile: MirrorFile | null;
  readonly identity: IdentityRow;
  /** The keyset as it stands now; null before the desks are open. */
  readonly keyset: () => Keyset | null;
  /** One round of delivery now. */
  readonly askServer: () => Promise<void>;
}

/**
 * Opens an enrolled till's desks: takes back what only the mirror still has, begins the journal when there is
 * none, lays the reserve. Throws when what is on disk does not verify or the journal cannot be begun: nothing
 * may be sold then.
 */
export async function openDesks(parts: DeskParts): Promise<Desks> {
  const { db, surroundings, identity, vault } = parts;
  const [keysetRow, time] = await Promise.all([db.setting("keyset"), TillTime.open(db, surroundings)]);
  const keyset =
    keysetRow && (await openKeyset(identity.rootKey, keysetRow.bytes, keysetRow.signature, null));
  const certificate = decodeCertificate(identity.certificate);
  if (!keyset || !certificate) throw new Error("engine: certificate or keyset on disk does not verify");
  const mirror = parts.mirrorFile && new Mirror(parts.mirrorFile);
  const recovered = await recoverFromMirror(db, mirror, identity, certificate.deviceKey);
  const ledger = new Ledger(db, identity, time, mirror, surroundings);
  ledger.useKeyset(keyset.version);
  const newId = (): Uint8Array<ArrayBuffer> => surroundings.randomBytes(ID_BYTES);
  const sales = new SaleDesk(db, identity, ledger, newId, () => time.read().quality === "back");
  const loose = new LooseLook(db, identity, ledger, sales);
  const counterParts: CounterParts = {
    db,
    identity,
    time,
    vault,
    sales,
    keyset: () => parts.keyset() ?? keyset,
    askForNews: parts.askForNews,
    onLine: parts.onLine,
    claims: { ledger, surroundings, round: parts.askServer },
    loose,
    takeCode: parts.takeCode,
    recordRefusal: parts.recordRefusal,
  };
  let loading: Promise<Counter> | null = null;
  const counter = (): Promise<Counter> => {
    loading ??= import("./counter.ts").then(({ Counter: Loaded }) => new Loaded(counterParts));
    return loading;
  };
  const openedAtMs = surroundings.monotonicMs();
  let openingPads: Promise<PadDesk> | null = null;
  const pads = (): Promise<PadDesk> => {
    openingPads ??= import("./pad-desk.ts").then(({ PadDesk: Loaded }) => {
      const { operatorIn, present, takeCode, recordRefusal: refuse } = parts;
      const results = { operatorIn, present, takeCode, refuse };
      return new Loaded({ ...counterParts, ledger, surroundings, results, openedAtMs });
    });
    return openingPads;
  };
  if (!(await db.head.get("head"))) {
    const begun = await ledger.append({ body: () => ({ kind: "genesis" }) });
    // Any other first entry would make this journal one that no server can verify.
    if (!begun.ok) throw new Error(`engine: the journal could not be begun: ${begun.refusal.code}`);
  }
  await ledger.layReserve();
  return { identity, time, ledger, mirror, recovered, counter, sales, pads, loose, keyset };
}
