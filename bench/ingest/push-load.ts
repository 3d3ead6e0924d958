// Sends what the tills hold, as they would: one push in flight a till, all tills at once, over kept-alive
// connections to a real server.
import { Agent, request } from "node:http";
import { decodeAnswer, decodeSignedAnswer } from "#protocol/push.ts";
import { CBOR_TYPE, TILL_API } from "#protocol/till-api.ts";
import type { TillQueue } from "./shop-of-tills.ts";

/** Pushes everything and answers the seconds it took. Throws when a push is not receipted as `ok`. */
export async function pushAll(url: string, queues: readonly TillQueue[]): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: queues.length });
  const startedMs = performance.now();
  try {
    await Promise.all(
      queues.map(async ({ token, bodies }) => {
        for (const body of bodies) {
          const answer = await post(agent, `${url}${TILL_API.push}`, token, body);
          const signed = decodeSignedAnswer(answer);
          const result = signed && decodeAnswer(signed.bytes)?.result;
          if (result !== "ok") throw new Error(`ingest: a push was answered ${result ?? "unreadably"}`);
        }
      }),
    );
    return (performance.now() - startedMs) / 1000;
  } finally {
    agent.destroy();
  }
}

function post(agent: Agent, url: string, token: string, body: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": CBOR_TYPE,
      "content-length": body.length,
      authorization: `Bearer ${token}`,
    };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const bytes = new Uint8Array(Buffer.concat(chunks));
        if (response.statusCode === 200) resolve(bytes);
        else reject(new Error(`ingest: status ${response.statusCode}: ${new TextDecoder().decode(bytes)}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
