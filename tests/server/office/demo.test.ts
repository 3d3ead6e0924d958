import { expect, it } from "vitest";
import { openDemo } from "../../../server/demo.ts";
import { openPages } from "../../../server/http/pages.ts";
import { decodeEntry } from "../../../src/protocol/entry.ts";
import type { CodeRow, Me, Page, SaleListRow, TillRow } from "../../../src/protocol/office-api.ts";
import { cookieOf, testServer } from "../services.ts";

it("--demo: 2 tills, 20 pushed sales, a code in each state; a second start changes nothing", async () => {
  const server = await testServer({ demo: true });
  const pages = openPages(server.services.config.dataDir);
  const first = await openDemo(server.services, pages);
  const signedIn = await server.send("POST", "/api/auth/sign-in/email", first);
  const headers = { cookie: cookieOf(signedIn) };
  const ask = async <T>(path: string): Promise<T> =>
    (await (await server.send("GET", path, undefined, headers)).json()) as T;
  const look = async () => ({
    me: await ask<Me>("/api/office/me"),
    codes: (await ask<Page<CodeRow>>("/api/office/codes")).rows,
    tills: (await ask<{ rows: TillRow[] }>("/api/office/tills")).rows,
    sales: (await ask<Page<SaleListRow>>("/api/office/sales")).rows,
  });
  const shown = await look();
  expect(shown.me).toMatchObject({ demo: true, role: "owner" });
  expect(shown.codes.map((code) => code.state).toSorted()).toEqual([
    "expired",
    "issued",
    "not-yet-valid",
    "revoked",
    "spent",
  ]);
  expect(shown.tills.map((till) => till.state)).toEqual(["active", "active"]);
  expect(shown.tills.map((till) => till.name)).toEqual(["1号机", "2号机"]);
  expect(shown.sales).toHaveLength(20);
  const entries = await server.services.db
    .selectFrom("books.entries")
    .select("bytes")
    .where("kind", "=", "sale")
    .execute();
  expect(entries.map((row) => decodeEntry(row.bytes)?.kind)).toEqual(Array<string>(20).fill("sale"));
  expect(await openDemo(server.services, pages)).toEqual(first);
  expect(await look()).toEqual(shown);
  expect(server.logged.join("")).not.toContain(first.password);
  await server.close();
});
