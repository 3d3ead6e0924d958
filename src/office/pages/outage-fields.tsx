import type { JSX } from "preact";
import { worstLossMinor, type OutagePolicy } from "#domain/outage-policy.ts";
import type { CodePolicyAnswer } from "#protocol/office-api.ts";
import { Choice, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useSay } from "../office.ts";
import type { PolicyForm, PolicyRefusal } from "./policy-form.ts";

/**
 * What happens to one code at several tills while they cannot ask each other: the owner's explicit choice.
 */
export function OutageFields(props: {
  readonly form: PolicyForm;
  readonly set: (change: Partial<PolicyForm>) => void;
  readonly error: (field: PolicyRefusal["field"]) => string | undefined;
}): JSX.Element {
  const t = officeTexts.now.severalTills.policy;
  const { form, set, error } = props;
  return (
    <div class="form">
      <Choice
        label={t.way}
        hint={t.hints[form.codeWay]}
        value={form.codeWay}
        options={(["leased", "online-only", "floor-limited"] as const).map((value) => ({
          value,
          label: t.ways[value],
        }))}
        onChange={(codeWay) => set({ codeWay })}
      />
      {form.codeWay === "floor-limited" && (
        <>
          <TextField
            label={t.perCode}
            inputMode="decimal"
            maxLength={16}
            value={form.floorPerCode}
            error={error("floorPerCode")}
            onInput={(floorPerCode) => set({ floorPerCode })}
          />
          <TextField
            label={t.perTill}
            inputMode="decimal"
            maxLength={16}
            hint={t.perTillHint}
            value={form.exposure}
            error={error("exposure")}
            onInput={(exposure) => set({ exposure })}
          />
          <TextField
            label={t.hours}
            inputMode="numeric"
            maxLength={3}
            hint={t.hoursHint}
            value={form.staleHours}
            error={error("staleHours")}
            onInput={(staleHours) => set({ staleHours })}
          />
        </>
      )}
    </div>
  );
}

/** The worst loss in yuan, plainly, before it is chosen: tills × limit, and what is counted beside them. */
export function WorstLoss(props: {
  readonly policy: OutagePolicy;
  readonly answer: Pick<CodePolicyAnswer, "tillsInService" | "away">;
}): JSX.Element {
  const t = officeTexts.now.severalTills.policy;
  const say = useSay();
  const { policy } = props;
  const { tillsInService: tills, away } = props.answer;
  const here = worstLossMinor(policy, tills);
  const sum = worstLossMinor(policy, tills, away);
  const inService = t.worst(tills, say.money(policy.exposureMinor), say.money(here));
  const words = sum === 0 ? t.worstNone : here === sum ? inService : t.worstSum(say.money(sum));
  return (
    <div class="worst-loss" role="status">
      <p>
        <strong>{words}</strong>
      </p>
      {here < sum && (
        <ul>
          {here > 0 && <li>{t.worstHere(tills, say.money(policy.exposureMinor))}</li>}
          {away.tablets > 0 && <li>{t.worstAway(away.tablets, say.money(away.perTabletMinor))}</li>}
          {away.leasedMinor > 0 && <li>{t.worstLeased(say.money(away.leasedMinor))}</li>}
        </ul>
      )}
      {sum > 0 && <p class="note">{t.counted}</p>}
    </div>
  );
}
