import type { Message } from "#ui/components/message-line.tsx";
import { joinSentence, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { nowMs } from "./clock-now.ts";
import type { Flow } from "./flow.ts";

/** The refusal the engine gave the last press, as a sentence for the message line; null when it gave none. */
export function noticeMessage(flow: Flow, currency: string): Message | null {
  const refusal = flow.notice.value;
  if (refusal === null) return null;
  return { tone: "refused", text: joinSentence(sayRefusal(refusal, currency, nowMs.value)) };
}
