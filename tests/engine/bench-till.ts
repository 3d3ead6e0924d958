import { toHex } from "#protocol/bytes.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import type { HandedCode } from "./handed-code.ts";
import { StandInServer, type KnownTill } from "./stand-in-server.ts";
import { quickArgon2, Tablet, WorldClock } from "./tablet.ts";

export { PIN, quickArgon2, realArgon2 } from "./tablet.ts";

export interface BenchWish {
  readonly argon2?: Argon2;
  readonly server?: StandInServer;
  readonly world?: WorldClock;
  readonly name?: string;
}

/** A tablet beside a server that is made of protocol functions. */
export class BenchTill extends Tablet {
  readonly server: StandInServer;
  readonly known: KnownTill;
  readonly typed: string;
  readonly scanned: string;

  private constructor(
    world: WorldClock,
    server: StandInServer,
    argon2: Argon2,
    expected: Awaited<ReturnType<StandInServer["expectTill"]>>,
  ) {
    super({ world, argon2, send: (path, init) => server.fetch(path, init) });
    this.server = server;
    this.known = expected.till;
    this.typed = expected.typed;
    this.scanned = expected.scanned;
  }

  /** A tablet fresh from its box, with an activation code waiting for it. */
  static async unboxed(wish: BenchWish = {}): Promise<BenchTill> {
    const world = wish.world ?? new WorldClock();
    const argon2 = wish.argon2 ?? quickArgon2;
    const server = wish.server ?? (await StandInServer.open(() => world.ms, argon2));
    const till = new BenchTill(world, server, argon2, await server.expectTill(wish.name));
    await till.start();
    return till;
  }

  /** Enrolled by QR, a PIN set, the operator in, everything delivered. */
  static async ready(wish: BenchWish = {}): Promise<BenchTill> {
    const till = await BenchTill.unboxed(wish);
    const enrolled = await till.engine.enrol({ text: till.scanned });
    if (!enrolled.ok) throw new Error(`bench: ${enrolled.refusal.code}`);
    await till.setPin();
    await till.deliver();
    return till;
  }

  override get operatorId(): string {
    return toHex(this.server.operator);
  }

  /** A code of the office that has reached this till's lists. */
  async handed(...[wish]: Parameters<StandInServer["issue"]>): Promise<HandedCode> {
    const code = await this.server.issue(wish ?? { lease: this.known });
    await this.deliver();
    return code;
  }
}
