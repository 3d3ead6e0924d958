import type { JSX } from "preact";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { Link } from "../parts/link.tsx";
import { Page } from "../parts/page.tsx";

/** An address that names no page. */
export function UnknownPage(): JSX.Element {
  const t = officeTexts.now.app;
  return (
    <Page title={t.unknownPage}>
      <Link to={{ page: "today" }} class="button">
        {t.toToday}
      </Link>
    </Page>
  );
}
