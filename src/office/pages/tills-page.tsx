import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { MAX_NAME_LENGTH } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Empty, Page, Outcome, Shown } from "../parts/page.tsx";
import { TillAlarms } from "../parts/till-health.tsx";
import { TillTable } from "../parts/till-table.tsx";
import { RenewalAlarms } from "../secrets/till-vault.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer, useRefresh } from "../use-answer.ts";

/** All tills with their health. */
export function TillsPage(): JSX.Element {
  const t = officeTexts.now;
  const { api, router } = useOffice();
  const tills = useAnswer(api.tills, "tills", ["till", "policy", "sale"]);
  useRefresh(tills.reload);
  const add = (
    <Button kind="primary" onPress={() => router.go({ page: "till-new" })}>
      {t.tills.add}
    </Button>
  );
  const isBare = tills.value?.rows.length === 0;
  return (
    <Page title={t.tills.title} primary={!isBare && add}>
      <Shown asked={tills}>
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty text={t.tills.empty}>{add}</Empty>
          ) : (
            <>
              <TillAlarms tills={rows} />
              <RenewalAlarms />
              <TillTable rows={rows} />
              <p>
                <Link to={{ page: "import" }}>{t.files.link}</Link>
              </p>
            </>
          )
        }
      </Shown>
    </Page>
  );
}

/** Names a new till; its activation code comes on the till's own page. */
export function NewTillPage(): JSX.Element {
  const t = officeTexts.now;
  const { api, router } = useOffice();
  const tillName = useSignal("");
  const tried = useSignal(false);
  const addition = useAct();
  function add(): void {
    tried.value = true;
    const given = tillName.value.trim();
    if (given === "") return;
    addition.run(
      () => api.addTill(given),
      (till) => router.replace({ page: "till", id: till.id }),
    );
  }
  return (
    <Page
      title={t.tills.add}
      back={{ to: { page: "tills" }, name: t.tills.title }}
      onSubmit={add}
      primary={
        <Button kind="primary" type="submit">
          {t.tills.add}
        </Button>
      }
    >
      <div class="form">
        <TextField
          label={t.tills.name}
          hint={t.tills.nameHint}
          maxLength={MAX_NAME_LENGTH}
          value={tillName.value}
          error={tried.value && tillName.value.trim() === "" ? t.setup.fillIn : undefined}
          onInput={(text) => (tillName.value = text)}
        />
        <Outcome act={addition} />
      </div>
    </Page>
  );
}
