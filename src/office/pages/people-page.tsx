import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { MAX_NAME_LENGTH } from "#protocol/office-api.ts";
import type { OperatorRole, OperatorRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice, TextField } from "#ui/components/fields.tsx";
import { CheckIcon, CloseIcon, LockIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Empty, Outcome, Page, Shown } from "../parts/page.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { SecretAgeWord } from "../secrets/secret-age.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

/** Who may work at the tills: role, age of the PIN, and whether somebody is locked out. */
export function PeoplePage(): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  const { api, router } = useOffice();
  const people = useAnswer(api.secrets.operators, "people", ["policy", "till"]);
  const add = (
    <Button kind="primary" onPress={() => router.go({ page: "person-new" })}>
      {t.add}
    </Button>
  );
  const isBare = people.value?.rows.length === 0;
  return (
    <Page title={t.title} primary={!isBare && add}>
      <Shown asked={people}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty text={t.empty}>{add}</Empty>
          ) : (
            <>
              <PeopleTable rows={rows} />
              <p>
                <Link to={{ page: "unlock" }} class="loss-link">
                  {t.unlockLink}
                </Link>
              </p>
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function PeopleTable({ rows }: { readonly rows: readonly OperatorRow[] }): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  const columns: readonly Column<OperatorRow>[] = [
    { head: t.name, cell: (row) => row.name },
    { head: t.role, cell: (row) => t.roles[row.role] },
    { head: t.pin, cell: (row) => (row.active ? <SecretAgeWord secret={row.pin} /> : "") },
    { head: t.state, cell: (row) => <PersonStateWord person={row} /> },
  ];
  return (
    <Table
      caption={t.title}
      columns={columns}
      rows={rows.toSorted((one, other) => Number(other.active) - Number(one.active))}
      rowKey={(row) => row.id}
      to={(row) => ({ page: "person", id: row.id })}
    />
  );
}

/** In use, retired, or locked out at a till: the worst that the tills have told. */
export function PersonStateWord({ person }: { readonly person: OperatorRow }): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  if (!person.active) return <StateWord tone="off" icon={<CloseIcon size={18} />} word={t.retired} />;
  const worst = person.tries.toSorted((one, other) => other.count - one.count)[0];
  if (worst?.locked === true) {
    return <StateWord tone="bad" icon={<LockIcon size={18} />} word={t.locked(worst.tillName)} />;
  }
  if (worst !== undefined && worst.count > 0) {
    const word = t.slowed(worst.tillName, worst.count);
    return <StateWord tone="due" icon={<LockIcon size={18} />} word={word} />;
  }
  return <StateWord tone="good" icon={<CheckIcon size={18} />} word={t.active} />;
}

/** Name and role; both forms of a person share it. A manager names cashiers only. */
export function PersonFields(props: {
  readonly name: string;
  readonly role: OperatorRole;
  readonly tried: boolean;
  readonly onName: (name: string) => void;
  readonly onRole: (role: OperatorRole) => void;
}): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  const mayChoose = useMe().role === "owner";
  const roles: readonly OperatorRole[] = mayChoose ? ["cashier", "manager", "owner"] : ["cashier"];
  return (
    <>
      <TextField
        label={t.name}
        hint={t.nameHint}
        maxLength={MAX_NAME_LENGTH}
        value={props.name}
        error={props.tried && props.name.trim() === "" ? t.fillIn : undefined}
        onInput={props.onName}
      />
      <Choice
        label={t.role}
        hint={mayChoose ? t.roleHints[props.role] : t.ownRules}
        value={props.role}
        options={roles.map((value) => ({ value, label: t.roles[value] }))}
        onChange={props.onRole}
      />
    </>
  );
}

/** Names a new person; the PIN is set on the person's own page. */
export function NewPersonPage(): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  const { api, router } = useOffice();
  const form = useSignal<{ readonly name: string; readonly role: OperatorRole }>({
    name: "",
    role: "cashier",
  });
  const tried = useSignal(false);
  const addition = useAct();
  function add(): void {
    tried.value = true;
    const name = form.value.name.trim();
    if (name === "") return;
    addition.run(
      () => api.secrets.addOperator({ name, role: form.value.role }),
      (person) => router.replace({ page: "person", id: person.id }),
    );
  }
  return (
    <Page
      title={t.add}
      back={{ to: { page: "people" }, name: t.title }}
      onSubmit={add}
      primary={
        <Button kind="primary" type="submit">
          {t.add}
        </Button>
      }
    >
      <div class="form">
        <PersonFields
          name={form.value.name}
          role={form.value.role}
          tried={tried.value}
          onName={(name) => (form.value = { ...form.value, name })}
          onRole={(role) => (form.value = { ...form.value, role })}
        />
        <Outcome act={addition} />
      </div>
    </Page>
  );
}
