import { fakeMethod, fakeOperator, fakeSecret, type FakeSecrets, fakeVault } from "./fake-secrets.ts";

const DAY_MS = 86_400_000;

/** Who stands in `busySecrets`, by what is special about them. */
export const people = {
  owner: "0WNER0000001",
  manager: "MANAGER00001",
  locked: "CASH1ER00001",
  without: "CASH1ER00002",
  gone: "CASH1ER00003",
} as const;

/**
 * A shop's secrets with everything that can be said of them: a PIN that is due, one that is being replaced,
 * one locked out, a password asked for and not set, a till that renewed its vault.
 */
export function busySecrets(nowMs: number, tillIds: readonly [string, string, string]): FakeSecrets {
  return {
    operators: [
      fakeOperator(people.owner, "林小梅", { role: "owner", pin: fakeSecret(nowMs, 12) }),
      fakeOperator(people.manager, "王建国", {
        role: "manager",
        pin: fakeSecret(nowMs, 0, { version: 3, oldUntilMs: nowMs + 7 * DAY_MS }),
      }),
      fakeOperator(people.locked, "小陈", {
        pin: fakeSecret(nowMs, 97, {
          remind: true,
          madeBy: "till",
          tillName: "1号机",
          tills: [
            { name: "1号机", hasIt: true },
            { name: "2号机（门口）", hasIt: false },
          ],
        }),
        tries: [
          { tillName: "1号机", subjectClass: "operator", count: 10, locked: true, atMs: nowMs - 600_000 },
          {
            tillName: "2号机（门口）",
            subjectClass: "operator",
            count: 2,
            locked: false,
            atMs: nowMs - DAY_MS,
          },
        ],
      }),
      fakeOperator(people.without, "Alexandra Hall"),
      fakeOperator(people.gone, "老赵", { active: false }),
    ],
    methods: [
      fakeMethod("payment-code", {
        policy: { method: "payment-code", ask: "above", aboveMinor: 20_000, kind: "letters" },
        password: fakeSecret(nowMs, 40),
        changedAtMs: nowMs - 40 * DAY_MS,
        changedBy: "owner@example.com",
      }),
      fakeMethod("wallet-code", {
        policy: { method: "wallet-code", ask: "always", aboveMinor: 0, kind: "digits" },
      }),
    ],
    vaults: [
      fakeVault(tillIds[0], "1号机", { level: "passphrase", leaseHours: 72 }),
      fakeVault(tillIds[1], "2号机（门口）", {
        renewal: { epoch: 1, seq: 913, askedAtMs: nowMs - 3_600_000, digits: "402917" },
      }),
      fakeVault(tillIds[2], "3号机", { atTill: null }),
    ],
    rules: { remindDays: 90, accountRules: "nist" },
  };
}
