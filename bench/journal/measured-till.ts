import { openMirrorFile, type MirrorFile } from "#engine/mirror.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { toHex } from "#protocol/bytes.ts";
import { StandInServer } from "../../tests/engine/stand-in-server.ts";
import { MemoryMirror, quickArgon2, Tablet, WorldClock } from "../../tests/engine/tablet.ts";

/** The second copy where a till has it: in the origin private file system, flushed with every entry. */
class DiskMirror extends MemoryMirror {
  readonly #opened: Promise<MirrorFile | null> = openMirrorFile("measured.guitai");

  async #file(): Promise<MirrorFile> {
    const file = await this.#opened;
    if (!file) throw new Error("this browser has no place for the second copy");
    return file;
  }

  override async append(bytes: Uint8Array): Promise<void> {
    await (await this.#file()).append(bytes);
  }

  override async readAll(): Promise<Bytes> {
    return (await this.#file()).readAll();
  }

  override async truncate(length: number): Promise<void> {
    await (await this.#file()).truncate(length);
  }
}

/** The till's own engine, ledger and storage in the browser; its server is made of protocol functions. */
export class MeasuredTill extends Tablet {
  override readonly mirror: MemoryMirror = new DiskMirror();
  readonly #operator: Bytes;

  private constructor(world: WorldClock, server: StandInServer, databaseName: string) {
    super({ world, argon2: quickArgon2, send: (path, init) => server.fetch(path, init), databaseName });
    this.#operator = server.operator;
  }

  override get operatorId(): string {
    return toHex(this.#operator);
  }

  /** Enrolled, delivered, the operator in: the keypad waits for a sum. */
  static async ready(databaseName: string): Promise<MeasuredTill> {
    const world = new WorldClock();
    const server = await StandInServer.open(() => world.ms, quickArgon2);
    const { scanned } = await server.expectTill();
    const till = new MeasuredTill(world, server, databaseName);
    await till.start();
    const enrolled = await till.engine.enrol({ text: scanned });
    if (!enrolled.ok) throw new Error(`not enrolled: ${enrolled.refusal.code}`);
    await till.setPin();
    await till.deliver();
    return till;
  }
}
