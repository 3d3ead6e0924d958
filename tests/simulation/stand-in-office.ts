import { toHex } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/entry-bodies.ts";
import { DIGITS_POLICY, StandInServer, type KnownTill } from "../engine/stand-in-server.ts";
import { quickArgon2 } from "../engine/tablet.ts";
import type { Office, OfficeBooks } from "./office.ts";

/** A shop on the stand-in server: no database, so that a machine runs many schedules. */
export async function openStandInOffice(nowMs: () => number): Promise<Office> {
  const server = await StandInServer.open(nowMs, quickArgon2);
  const tillOf = (id: string): KnownTill => {
    const till = server.tills.find((one) => toHex(one.id) === id);
    if (!till) throw new Error("stand-in: no such till");
    return till;
  };
  return {
    argon2: quickArgon2,
    send: (path, init) => server.fetch(path, init),
    expectTill: async (name) => {
      const { till, scanned } = await server.expectTill(name);
      return { id: toHex(till.id), activation: scanned };
    },
    issue: ({ amountMinor, kind, password, till }) =>
      server.issue({ amountMinor, kind, lease: tillOf(till), ...(password === null ? {} : { password }) }),
    revokeCode: async (cti) => {
      if (!server.claims.has(cti)) server.revoke(cti);
    },
    savePolicy: async (validDays) =>
      server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays } }),
    revokeTill: async (id) => server.setRevoked(tillOf(id), true),
    restart: async () => server.forgetTokens(),
    headSeq: async (id) => tillOf(id).entries.at(-1)?.seq ?? -1,
    books: async () => booksOf(server),
  };
}

function booksOf(server: StandInServer): OfficeBooks {
  const arrivals = new Map(server.arrivals.map(({ till, seq }, at) => [`${till}:${seq}`, at]));
  const entries = server.tills.flatMap((till) =>
    till.entries.map(({ seq, hash }) => {
      const id = toHex(till.id);
      return { till: id, seq, hash: toHex(hash), arrival: arrivals.get(`${id}:${seq}`) ?? -1 };
    }),
  );
  return {
    entries,
    quarantined: new Set(server.tills.flatMap((till) => [...till.quarantined.keys()])),
    salesMinor: new Map(server.tills.map((till) => [toHex(till.id), salesOf(till)])),
    claims: new Map([...server.claims].map(([cti, { till, seq }]) => [cti, { till: toHex(till), seq }])),
    losses: server.losses,
    found: new Set(server.tills.filter((till) => till.state === "frozen").map((till) => toHex(till.id))),
  };
}

function salesOf(till: KnownTill): number {
  return till.entries.reduce((sum, { signed }) => {
    const entry = decodeEntry(signed.bytes);
    const body = entry && decodeTillBody(entry.kind, entry.body);
    return body?.kind === "sale" ? sum + body.totalMinor : sum;
  }, 0);
}
