import type { JSX } from "preact";
import { useMe, useOffice } from "../office.ts";
import { useAnswer } from "../use-answer.ts";
import { knownOfShop } from "./known-of-shop.ts";
import { RuleList } from "./rule-list.tsx";

/**
 * Beside a new password of an office account, where the owner has switched the guide's rules on (G21). The
 * length is said at the field: an account asks for more of it than a code does.
 */
export function AccountRules(props: { readonly text: string; readonly tried: boolean }): JSX.Element | null {
  const { api } = useOffice();
  const me = useMe();
  const rules = useAnswer(api.secrets.rules, "secret rules", ["policy"]);
  if (rules.value?.accountRules !== "guide") return null;
  return (
    <RuleList
      text={props.text}
      kind="letters"
      known={knownOfShop(me)}
      tried={props.tried}
      without={["length"]}
    />
  );
}
