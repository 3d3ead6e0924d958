import type { JSX } from "preact";
import { SecretStep } from "../parts/secret-step.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useView } from "../till-context.ts";

/**
 * The first PIN of the shop, which only the owner may set: twice, on one pad. A weak one is refused with its
 * reason (G21).
 */
export function FirstPinScreen(): JSX.Element {
  const { operators } = useView();
  const t = screenTexts.now.firstPin;
  const operator = operators.find(({ role }) => role === "owner") ?? operators[0];
  const operatorId = operator?.id ?? "";
  return (
    <SecretStep
      name="first-pin"
      title={t.title}
      label={t.first}
      prompt={t.rule}
      again={t.again}
      lines={[t.intro(operator?.name ?? ""), t.rule]}
      purposeKey={operatorId}
      purpose={{ purpose: "new-pin", operatorId }}
      onOutcome={() => undefined}
    />
  );
}
