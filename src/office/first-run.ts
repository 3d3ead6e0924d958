import type { ActivationAnswer } from "#protocol/office-api.ts";

/**
 * What set-up handed over, kept in this page's memory only: the recovery key is shown once and stored
 * nowhere.
 */
export interface FirstRun {
  /** Null once the owner says that it is put away. */
  readonly recoveryKey: string | null;
  readonly tillId: string;
  readonly activation: ActivationAnswer;
}
