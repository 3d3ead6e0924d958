import type { HttpBindings } from "@hono/node-server";
import type { Role } from "../db/control-tables.ts";

/** Who asks: a signed-in user as a member of one merchant. */
export interface Member {
  readonly userId: string;
  readonly email: string;
  readonly merchantId: Uint8Array<ArrayBuffer>;
  readonly role: Role;
  readonly sessionId: string;
}

/** What handlers find in their context. `member` is there only behind `requireMember`. */
export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: { requestId: string; clientAddress: string; member: Member };
}
