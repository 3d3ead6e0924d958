import type { SeveralTillsTexts } from "./office-several-tills-zh-cn.ts";

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

/** What the office says of one code at several tills, in English. */
export const severalTillsEn: SeveralTillsTexts = {
  policy: {
    section: "Several tills, one code",
    way: "Codes while the network is gone",
    ways: {
      leased: "One till holds each code",
      "online-only": "Always ask the server",
      "floor-limited": "Take them anyway, up to limits",
    },
    hints: {
      leased:
        "Each code belongs to one till, which takes it offline too; the others don’t until you move it. A code without a till is asked for by all.",
      "online-only":
        "Every till asks the server before it takes a code. Offline no code is taken; cash works.",
      "floor-limited":
        "The server is asked first; where it can’t be, codes are taken up to the limits. Two tills may take the same code, and the shop bears the difference.",
    },
    perCode: "Offline, at most per code",
    perTill: "Offline, at most per till",
    perTillHint: "Only the server’s receipt for what was uploaded frees it again.",
    hours: "Stop after so many hours without the server",
    hoursHint: "A till that has not heard from the server for longer needs it for every code.",
    worstNone: "Worst case: nothing is lost by a code used twice.",
    worst: (tills, limit, sum) =>
      `Worst case: ${counted(tills, "till", "tills")} × ${limit}, so one outage can cost up to ${sum}.`,
    worstSum: (sum) => `Worst case: one outage can cost up to ${sum}.`,
    worstHere: (tills, limit) => `${counted(tills, "till", "tills")} in service, up to ${limit} each`,
    worstAway: (tablets, limit) =>
      `${counted(tablets, "tablet", "tablets")} revoked or replaced and not heard of since, up to ${limit} each`,
    worstLeased: (sum) => `Codes leased to a replaced tablet that its successor can take too: ${sum}`,
    counted:
      "Counted: tills in service, and tablets that were revoked or replaced, have not heard of it, and may still be taking codes.",
    wrongHours: "Enter a whole number from 1 to 720.",
  },
  code: {
    section: "Which till can take it",
    free: "No till holds it; each asks the server first. Offline, the rule under Methods decides.",
    holder: (till) => `${till} holds it and takes it offline too.`,
    waiting: (till, since) =>
      `Waiting for ${till} to release it, since ${since}. It does so once online; until then only it can take the code.`,
    thenTo: (till) => `It goes to ${till} then.`,
    thenNobody: "No till holds it then.",
    stolen: (till) => `${till}’s tablet was stolen. Nobody can take this code until you decide.`,
    revoked: (till) =>
      `${till} is revoked and may still be selling offline. Once online it gives the code back.`,
    moveTo: "Move to",
    nobody: "No till",
    move: "Move",
    keep: "Don’t move it",
    freeNow: "Don’t wait, move now",
    freeAsk: (sum) => `That till may still take this code: you can lose up to ${sum}.`,
    freeYes: "Move now",
    freeNo: "Wait",
    inHand: (till, since) => `${till} has this code in hand since ${since}.`,
    release: "Free the code",
    releaseAsk: (till) => `If ${till} has taken it and not uploaded yet, another use is a code used twice.`,
    releaseYes: "Free it",
    releaseNo: "Wait",
  },
  double: {
    section: "Codes used twice",
    why: "Two tills took the same code. Both sales stand; the shop bears the second one.",
    total: (count, sum) => `${counted(count, "loss", "losses")}, ${sum} in all.`,
    code: "Code",
    tail: (digits) => `ends in ${digits}`,
    kept: "Counts",
    lost: "Lost",
    use: (till, when, sum) => `${till}, ${when}, ${sum}`,
    sum: "Loss",
  },
};
