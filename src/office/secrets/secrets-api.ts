import type { PasswordMethod } from "#protocol/feed-secrets.ts";
import type {
  ChangeOperatorRequest,
  MethodPasswordAnswer,
  MethodPolicyRequest,
  MethodRow,
  MethodsAnswer,
  NewOperatorRequest,
  OperatorRow,
  OperatorsAnswer,
  PinAnswer,
  SecretRules,
  SetMethodPasswordRequest,
  SetPinRequest,
  UnlockDigitsAnswer,
  UnlockDigitsRequest,
  VaultLeaseRequest,
  VaultLevelRequest,
  VaultRenewalRequest,
  VaultRow,
  VaultsAnswer,
} from "#protocol/office-secrets-api.ts";
import type { Answer } from "../answer.ts";
import type { Http } from "../http.ts";

/** The routes of `src/protocol/office-secrets-api.ts`, one function each. None throws. */
export interface SecretsApi {
  readonly operators: () => Promise<Answer<OperatorsAnswer>>;
  readonly addOperator: (request: NewOperatorRequest) => Promise<Answer<OperatorRow>>;
  /** Renames, changes the role, retires, brings back: what is left out stays. */
  readonly changeOperator: (id: string, request: ChangeOperatorRequest) => Promise<Answer<OperatorRow>>;
  readonly setPin: (id: string, request: SetPinRequest) => Promise<Answer<PinAnswer>>;
  readonly withdrawPin: (id: string) => Promise<Answer<OperatorRow>>;
  /** At every till. */
  readonly unlockOperator: (id: string) => Promise<Answer<OperatorRow>>;
  /** A code's tries start anew at every till. */
  readonly unlockCode: (id: string) => Promise<Answer<unknown>>;
  readonly unlockDigits: (request: UnlockDigitsRequest) => Promise<Answer<UnlockDigitsAnswer>>;
  readonly methods: () => Promise<Answer<MethodsAnswer>>;
  readonly saveMethodPolicy: (
    method: PasswordMethod,
    request: MethodPolicyRequest,
  ) => Promise<Answer<MethodRow>>;
  readonly setMethodPassword: (
    method: PasswordMethod,
    request: SetMethodPasswordRequest,
  ) => Promise<Answer<MethodPasswordAnswer>>;
  readonly withdrawMethodPassword: (method: PasswordMethod) => Promise<Answer<MethodRow>>;
  readonly vaults: () => Promise<Answer<VaultsAnswer>>;
  readonly saveVaultLevel: (tillId: string, request: VaultLevelRequest) => Promise<Answer<VaultRow>>;
  readonly saveVaultLease: (tillId: string, request: VaultLeaseRequest) => Promise<Answer<VaultRow>>;
  readonly decideRenewal: (tillId: string, request: VaultRenewalRequest) => Promise<Answer<VaultRow>>;
  readonly rules: () => Promise<Answer<SecretRules>>;
  readonly saveRules: (rules: SecretRules) => Promise<Answer<SecretRules>>;
}

/** The client of these routes over `http`. */
export function createSecretsApi(http: Http): SecretsApi {
  const at = "/api/office/secrets";
  return {
    operators: () => http.get(`${at}/operators`),
    addOperator: (request) => http.send("POST", `${at}/operators`, request),
    changeOperator: (id, request) => http.send("POST", `${at}/operators/${id}`, request),
    setPin: (id, request) => http.send("POST", `${at}/operators/${id}/pin`, request),
    withdrawPin: (id) => http.send("POST", `${at}/operators/${id}/pin/withdraw`),
    unlockOperator: (id) => http.send("POST", `${at}/operators/${id}/unlock`),
    unlockCode: (id) => http.send("POST", `${at}/codes/${id}/unlock`),
    unlockDigits: (request) => http.send("POST", `${at}/unlock-digits`, request),
    methods: () => http.get(`${at}/methods`),
    saveMethodPolicy: (method, request) => http.send("PUT", `${at}/methods/${method}/policy`, request),
    setMethodPassword: (method, request) => http.send("POST", `${at}/methods/${method}/password`, request),
    withdrawMethodPassword: (method) => http.send("POST", `${at}/methods/${method}/password/withdraw`),
    vaults: () => http.get(`${at}/vaults`),
    saveVaultLevel: (tillId, request) => http.send("PUT", `${at}/vaults/${tillId}/level`, request),
    saveVaultLease: (tillId, request) => http.send("PUT", `${at}/vaults/${tillId}/lease`, request),
    decideRenewal: (tillId, request) => http.send("POST", `${at}/vaults/${tillId}/renewal`, request),
    rules: () => http.get(`${at}/rules`),
    saveRules: (rules) => http.send("PUT", `${at}/rules`, rules),
  };
}
