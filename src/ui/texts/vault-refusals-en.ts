import type { VaultRefusalTexts } from "./refusal-texts.ts";

/** What the till says no to about PINs, passwords and its vault. */
export const vaultRefusalsEn: VaultRefusalTexts = {
  sentences: {
    "password-absent": () => ({
      fact: "The shop's password for payment codes has not reached this till.",
      money: "Code unspent.",
      todo: "Connect once, or use another method.",
    }),
    "vault-closed": () => ({
      fact: "This till's keys are still locked after its restart.",
      money: "Nothing taken.",
      todo: "Take cash, or unlock them under More.",
    }),
    "lease-over": (refusal, say) => ({
      fact:
        refusal.heardMs === null
          ? "The server has not been heard for longer than the owner allows."
          : `The server was last heard ${say.moment(refusal.heardMs)}: longer ago than the owner allows.`,
      money: "Nothing taken.",
      todo: "Take cash. Codes come back once online.",
    }),
    "pin-needs-manager": () => ({
      fact: "This needs a manager's or the owner's PIN first.",
      money: "",
      todo: "Ask them to type it here.",
    }),
    "passphrase-too-short": (refusal) => ({
      fact: `The passphrase is too short: at least ${refusal.min} characters.`,
      money: "",
      todo: "Choose a longer one.",
    }),
    "passphrase-wrong": () => ({ fact: "Wrong passphrase.", money: "", todo: "Try again." }),
    "unlock-wrong": (refusal) => ({
      fact: `These digits do not match, ${refusal.triesLeft} ${refusal.triesLeft === 1 ? "try" : "tries"} left.`,
      money: "",
      todo: "Compare both numbers with the office.",
    }),
    "unlock-over": () => ({ fact: "These digits are no longer good.", money: "", todo: "Begin anew." }),
    "unlock-unready": () => ({
      fact: "This till cannot be unlocked by digits yet.",
      money: "",
      todo: "Connect once, or ask a manager.",
    }),
  },
  names: {
    "password-absent": "No password here",
    "vault-closed": "Keys locked",
    "lease-over": "Server not heard",
    "pin-needs-manager": "Manager needed",
    "passphrase-too-short": "Passphrase too short",
    "passphrase-wrong": "Wrong passphrase",
    "unlock-wrong": "Digits differ",
    "unlock-over": "Digits over",
    "unlock-unready": "No unlock key",
  },
};
