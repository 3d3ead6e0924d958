import type { ComponentChildren, JSX } from "preact";
import { useOffice } from "../office.ts";
import { pathOf, type Route } from "../router.ts";

export interface LinkProps {
  readonly to: Route;
  readonly class?: string;
  readonly current?: boolean;
  readonly onGo?: () => void;
  readonly children: ComponentChildren;
}

/**
 * A link within the office: a plain press changes the page in place, any other press is the browser's own.
 */
export function Link({ to, current, onGo, children, ...rest }: LinkProps): JSX.Element {
  const { router } = useOffice();
  function follow(event: MouseEvent): void {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.go(to);
    onGo?.();
  }
  return (
    <a class={rest.class} href={pathOf(to)} aria-current={current ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}
