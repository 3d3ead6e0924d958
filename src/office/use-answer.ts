import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Page } from "#protocol/office-api.ts";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";
import { accepted } from "#domain/result.ts";
import type { Answer } from "./answer.ts";
import type { EventType } from "./live.ts";
import { useOffice } from "./office.ts";

/** What a page asked for: the last answer stays on screen while a newer one is fetched or fails. */
export interface Asked<T> {
  readonly value: T | null;
  readonly problem: OfficeProblem | null;
  readonly reload: () => void;
  /** Puts an answer in place that came by another way, for example from a save. */
  readonly put: (value: T) => void;
}

/**
 * Asks `load` when the page opens, when `key` changes, on each live event of `types` and after signing in
 * again. Of two answers under way only the later question's counts.
 */
export function useAnswer<T>(
  load: () => Promise<Answer<T>>,
  key: string,
  types: readonly EventType[],
): Asked<T> {
  const { live, account } = useOffice();
  const value = useSignal<T | null>(null);
  const problem = useSignal<OfficeProblem | null>(null);
  const question = useRef(0);
  const latest = useRef(load);
  latest.current = load;

  async function ask(): Promise<void> {
    question.current += 1;
    const mine = question.current;
    const answer = await latest.current();
    if (mine !== question.current) return;
    if (answer.ok) value.value = answer.value;
    problem.value = answer.ok ? null : answer.refusal;
  }

  const reload = (): void => void ask();
  const signedIn = account.value.state;
  useEffect(() => {
    value.value = null;
    problem.value = null;
  }, [key]);
  useEffect(() => {
    reload();
    const off = live.on(types, reload);
    return () => {
      off();
      // An answer to a page that is gone, or to the question before, must not overwrite this one's.
      question.current += 1;
    };
  }, [key, signedIn]);

  return {
    value: value.value,
    problem: problem.value,
    reload,
    put: (given) => {
      question.current += 1;
      value.value = given;
      problem.value = null;
    },
  };
}

/** How old a till's «reachable» may grow on screen: falling silent is no event, so it is asked for. */
const REFRESH_EVERY_MS = 30_000;

/** Calls `reload` now and then while the page is in sight. */
export function useRefresh(reload: () => void): void {
  const latest = useRef(reload);
  latest.current = reload;
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) latest.current();
    }, REFRESH_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
}

/** A list read page by page: a live event reads all pages anew that are on screen. */
export interface AskedRows<Row> {
  readonly rows: readonly Row[] | null;
  readonly problem: OfficeProblem | null;
  readonly reload: () => void;
  /** Reads the next page; null when all is read. */
  readonly more: (() => void) | null;
}

/** Pages that stay on screen at most: a longer look back narrows by a filter instead. */
const MAX_PAGES = 20;

export function useRows<Row>(
  load: (before: number | null) => Promise<Answer<Page<Row>>>,
  key: string,
  types: readonly EventType[],
): AskedRows<Row> {
  const pages = useRef({ key, count: 1 });
  if (pages.current.key !== key) pages.current = { key, count: 1 };

  async function loadAll(): Promise<Answer<Page<Row>>> {
    const rows: Row[] = [];
    let next: number | null = null;
    for (let page = 0; page < pages.current.count; page += 1) {
      const answer: Answer<Page<Row>> = await load(next);
      if (!answer.ok) return answer;
      rows.push(...answer.value.rows);
      next = answer.value.next;
      if (next === null) break;
    }
    return accepted({ rows, next });
  }

  const asked = useAnswer(loadAll, key, types);
  const canRead = asked.value !== null && asked.value.next !== null && pages.current.count < MAX_PAGES;
  return {
    rows: asked.value?.rows ?? null,
    problem: asked.problem,
    reload: asked.reload,
    more: canRead
      ? () => {
          pages.current.count += 1;
          asked.reload();
        }
      : null,
  };
}
