// A disk whose power can be cut (Linux, root): an ext4 in a file, mounted through a loop device.
//
// Three places hold what a program has written:
//   1. the page cache of the ext4 that is mounted here: dirty pages, lost when the power goes;
//   2. the loop device: what ext4 has handed down, by fsync or by write-back;
//   3. the file behind the device. The loop driver writes to it through its file system; whether that has
//      reached a platter is of no interest, because this machine keeps its power.
// Copying the FILE (3) reads everything that was handed down to the device (2) and nothing that is still
// above it (1): exactly what a tablet finds after its power was cut. `sync` or `fsfreeze` would write the
// dirty pages down first, and so save what a power cut loses; neither may be called. The file lies in memory
// (tmpfs), because a copy must be quick: the kernel goes on writing dirty pages down while programs stand
// still. A copy during which the device was written to is no moment that ever was: it is taken again, known
// by the device's own counters.
//
// Kinder than a real disk in one way: a device without a volatile cache is modelled, so what was written down
// without a flush counts as kept.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { atTheEnd } from "./processes.ts";

export interface LoopDisk {
  /** Where it is mounted; a cut and a new start leave it where it was. */
  readonly place: string;
  /** Copies what has reached the device by now. Whoever writes must stand still. */
  copy(): void;
  /** The original goes, its copy is mounted in its place (ext4 plays its journal back, as after a cut). */
  comeBackAsCopy(): void;
  remove(): void;
}

/** Tries to copy at a moment at which nobody writes; write-back takes a breath every few ms. */
const copyTries = 200;

/** True where power can be cut: Linux, root, a loop device to be had. */
export function canCutPower(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0 && existsSync("/dev/loop-control");
}

export function makeLoopDisk(folder: string, label: string, megabytes: number): LoopDisk {
  const memory = existsSync("/dev/shm") ? "/dev/shm" : folder;
  const file = join(memory, `${basename(folder)}-${label}.ext4`);
  const copied = `${file}.copy`;
  const place = join(folder, label);
  mkdirSync(place);
  run("truncate", ["-s", `${megabytes}M`, file]);
  run("mkfs.ext4", ["-q", "-F", file]);
  let device = mount(file, place);
  const remove = (): void => {
    unmount(device, place);
    rmSync(file, { force: true });
    rmSync(copied, { force: true });
  };
  // Killed half-way, the program would leave its loop devices to the machine.
  const removed = atTheEnd(remove);
  return {
    place,
    copy() {
      for (let tries = 1; ; tries += 1) {
        const before = writesOf(device);
        run("cp", ["--sparse=auto", file, copied]);
        const after = writesOf(device);
        if (before === after && !after.endsWith(" flying")) return;
        if (tries === copyTries) throw new Error(`${label}: no quiet moment to copy the disk in`);
      }
    },
    comeBackAsCopy() {
      unmount(device, place);
      renameSync(copied, file);
      device = mount(file, place);
    },
    remove() {
      removed();
      remove();
    },
  };
}

/** Write requests that have reached the device, and whether one is on its way. */
function writesOf(device: string): string {
  const stat = readFileSync(`/sys/block/${basename(device)}/stat`, "utf8")
    .trim()
    .split(/\s+/u);
  return `${stat[4]}${Number(stat[8]) > 0 ? " flying" : ""}`;
}

function mount(file: string, place: string): string {
  const device = run("losetup", ["--find", "--show", file]).trim();
  run("mount", ["-t", "ext4", device, place]);
  return device;
}

function unmount(device: string, place: string): void {
  // Lazily: a killed program's last file may be a moment in going.
  run("umount", ["-l", place]);
  run("losetup", ["--detach", device]);
}

function run(command: string, args: readonly string[]): string {
  const done = spawnSync(command, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${done.stderr}`);
  return done.stdout;
}
