// One JSON line an event. Lines carry codes and ids; a secret, a payment code, a name or an address never
// stands in one.
import type { Writable } from "node:stream";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes log lines. `event` is a kebab-case name that stays the same between versions. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

// The second fence: whoever adds a field by one of these names sees it withheld, and not a password in a
// file.
const withheld = /password|secret|token|cookie|authorization|recovery|pin$|^code(text)?$|email/iu;

/**
 * A log on a stream (standard output in production).
 * @param stream where lines go
 * @param nowMs the clock that stamps them
 */
export function createLog(stream: Writable, nowMs: () => number): Log {
  const write = (level: string, event: string, fields: LogFields = {}): void => {
    const line: Record<string, unknown> = { at: new Date(nowMs()).toISOString(), level, event };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) line[name] = withheld.test(name) ? "[withheld]" : value;
    }
    stream.write(`${JSON.stringify(line)}\n`);
  };
  return {
    info: (event, fields) => write("info", event, fields),
    warn: (event, fields) => write("warn", event, fields),
    error: (event, fields) => write("error", event, fields),
  };
}

/** What a log may say of an unknown fault: its name, its code and where it was thrown, never its message. */
export function faultFields(fault: unknown): LogFields {
  if (!(fault instanceof Error)) return { fault: typeof fault };
  const { code } = fault as { code?: unknown };
  // Database and parser messages repeat the values they choked on, so the message stays out of the log.
  const frames = (fault.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  return {
    fault: fault.name,
    ...(typeof code === "string" ? { faultCode: code } : {}),
    where: frames
      .slice(0, 6)
      .map((line) => line.trim())
      .join(" < "),
  };
}
