import { describe, expect, it } from "vitest";
import { BenchTill } from "./bench-till.ts";

describe("enrolling a tablet (PROTOCOL §3)", () => {
  it("C4: a scanned code opens the till for its first PIN, with the shop's first settings there", async () => {
    const till = await BenchTill.unboxed();
    expect(till.view.phase).toBe("unenrolled");
    expect(await till.engine.enrol({ text: till.scanned })).toEqual({
      ok: true,
      value: { compareDigits: null },
    });
    expect(till.view.phase).toBe("needs-pin");
    expect(till.view.shopName).toBe("和平路早餐店");
    expect(till.view.operators).toEqual([
      { id: till.operatorId, name: "王芳", role: "owner", hasPin: false },
    ]);
    expect(till.view.settings.feedVersion).toBe(till.server.feed.length);
    expect((await till.bodies()).map((body) => body.kind)).toEqual(["genesis"]);
    expect(till.known.entries).toHaveLength(1);
  });

  it("C4: after a lost answer the very same request goes again and gets the same certificate", async () => {
    const till = await BenchTill.unboxed();
    till.network.next("answer-lost", /enrol/u);
    const lost = await till.engine.enrol({ text: till.scanned });
    expect(lost).toEqual({ ok: false, refusal: { code: "server-unreachable" } });
    await till.restart();
    expect(till.view.phase).toBe("unenrolled");
    expect(await till.engine.enrol({ text: till.scanned })).toEqual({
      ok: true,
      value: { compareDigits: null },
    });
    expect(till.view.phase).toBe("needs-pin");
  });

  it("C4: the pending keys are on disk before the request leaves", async () => {
    const till = await BenchTill.unboxed();
    let pendingWhenSent = false;
    till.network.hold = async (path) => {
      if (path.endsWith("/enrol")) pendingWhenSent = (await till.db.pendingEnrolment()) !== null;
    };
    await till.engine.enrol({ text: till.typed });
    expect(pendingWhenSent).toBe(true);
    expect(await till.db.pendingEnrolment()).toBeNull();
  });

  it("C4: the device key cannot be exported", async () => {
    const till = await BenchTill.ready();
    const identity = await till.db.enrolled();
    expect(identity?.devicePrivate.extractable).toBe(false);
  });

  it("C4: a server that does not know the secret is not believed, and nothing of it is kept", async () => {
    const till = await BenchTill.unboxed();
    const other = await BenchTill.unboxed();
    other.known.activation = { ...other.known.activation, locator: till.known.activation.locator };
    till.network.hold = async () => undefined;
    const { scannedSecret } = till.known.activation;
    // The stranger has the locator and, by a leak, the secret: but not the root that the QR pins.
    other.known.activation = { ...other.known.activation, scannedSecret };
    till.network.next("request-lost", /never/u);
    const stranger = await BenchTill.unboxed({ server: other.server });
    expect(await stranger.engine.enrol({ text: till.scanned })).toEqual({
      ok: false,
      refusal: { code: "server-not-genuine" },
    });
    expect(await stranger.db.enrolled()).toBeNull();
  });

  it("C4: a mistyped code is refused here, an unknown and a used one by the server", async () => {
    const till = await BenchTill.ready();
    const second = await BenchTill.unboxed({ server: till.server, world: till.world });
    expect(await second.engine.enrol({ text: "AB12" })).toMatchObject({
      refusal: { code: "activation-mistyped" },
    });
    expect(await second.engine.enrol({ text: "ZZZZ-ZZZZ-ZZZZ" })).toMatchObject({
      refusal: { code: "activation-unknown" },
    });
    expect(await second.engine.enrol({ text: till.scanned })).toMatchObject({
      refusal: { code: "activation-used" },
    });
    expect(await till.engine.enrol({ text: till.scanned })).toMatchObject({
      refusal: { code: "already-enrolled" },
    });
  });

  it("C4: a typed code compares digits on both screens until the owner says «same»", async () => {
    const till = await BenchTill.unboxed();
    const enrolled = await till.engine.enrol({ text: till.typed.toLowerCase().replaceAll("-", " ") });
    expect(enrolled).toMatchObject({ ok: true });
    expect(till.view.phase).toBe("comparing");
    expect(till.view.compareDigits).toMatch(/^\d{6}$/u);
    await till.deliver();
    expect(till.view.phase).toBe("comparing");
    expect(till.view.compareDigits).toMatch(/^\d{6}$/u);
    await till.restart();
    expect(till.view.compareDigits).toMatch(/^\d{6}$/u);
    await till.server.confirm(till.known);
    await till.deliver();
    expect(till.view.phase).toBe("needs-pin");
    expect(till.view.compareDigits).toBeNull();
  });

  it("C4: killed between certificate and first entry, the next start writes the genesis", async () => {
    const till = await BenchTill.unboxed();
    await till.engine.enrol({ text: till.scanned });
    await till.db.journal.clear();
    await till.db.head.clear();
    await till.restart();
    expect((await till.bodies()).map((body) => body.kind)).toEqual(["genesis"]);
    expect(await till.brokenAt()).toBeNull();
  });
});
