import type { VaultRefusalTexts } from "./refusal-texts.ts";

/** What the till says no to about PINs, passwords and its vault. */
export const vaultRefusalsZhCn: VaultRefusalTexts = {
  sentences: {
    "password-absent": () => ({
      fact: "本店的付款码密码还没有到这台机。",
      money: "付款码未使用。",
      todo: "请联网一次，或换方式收款。",
    }),
    "vault-closed": () => ({
      fact: "重启后，本机的密钥还没有打开。",
      money: "没有收款。",
      todo: "请收现金，或到「更多」打开。",
    }),
    "lease-over": (refusal, say) => ({
      fact:
        refusal.heardMs === null
          ? "与服务器断开的时间超过店主允许的期限。"
          : `上次听到服务器是${say.moment(refusal.heardMs)}，超过店主允许的期限。`,
      money: "没有收款。",
      todo: "请收现金，联网后付款码恢复。",
    }),
    "pin-needs-manager": () => ({
      fact: "要先由店长或店主输入PIN。",
      money: "",
      todo: "请他们在这里输入。",
    }),
    "passphrase-too-short": (refusal) => ({
      fact: `口令太短：至少${refusal.min}个字符。`,
      money: "",
      todo: "请换长一点的。",
    }),
    "passphrase-wrong": () => ({ fact: "口令不对。", money: "", todo: "请再试。" }),
    "unlock-wrong": (refusal) => ({
      fact: `数字不符，还可试${refusal.triesLeft}次。`,
      money: "",
      todo: "请与后台核对两边的数字。",
    }),
    "unlock-over": () => ({ fact: "这组数字已失效。", money: "", todo: "请重新开始。" }),
    "unlock-unready": () => ({
      fact: "本机还不能用数字解锁。",
      money: "",
      todo: "请联网一次，或找店长。",
    }),
  },
  names: {
    "password-absent": "没有密码",
    "vault-closed": "密钥未打开",
    "lease-over": "太久未联网",
    "pin-needs-manager": "要店长同意",
    "passphrase-too-short": "口令太短",
    "passphrase-wrong": "口令不对",
    "unlock-wrong": "数字不符",
    "unlock-over": "数字失效",
    "unlock-unready": "没有解锁密钥",
  },
};
