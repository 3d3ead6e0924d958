import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { readAloud } from "#domain/password-generator.ts";
import type { KnownOfShop, PasswordKind } from "#domain/password-rules.ts";
import { OVERLAP_DAYS, type OverlapDays } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { Answer } from "../answer.ts";
import { Outcome, submitting } from "../parts/page.tsx";
import { useAct } from "../use-act.ts";
import { RuleList } from "./rule-list.tsx";
import { emptySecretForm, type SecretForm, type SecretWish, secretWishOf } from "./secret-form.ts";
import { StrengthLine } from "./strength-line.tsx";

/** What the server made of it: the secret when it made one itself, and how the row stands now. */
export interface SecretMade {
  readonly generated: string | null;
  readonly done: () => void;
}

export interface NewSecretProps {
  readonly kind: PasswordKind;
  readonly known: KnownOfShop;
  /** A PIN is as long as the pad waits for; a password may be longer. */
  readonly exactLength?: number;
  readonly label: string;
  readonly act: string;
  /** There is one in force: how long it goes on is asked. */
  readonly hasOld: boolean;
  /** The overlap that is offered first. */
  readonly usualOverlap: OverlapDays;
  readonly withStrength: boolean;
  readonly send: (wish: SecretWish) => Promise<Answer<SecretMade>>;
}

/** Sets a PIN or a password: generated and shown once, or typed twice under the rules (G10, G21, G22). */
export function NewSecret(props: NewSecretProps): JSX.Element {
  const t = officeTexts.now.secrets.form;
  const { kind, known, hasOld } = props;
  const empty: SecretForm = { ...emptySecretForm, overlapDays: props.usualOverlap };
  const form = useSignal<SecretForm>(empty);
  const tried = useSignal(false);
  const made = useSignal<{ readonly generated: string | null } | null>(null);
  const setting = useAct();
  const wish = secretWishOf(form.value, kind, known, hasOld);
  const brokenAtServer = setting.problem?.code === "password-breaks-rules" ? setting.problem.rules : [];
  const wrong = (field: "text" | "again"): string | undefined =>
    tried.value && !wish.ok && wish.refusal.field === field ? t[wish.refusal.code] : undefined;

  function set(change: Partial<SecretForm>): void {
    form.value = { ...form.value, ...change };
    made.value = null;
    setting.forget();
  }
  function save(): void {
    tried.value = true;
    if (!wish.ok) return;
    setting.run(
      () => props.send(wish.value),
      ({ generated, done }) => {
        form.value = { ...empty, mode: form.value.mode };
        tried.value = false;
        made.value = { generated };
        done();
      },
    );
  }

  if (made.value !== null && made.value.generated !== null) {
    return <ShownOnce secret={made.value.generated} onHide={() => (made.value = { generated: null })} />;
  }
  return (
    <form class="form" noValidate onSubmit={submitting(save)}>
      <Choice
        label={t.source}
        hint={form.value.mode === "generate" ? t.generateHint : undefined}
        value={form.value.mode}
        options={[
          { value: "generate", label: t.generate },
          { value: "typed", label: t.typed },
        ]}
        onChange={(mode) => set({ mode, text: "", again: "" })}
      />
      {form.value.mode === "typed" && (
        <>
          {(["text", "again"] as const).map((field) => (
            <TextField
              key={field}
              label={field === "text" ? props.label : t.again}
              type="password"
              autocomplete="off"
              inputMode={kind === "digits" ? "numeric" : "text"}
              maxLength={props.exactLength ?? 128}
              value={form.value[field]}
              error={wrong(field)}
              onInput={(typed) => set({ [field]: typed })}
            />
          ))}
          <RuleList
            text={form.value.text}
            kind={kind}
            known={known}
            tried={tried.value}
            refused={brokenAtServer}
          />
          {props.withStrength && <StrengthLine text={form.value.text} names={known.names} />}
        </>
      )}
      {hasOld && (
        <Choice
          label={t.overlap}
          hint={t.overlapHint}
          value={String(form.value.overlapDays)}
          options={OVERLAP_DAYS.map((days) => ({ value: String(days), label: t.overlaps[days] }))}
          onChange={(chosen) =>
            set({ overlapDays: OVERLAP_DAYS.find((days) => String(days) === chosen) ?? 0 })
          }
        />
      )}
      <Outcome act={setting} />
      <p role="status" class="saved">
        {made.value === null ? "" : t.done}
      </p>
      <div class="row">
        <Button kind="primary" type="submit">
          {props.act}
        </Button>
      </div>
    </form>
  );
}

/** The new secret, large enough to read out. It stands in this component alone and goes with it. */
function ShownOnce(props: { readonly secret: string; readonly onHide: () => void }): JSX.Element {
  const t = officeTexts.now.secrets.form;
  const aloud = readAloud(props.secret).map((part) => (part === "-" ? t.dash : part));
  return (
    <section class="section secret" aria-label={t.onceTitle}>
      <h3>{t.onceTitle}</h3>
      <p role="status" class="visually-hidden">
        {t.done}
      </p>
      <p class="secret__text">{props.secret}</p>
      <p class="note">
        {t.aloud}
        {aloud.join(t.pause)}
      </p>
      <Button onPress={props.onHide}>{t.hide}</Button>
    </section>
  );
}
