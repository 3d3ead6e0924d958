import { useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Message } from "#ui/components/message-line.tsx";
import { useTill, useView } from "../till-context.ts";
import { LevelsScreen } from "./levels.tsx";
import { PassphraseScreen } from "./passphrase.tsx";
import { PeopleScreen } from "./people.tsx";
import { ChangePinScreen, SetPinScreen } from "./set-pin.tsx";
import { UnlockScreen } from "./unlock.tsx";

/** Everything about PINs and the till's keys; what was just done is said on the list it leads back to. */
export function VaultScreens(): JSX.Element {
  const { flow } = useTill();
  const place = flow.place.value;
  const said: Signal<Message | null> = useSignal(null);
  // From the lock the way leads back to it: nobody is in, and the list is not for everybody.
  const atDoor = useSignal(useView().phase !== "open").peek();
  if (place.at !== "vault") throw new Error("the screens about PINs are drawn for one of them");
  const endAt =
    (task: "people" | "levels") =>
    (done?: string): void => {
      said.value = done === undefined ? null : { tone: "paid", text: done };
      flow.go(atDoor ? { at: "counter" } : { at: "vault", task });
    };
  switch (place.task) {
    case "people":
      return <PeopleScreen said={said.value} />;
    case "levels":
      return <LevelsScreen said={said.value} />;
    case "change-pin":
      return <ChangePinScreen onEnd={endAt("people")} />;
    case "set-pin":
      return <SetPinScreen operatorId={place.operatorId} onEnd={endAt("people")} />;
    case "unlock":
      return <UnlockScreen operatorId={place.operatorId} onEnd={endAt("people")} />;
    case "passphrase":
      return <PassphraseScreen onEnd={endAt("levels")} />;
  }
}
