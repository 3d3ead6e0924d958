import type { JSX } from "preact";
import { useView } from "../till-context.ts";
import { ExportEntry } from "./export-entry.tsx";

/**
 * The way to a file of what the server has not signed for; not there where nothing waits and nothing is
 * broken.
 */
export function SaveFileButton(): JSX.Element | null {
  const { link, stop } = useView();
  return link.unsentCount === 0 && stop === null ? null : <ExportEntry />;
}
