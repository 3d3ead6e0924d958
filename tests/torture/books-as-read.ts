// What stands in PostgreSQL, read past the server.
import { Client } from "pg";

export interface StoredEntry {
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
  readonly bytes: string;
  readonly arrival: number;
}

export interface BooksAsRead {
  /** Entries of the till after `fromSeq` of its present epoch, and all of other epochs, in order. */
  readonly entries: readonly StoredEntry[];
  /** How many stand up to `fromSeq` of the present epoch. */
  readonly before: number;
  /** Sales booked from the till by epoch. */
  readonly booked: ReadonlyMap<number, { readonly count: number; readonly sumMinor: number }>;
  /** Sales by their own id (hex) that are booked more than once. */
  readonly bookedTwice: readonly string[];
  /** Codes that funded more than one sale. */
  readonly fundedTwice: readonly string[];
  readonly outcomes: number;
  readonly quarantined: number;
  /** What the server holds against the till: fork, damaged … */
  readonly findings: readonly string[];
  readonly states: readonly string[];
}

/** Reads the books of the only till of a shop. */
export async function readBooks(
  databaseUrl: string,
  tillHex: string,
  epoch: number,
  fromSeq: number,
): Promise<BooksAsRead> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  const till = Buffer.from(tillHex, "hex");
  const rows = async <T>(text: string, values: unknown[] = [till]): Promise<readonly T[]> =>
    (await client.query(text, values)).rows as readonly T[];
  try {
    // One moment for everything: late copies may still be arriving.
    await client.query("begin isolation level repeatable read read only");
    const entries = await rows<{ epoch: number; seq: string; hash: Buffer; bytes: Buffer; arrival: string }>(
      `select epoch, seq, hash, bytes, arrival from books.entries
        where till_id = $1 and (epoch <> $2 or seq > $3) order by epoch, seq`,
      [till, epoch, fromSeq],
    );
    const before = await rows<{ count: string }>(
      "select count(*) from books.entries where till_id = $1 and epoch = $2 and seq <= $3",
      [till, epoch, fromSeq],
    );
    const booked = await rows<{ epoch: number; count: string; sum: string }>(
      "select epoch, count(*), sum(total_minor) from books.sales where till_id = $1 group by epoch",
    );
    const twice = await rows<{ id: string }>(
      `select encode(sale_id, 'hex') as id from books.sales where till_id = $1
        group by sale_id having count(*) > 1`,
    );
    const funded = await rows<{ id: string }>(
      `select encode(cti, 'hex') as id from books.sale_tenders where till_id = $1 and cti is not null
        group by cti having count(*) > 1`,
    );
    const outcomes = await rows<{ count: string }>("select count(*) from books.outcomes where till_id = $1");
    const quarantined = await rows<{ count: string }>(
      "select count(*) from books.quarantined where till_id = $1",
    );
    const findings = await rows<{ kind: string }>("select kind from books.findings where till_id = $1");
    const states = await rows<{ state: string }>(
      "select state from books.till_epochs where till_id = $1 order by epoch",
    );
    return {
      entries: entries.map((row) => ({
        epoch: row.epoch,
        seq: Number(row.seq),
        hash: row.hash.toString("hex"),
        bytes: row.bytes.toString("hex"),
        arrival: Number(row.arrival),
      })),
      before: Number(before[0]?.count),
      booked: new Map(
        booked.map((row) => [row.epoch, { count: Number(row.count), sumMinor: Number(row.sum) }]),
      ),
      bookedTwice: twice.map((row) => row.id),
      fundedTwice: funded.map((row) => row.id),
      outcomes: Number(outcomes[0]?.count),
      quarantined: Number(quarantined[0]?.count),
      findings: findings.map((row) => row.kind),
      states: states.map((row) => row.state),
    };
  } finally {
    await client.end();
  }
}
