import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sameBytes, randomBytes } from "../../../src/protocol/bytes.ts";
import { exportPublicKey, newSigningPair } from "../../../src/protocol/crypto.ts";
import {
  compareDigits,
  decodeEnrolAnswer,
  encodeEnrolRequest,
  openEnrolAnswer,
  proveEnrolment,
  readActivation,
  type ActivationCode,
} from "../../../src/protocol/enrolment.ts";
import type { ActivationAnswer, Page, SaleListRow, TillRow } from "../../../src/protocol/office-api.ts";
import { HeadlessTill, openNeighbour, openShop, type Shop } from "../headless-till.ts";
import { ORIGIN } from "../services.ts";

/** A tablet's keys, and what it sends with them. */
async function tablet(code: ActivationCode, nonce = randomBytes(16)) {
  const device = await newSigningPair(false);
  const vault = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const request = {
    locator: code.locator,
    deviceKey: await exportPublicKey(device.publicKey),
    vaultKey: await exportPublicKey(vault.publicKey),
    nonce,
  };
  return {
    device,
    request,
    body: encodeEnrolRequest(await proveEnrolment(code, device.privateKey, request)),
  };
}

describe("enrolment: ten minutes, one tablet, five wrong proofs (PROTOCOL §3)", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  const activate = (till: string): Promise<ActivationAnswer> =>
    shop.ask<ActivationAnswer>("POST", `/api/office/tills/${till}/activation`);
  const read = (text: string): ActivationCode => {
    const code = readActivation(text);
    if (!code) throw new Error("the activation code reads");
    return code;
  };
  // The door counts misses by address; each of these tests is another tablet somewhere else.
  let places = 0;
  beforeEach(() => {
    places++;
  });
  const post = async (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    await shop.server.app.request(
      `${ORIGIN}/api/till/enrol`,
      { method: "POST", headers: { "content-type": "application/cbor" }, body },
      { incoming: { socket: { remoteAddress: `192.0.2.${places}` } } },
    );
  const refusal = async (response: Response): Promise<string> =>
    response.ok ? "enrolled" : ((await response.json()) as { error: { code: string } }).error.code;
  const wrongly = (code: ActivationCode): ActivationCode => ({
    ...code,
    secret: randomBytes(code.secret.length),
  });

  it("same keys get the same certificate, with another nonce and after ten minutes too", async () => {
    const code = read((await activate(await shop.addTill("again"))).qrText);
    const { device, request, body } = await tablet(code);
    const first = decodeEnrolAnswer(new Uint8Array(await (await post(body)).arrayBuffer()));
    const second = decodeEnrolAnswer(new Uint8Array(await (await post(body)).arrayBuffer()));
    shop.server.clock.ms += 11 * 60_000;
    const other = { ...request, nonce: randomBytes(16) };
    const retried = encodeEnrolRequest(await proveEnrolment(code, device.privateKey, other));
    const third = decodeEnrolAnswer(new Uint8Array(await (await post(retried)).arrayBuffer()));
    if (!first || !second || !third) throw new Error("all three are answered");
    expect(sameBytes(first.certificateBytes, second.certificateBytes)).toBe(true);
    expect(sameBytes(first.certificateBytes, third.certificateBytes)).toBe(true);
    expect(await openEnrolAnswer(code, request, second)).toMatchObject({ epoch: 1 });
    expect(await openEnrolAnswer(code, other, third)).toMatchObject({ epoch: 1 });
  });

  it("a second tablet with the same code is refused as «used», with the right proof too", async () => {
    const code = read((await activate(await shop.addTill("used"))).qrText);
    expect(await refusal(await post((await tablet(code)).body))).toBe("enrolled");
    expect(await refusal(await post((await tablet(code)).body))).toBe("activation-used");
  });

  it("a recorded request with the attacker's own device key put in has no proof", async () => {
    const code = read((await activate(await shop.addTill("swap"))).qrText);
    const honest = await tablet(code);
    const attacker = await newSigningPair(false);
    const swapped = { ...honest.request, deviceKey: await exportPublicKey(attacker.publicKey) };
    const forged = encodeEnrolRequest(await proveEnrolment(wrongly(code), attacker.privateKey, swapped));
    expect(await refusal(await post(forged))).toBe("activation-mistyped");
    expect(await refusal(await post(honest.body))).toBe("enrolled");
  });

  it("the fifth wrong proof kills the code: the right one comes too late", async () => {
    const code = read((await activate(await shop.addTill("killed"))).qrText);
    const seen: string[] = [];
    for (let n = 0; n < 5; n++) seen.push(await refusal(await post((await tablet(wrongly(code))).body)));
    expect(seen).toEqual([...Array<string>(4).fill("activation-mistyped"), "activation-killed"]);
    expect(await refusal(await post((await tablet(code)).body))).toBe("activation-killed");
  });

  it("the tenth minute's last millisecond is in time, the next is expired", async () => {
    const [inTime, late] = [await shop.addTill("in time"), await shop.addTill("late")];
    const codes = [read((await activate(inTime)).qrText), read((await activate(late)).qrText)] as const;
    shop.server.clock.ms += 10 * 60_000 - 1;
    expect(await refusal(await post((await tablet(codes[0])).body))).toBe("enrolled");
    shop.server.clock.ms += 1;
    expect(await refusal(await post((await tablet(codes[1])).body))).toBe("activation-expired");
  });

  it("a newer code kills the older one of the till; an unknown locator is «unknown»", async () => {
    const till = await shop.addTill("newer");
    const older = read((await activate(till)).qrText);
    const newer = read((await activate(till)).qrText);
    expect(await refusal(await post((await tablet(older)).body))).toBe("activation-killed");
    expect(await refusal(await post((await tablet({ ...newer, locator: "ZZZZ" })).body))).toBe(
      "activation-unknown",
    );
    expect(await refusal(await post((await tablet(newer)).body))).toBe("enrolled");
  });

  it("bytes that are no request are refused, and count for nobody's code", async () => {
    expect(await refusal(await post(new Uint8Array([0xf6])))).toBe("activation-mistyped");
  });

  it("a typed code waits for «same»: digits match, no codes or secrets until then", async () => {
    const tillId = await shop.addTill("typed");
    const code = await shop.issue({ password: { mode: "generate" } });
    const { typedCode } = await activate(tillId);
    const enrolled = await HeadlessTill.enrol(shop.wire, typedCode.toLowerCase(), () => shop.server.clock.ms);
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const till = enrolled.value;
    const row = async (): Promise<TillRow | undefined> =>
      (await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills")).rows.find(
        (each) => each.id === tillId,
      );
    expect(await row()).toMatchObject({
      state: "comparing",
      compareDigits: await compareDigits(till.certificateBytes),
    });
    expect(await till.hello()).toMatchObject({ result: "ok", detail: { kind: "pending" } });
    await till.pull();
    expect([...till.told.keys()].toSorted()).toEqual(["shop"]);
    await till.sellCash(100);
    await till.deliver();
    const booked = async (): Promise<readonly number[]> => {
      const { rows } = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
      return rows.filter((sale) => sale.tillName === "typed").map((sale) => sale.amountMinor);
    };
    // Receipted, so that the tablet's queue drains; in the books once the owner knows whose it is.
    expect(await booked()).toEqual([]);
    await till.sellCash(200);
    expect(
      await shop.ask<TillRow>("POST", `/api/office/tills/${tillId}/compare`, { same: true }),
    ).toMatchObject({
      state: "active",
      compareDigits: null,
    });
    expect(await booked()).toEqual([100]);
    expect(await till.hello()).toMatchObject({ result: "ok", detail: { kind: "none" } });
    await till.deliver();
    expect(await booked()).toEqual([200, 100]);
    await till.pull();
    expect(till.siteKeys.size).toBeGreaterThanOrEqual(3);
    expect([...till.told.values()].some((change) => change.type === "code")).toBe(true);
    expect(code.state).toBe("issued");
  });

  it("«not the same»: the tablet never was the till, and what it sends is set apart", async () => {
    const tillId = await shop.addTill("not same");
    const { typedCode } = await activate(tillId);
    const enrolled = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    await enrolled.value.hello();
    await enrolled.value.sellCash(4000);
    await enrolled.value.deliver();
    await enrolled.value.sellCash(5000);
    expect(
      await shop.ask<TillRow>("POST", `/api/office/tills/${tillId}/compare`, { same: false }),
    ).toMatchObject({
      state: "new",
    });
    expect(await enrolled.value.push()).toMatchObject({ result: "quarantined", seq: 1 });
    const sales = await shop.server.services.db
      .selectFrom("books.sales")
      .select("seq")
      .where("till_id", "=", enrolled.value.certificate.till)
      .execute();
    expect(sales).toEqual([]);
  });

  it("G2: another shop's till can be neither activated, compared, revoked nor seen", async () => {
    const neighbour = await openNeighbour(shop);
    const [theirs = ""] = await neighbour.tillIds();
    for (const [method, path, body] of [
      ["POST", `/api/office/tills/${theirs}/activation`, undefined],
      ["POST", `/api/office/tills/${theirs}/compare`, { same: true }],
      ["POST", `/api/office/tills/${theirs}/revoke`, undefined],
    ] as const) {
      expect(await shop.refusal(method, path, body)).toEqual([404, "not-found"]);
    }
    expect(await shop.tillIds()).not.toContain(theirs);
  });

  it("no secret of an activation stands in the log or, as text, in the database", async () => {
    const { typedCode, qrText } = await activate(await shop.addTill("quiet"));
    const dump = JSON.stringify(
      await shop.server.services.db.selectFrom("control.audit_log").selectAll().execute(),
    );
    for (const text of [typedCode, typedCode.replaceAll("-", ""), qrText]) {
      expect(shop.server.logged.join("")).not.toContain(text);
      expect(dump).not.toContain(text);
    }
  });

  it("guessing at the door is told to wait", async () => {
    const code = read((await activate(await shop.addTill("door"))).qrText);
    const seen: string[] = [];
    for (let n = 0; n < 15; n++)
      seen.push(await refusal(await post((await tablet({ ...code, locator: "ZZZZ" })).body)));
    expect(seen).toContain("too-many-tries");
  });
});
