import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { sayExport } from "#ui/texts/export-texts.ts";
import { late } from "../late.ts";
import { useTill } from "../till-context.ts";

/** The way to the files; there as soon as the screens behind the keypad are. */
export function ExportEntry(): JSX.Element | null {
  const { flow } = useTill();
  if (late.value === null) return null;
  return (
    <Button class="second" onPress={() => flow.go({ at: "export", back: flow.place.value })}>
      {sayExport().open}
    </Button>
  );
}
