import type { GenericSchema } from "valibot";
import {
  changeOperatorRequest,
  methodPolicyRequest,
  type MethodRow,
  newOperatorRequest,
  type OperatorRow,
  secretRules,
  setMethodPasswordRequest,
  setPinRequest,
  unlockDigitsRequest,
  vaultLeaseRequest,
  vaultLevelRequest,
  vaultRenewalRequest,
  type VaultRow,
} from "#protocol/office-secrets-api.ts";
import { fakeOperator, fakeSecret, type FakeSecrets } from "./fake-secrets.ts";

type Judge = <T>(schema: GenericSchema<T>, body: unknown, then: (request: T) => Response) => Response;

export interface SecretsAsked {
  readonly route: string;
  readonly body: unknown;
  readonly nowMs: number;
  readonly judged: Judge;
  readonly notFound: () => Response;
}

const json = (value: unknown): Response => Response.json(value);

/** Answers the routes of office-secrets-api.ts out of `secrets`; null: the route is none of them. */
export function answerSecrets(secrets: FakeSecrets, asked: SecretsAsked): Response | null {
  if (!asked.route.includes(" /api/office/secrets/")) return null;
  const path = asked.route.replace("/api/office/secrets/", "");
  const { body, judged } = asked;
  switch (path) {
    case "GET operators":
      return json({ rows: secrets.operators });
    case "GET methods":
      return json({ rows: secrets.methods });
    case "GET vaults":
      return json({ rows: secrets.vaults });
    case "GET rules":
      return json(secrets.rules);
    case "PUT rules":
      return judged(secretRules, body, (rules) => json((secrets.rules = rules)));
    case "POST unlock-digits":
      return judged(unlockDigitsRequest, body, ({ digits }) =>
        json({ answer: [...digits].toReversed().join("") }),
      );
    case "POST operators":
      return judged(newOperatorRequest, body, (request) => {
        const id = `0PERAT0R${String(secrets.operators.length).padStart(4, "0")}`;
        const row = fakeOperator(id, request.name, { role: request.role });
        secrets.operators.push(row);
        return json(row);
      });
    default:
      return ofOne(secrets, path, asked);
  }
}

function ofOne(secrets: FakeSecrets, path: string, asked: SecretsAsked): Response {
  const [, list, id, act = ""] = /^\w+ (\w+)\/([\w-]+)(?:\/([\w/]+))?$/u.exec(path) ?? [];
  if (list === "operators") return operator(secrets, id, act, asked);
  if (list === "methods") return method(secrets, id, act, asked);
  if (list === "codes" && act === "unlock") return json({});
  if (list === "vaults") return vault(secrets, id, act, asked);
  return asked.notFound();
}

function operator(
  secrets: FakeSecrets,
  id: string | undefined,
  act: string,
  { body, nowMs, judged, notFound }: SecretsAsked,
): Response {
  const at = secrets.operators.findIndex((row) => row.id === id);
  const row = secrets.operators[at];
  if (!row) return notFound();
  const put = (change: Partial<OperatorRow>): OperatorRow =>
    (secrets.operators[at] = { ...row, ...change } as OperatorRow);
  switch (act) {
    case "pin":
      return judged(setPinRequest, body, ({ pin }) =>
        json({
          operator: put({ pin: fakeSecret(nowMs, 0) }),
          generatedPin: pin.mode === "generate" ? "402917" : null,
        }),
      );
    case "pin/withdraw":
      return json(put({ pin: null }));
    case "unlock":
      return json(put({ tries: [] }));
    default:
      return judged(changeOperatorRequest, body, (change) => json(put(change as Partial<OperatorRow>)));
  }
}

function method(
  secrets: FakeSecrets,
  id: string | undefined,
  act: string,
  { body, nowMs, judged, notFound }: SecretsAsked,
): Response {
  const at = secrets.methods.findIndex((row) => row.policy.method === id);
  const row = secrets.methods[at];
  if (!row) return notFound();
  const put = (change: Partial<MethodRow>): MethodRow => (secrets.methods[at] = { ...row, ...change });
  switch (act) {
    case "policy":
      return judged(methodPolicyRequest, body, (policy) =>
        json(put({ policy: { ...row.policy, ...policy } })),
      );
    case "password":
      return judged(setMethodPasswordRequest, body, ({ password }) =>
        json({
          method: put({ password: fakeSecret(nowMs, 0) }),
          generatedPassword: password.mode === "generate" ? "baishu-tenmai-4826" : null,
        }),
      );
    default:
      return json(put({ password: null }));
  }
}

function vault(
  secrets: FakeSecrets,
  id: string | undefined,
  act: string,
  { body, judged, notFound }: SecretsAsked,
): Response {
  const at = secrets.vaults.findIndex((row) => row.tillId === id);
  const row = secrets.vaults[at];
  if (!row) return notFound();
  const put = (change: Partial<VaultRow>): Response => json((secrets.vaults[at] = { ...row, ...change }));
  switch (act) {
    case "level":
      return judged(vaultLevelRequest, body, ({ level }) => put({ level }));
    case "lease":
      return judged(vaultLeaseRequest, body, ({ hours }) => put({ leaseHours: hours }));
    default:
      return judged(vaultRenewalRequest, body, () => put({ renewal: null }));
  }
}
