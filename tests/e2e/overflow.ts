import type { Page } from "playwright-core";

export interface OverflowRules {
  /** Smallest side of a target in CSS px: 64 on the till, 44 in the office. */
  readonly targetPx: number;
  /** Selectors whose targets may be smaller, each with its reason in the test that passes it. */
  readonly smallTargets?: readonly string[];
  /** Selectors of lists: what scrolls on purpose, and what lies outside its window. */
  readonly lists?: readonly string[];
}

/** The till: 64 px, but for what UX §2 gives less room: strip (40–48 high), second row
 * (48), the last line of a phone (44), letters at 360 wide. */
export const tillRules: OverflowRules = {
  targetPx: 64,
  smallTargets: [
    ".strip *",
    ".column__second *",
    ".keys--letters *",
    ".choice__option",
    ".tab",
    ".last-sales .line",
  ],
  lists: [
    ".panel__scroll",
    ".lines",
    ".facts",
    ".sale-facts",
    ".operators",
    ".insecure",
    ".activate__words",
    ".panel__detail",
  ],
};

/**
 * What stands on the page and should not: boxes beyond the viewport, text wider or higher than its box,
 * targets under the size. One line each, empty when all is well.
 */
export function findOverflow(page: Page, rules: OverflowRules): Promise<readonly string[]> {
  return page.evaluate((given) => {
    const found: string[] = [];
    const width = document.documentElement.clientWidth;
    const height = document.documentElement.clientHeight;
    const lists = (given.lists ?? []).join(",");
    const small = (given.smallTargets ?? []).join(",");
    const nameOf = (element: Element): string => {
      const text = (element.textContent ?? "").trim().slice(0, 24);
      return `${element.tagName.toLowerCase()}.${String(element.getAttribute("class"))} «${text}»`;
    };
    const isShown = (element: Element): boolean =>
      element.checkVisibility({ visibilityProperty: true }) && !element.closest(".visually-hidden");
    for (const element of document.body.querySelectorAll("*")) {
      if (!isShown(element) || element.closest("svg") !== null) continue;
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0) continue;
      const inList = lists !== "" && element.closest(lists) !== null;
      const outside =
        box.left < -0.5 || box.top < -0.5 || box.right > width + 0.5 || box.bottom > height + 0.5;
      if (outside && !inList) found.push(`beyond the viewport: ${nameOf(element)}`);
      const isList = lists !== "" && element.matches(lists);
      if (!isList && element instanceof HTMLElement && element.tagName !== "VIDEO") {
        if (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
          found.push(
            `wider than its box by ${element.scrollWidth - element.clientWidth}: ${nameOf(element)}`,
          );
        if (element.scrollHeight > element.clientHeight + 1 && element.clientHeight > 0) {
          const clips = getComputedStyle(element).overflowY !== "visible";
          const spills = element.matches("button, .strip, .amount, .column > *, .panel");
          if (clips || spills)
            found.push(
              `higher than its box by ${element.scrollHeight - element.clientHeight}: ${nameOf(element)}`,
            );
        }
      }
      if (
        element.matches("button, a[href], select, input:not([type=radio], [type=checkbox]), label:has(input)")
      ) {
        const least = small !== "" && element.matches(small) ? 0 : given.targetPx;
        if (Math.min(box.width, box.height) < least - 0.5)
          found.push(`target ${Math.round(box.width)}×${Math.round(box.height)}: ${nameOf(element)}`);
      }
    }
    return found;
  }, rules);
}

/** Throws with every fault found by `findOverflow`. */
export async function assertNoOverflow(page: Page, rules: OverflowRules = tillRules): Promise<void> {
  const found = await findOverflow(page, rules);
  if (found.length > 0) throw new Error(`${page.url()}\n${found.join("\n")}`);
}
