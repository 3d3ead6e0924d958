import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "#ui/components/button.tsx";

export interface TwoStepProps {
  readonly act: string;
  /** What will be lost: «撤销¥38.00？». */
  readonly ask: string;
  readonly yes: string;
  readonly no: string;
  readonly onYes: () => void;
}

/**
 * An act that cannot be taken back turns into its own question in place; a dialog would be pressed away
 * unread (UX §11.4). Focus goes to «keep», so a second Enter of the same press does nothing.
 */
export function TwoStep(props: TwoStepProps): JSX.Element {
  const asking = useSignal(false);
  const place = useRef<HTMLDivElement>(null);
  const wasAsking = useRef(false);
  useEffect(() => {
    if (asking.value === wasAsking.current) return;
    wasAsking.current = asking.value;
    place.current?.querySelector<HTMLElement>("button:last-of-type")?.focus();
  }, [asking.value]);

  if (!asking.value) {
    return (
      <div class="two-step" ref={place}>
        <Button kind="danger" onPress={() => (asking.value = true)}>
          {props.act}
        </Button>
      </div>
    );
  }
  return (
    <div class="two-step two-step--asking" role="group" aria-label={props.ask} ref={place}>
      <span class="two-step__ask">{props.ask}</span>
      <Button
        kind="danger"
        onPress={() => {
          asking.value = false;
          props.onYes();
        }}
      >
        {props.yes}
      </Button>
      <Button onPress={() => (asking.value = false)}>{props.no}</Button>
    </div>
  );
}
