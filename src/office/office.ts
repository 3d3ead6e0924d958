import { signal, type Signal } from "@preact/signals";
import { type ComponentChildren, createContext } from "preact";
import { useContext } from "preact/hooks";
import { formatMoney } from "#domain/money.ts";
import type { IssuedCode, Me } from "#protocol/office-api.ts";
import { language } from "#ui/language.ts";
import { formatClock, formatDay, formatMoment, formatWait } from "#ui/text-format.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { type OfficeProblem, sayOfficeProblem } from "#ui/texts/office-problem.ts";
import type { OfficeApi } from "./api.ts";
import type { FirstRun } from "./first-run.ts";
import type { Live } from "./live.ts";
import type { Router } from "./router.ts";

/**
 * Who sits at this screen. `ended`: the sign-in ran out while pages were open; what is filled in there is
 * kept.
 */
export type Account =
  | { readonly state: "asking" }
  | { readonly state: "unreachable"; readonly problem: OfficeProblem }
  | { readonly state: "signed-out" }
  | { readonly state: "signed-in"; readonly me: Me }
  | { readonly state: "ended"; readonly me: Me };

/** What every page of the office can reach. */
export interface Office {
  readonly api: OfficeApi;
  readonly live: Live;
  readonly router: Router;
  readonly account: Signal<Account>;
  readonly firstRun: Signal<FirstRun | null>;
  /** The code just issued, with the password that is shown once; gone when the page is left. */
  readonly issued: Signal<IssuedCode | null>;
  readonly sheets: PrintSheets;
}

/** What the printer gets instead of the screen: a job in hand, else what the open page has ready. */
export interface PrintSheets {
  readonly ofPage: Signal<ComponentChildren>;
  readonly job: Signal<ComponentChildren>;
}

/** Nothing to print. */
export function noSheets(): PrintSheets {
  return { ofPage: signal<ComponentChildren>(null), job: signal<ComponentChildren>(null) };
}

export const OfficeContext: ReturnType<typeof createContext<Office | null>> = createContext<Office | null>(
  null,
);

/** The office around this component. Throws outside of one. */
export function useOffice(): Office {
  const office = useContext(OfficeContext);
  if (!office) throw new Error("a page of the office stands outside of it");
  return office;
}

/** The person signed in. Throws on a page that is shown to nobody in particular. */
export function useMe(): Me {
  const account = useOffice().account.value;
  if (account.state !== "signed-in" && account.state !== "ended") throw new Error("nobody is signed in");
  return account.me;
}

/** Sums, times and problems written out in the language and currency in force. */
export interface Say {
  readonly money: (amountMinor: number) => string;
  readonly clock: (ms: number) => string;
  readonly day: (ms: number) => string;
  readonly moment: (ms: number) => string;
  /** Day, year and time: for paper, where «today» would be a lie tomorrow. */
  readonly date: (ms: number) => string;
  readonly wait: (waitMs: number) => string;
  readonly problem: (problem: OfficeProblem) => string;
}

const fullDate = {
  year: "numeric",
  month: "long",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
} as const;

/** Reads the account's currency and the language: a component that uses it redraws when either changes. */
export function useSay(): Say {
  const { account, api } = useOffice();
  const spoken = language.value;
  const currency = "me" in account.value ? account.value.me.currency : "CNY";
  const nowMs = api.serverNowMs();
  const formats = {
    money: (amountMinor: number) => formatMoney(amountMinor, currency),
    moment: (ms: number) => formatMoment(ms, nowMs, spoken),
    wait: (waitMs: number) => formatWait(waitMs, spoken),
  };
  return {
    ...formats,
    clock: (ms) => formatClock(ms, spoken),
    date: (ms) => new Intl.DateTimeFormat(spoken === "en" ? "en-GB" : spoken, fullDate).format(ms),
    day: (ms) => formatDay(ms, nowMs, spoken),
    problem: (problem) => sayOfficeProblem(problem, officeTexts.now.problems, formats),
  };
}
