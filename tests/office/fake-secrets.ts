import type {
  MethodRow,
  OperatorRow,
  SecretFacts,
  SecretRules,
  VaultRow,
} from "#protocol/office-secrets-api.ts";

const DAY_MS = 86_400_000;

/** What a fake server knows of secrets. Tests change it in place. */
export interface FakeSecrets {
  operators: OperatorRow[];
  methods: MethodRow[];
  vaults: VaultRow[];
  rules: SecretRules;
}

/** A secret set in the office so many days ago, known to both tills unless said otherwise. */
export function fakeSecret(nowMs: number, days: number, facts: Partial<SecretFacts> = {}): SecretFacts {
  return {
    version: 1,
    madeAtMs: nowMs - days * DAY_MS,
    madeBy: "office",
    tillName: null,
    oldUntilMs: null,
    remind: false,
    tills: [
      { name: "1号机", hasIt: true },
      { name: "2号机", hasIt: true },
    ],
    ...facts,
  };
}

/** A person at the till as the office sees it. */
export function fakeOperator(id: string, name: string, facts: Partial<OperatorRow> = {}): OperatorRow {
  return { id, name, role: "cashier", active: true, pin: null, tries: [], ...facts };
}

/** A till's vault as a shop begins with it. */
export function fakeVault(tillId: string, tillName: string, facts: Partial<VaultRow> = {}): VaultRow {
  return {
    tillId,
    tillName,
    level: "basic",
    atTill: "basic",
    leaseHours: null,
    lastSeenMs: null,
    renewal: null,
    ...facts,
  };
}

/** A method that asks for nothing, as a shop begins. */
export function fakeMethod(
  method: "payment-code" | "wallet-code",
  facts: Partial<MethodRow> = {},
): MethodRow {
  return {
    policy: { method, ask: "never", aboveMinor: 0, kind: "digits" },
    password: null,
    changedAtMs: null,
    changedBy: null,
    ...facts,
  };
}

/** Nobody at the till, nothing asked, no vault. */
export function noSecrets(): FakeSecrets {
  return {
    operators: [],
    methods: [fakeMethod("payment-code"), fakeMethod("wallet-code")],
    vaults: [],
    rules: { remindDays: 90, accountRules: "nist" },
  };
}
