import type { OpenOffice } from "./office.ts";
export async function openHouse(): Promise<{ openOffice: OpenOffice; close(): Promise<void> }> {
  throw new Error("not yet");
}
