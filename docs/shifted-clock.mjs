// Loaded into the server that the pictures are taken of (`node --import`): its clock stands as far back as
// the file in SHIFTED_CLOCK says, in milliseconds, so that a shop has a past before its pictures are taken.
import { readFileSync } from "node:fs";
import { ServerResponse } from "node:http";

const file = process.env["SHIFTED_CLOCK"];
const RealDate = globalThis.Date;
const lookEveryMs = 20;
let lookedMs = -Infinity;
let backMs = 0;

function nowMs() {
  if (file !== undefined && performance.now() - lookedMs > lookEveryMs) {
    lookedMs = performance.now();
    backMs = Number(readFileSync(file, "utf8"));
  }
  return RealDate.now() - backMs;
}

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(nowMs());
    else super(...given);
  }

  static now() {
    return nowMs();
  }
};

// Node writes the Date header from a clock of its own, and the office counts down by that header.
// oxlint-disable-next-line typescript/unbound-method -- always applied to the response it is called on
const { writeHead } = ServerResponse.prototype;
ServerResponse.prototype.writeHead = function writeHeadThen(...given) {
  if (!this.headersSent) this.setHeader("date", new Date().toUTCString());
  return writeHead.apply(this, given);
};
