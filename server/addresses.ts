// Where people find the server.
import { networkInterfaces } from "node:os";
import { isHttps } from "./config.ts";
import type { Config } from "./config.ts";

/** The address for links: PUBLIC_URL, else this machine's own name. */
export function mainAddress(config: Config): string {
  if (config.publicUrl !== null) return config.publicUrl;
  const wild = config.host === "0.0.0.0" || config.host === "::";
  return originOf(config, wild ? "localhost" : config.host);
}

/** Every address a browser may use, the main one first. */
export function allAddresses(config: Config): readonly string[] {
  const found = [mainAddress(config)];
  if (config.host === "0.0.0.0" || config.host === "::") {
    found.push(originOf(config, "localhost"));
    for (const each of Object.values(networkInterfaces()).flatMap((list) => list ?? [])) {
      if (!each.internal && each.family === "IPv4") found.push(originOf(config, each.address));
    }
  }
  return [...new Set(found)];
}

function originOf(config: Config, host: string): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return `${config.tls === null ? "http" : "https"}://${name}:${config.port}`;
}

/** True when tablets in the shop have an address on which camera and offline pages work. */
export function hasSecureAddress(config: Config): boolean {
  return isHttps(config);
}
