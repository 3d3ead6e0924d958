import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Me } from "#protocol/office-api.ts";
import { type Account, useOffice } from "./office.ts";
import { type LinkToken, tokenOf } from "./router.ts";

export interface Known {
  /** The link this page was opened by, until it is used. */
  readonly link: LinkToken | null;
  /** The link leads nowhere: on without it. */
  readonly dropLink: () => void;
  /** Asks the server anew who is here. */
  readonly signedIn: () => void;
  /** The shop was created here: on to its first till. */
  readonly createdHere: () => void;
}

function isAnother(before: Account, now: Me): boolean {
  return (
    before.state === "ended" && (before.me.email !== now.email || before.me.merchantId !== now.merchantId)
  );
}

/**
 * Finds out who is here. A link's token leaves the address bar at once, so no history or screenshot keeps it.
 */
export function useAccount(): Known {
  const { api, account, router } = useOffice();
  const link = useSignal<LinkToken | null>(null);

  async function ask(): Promise<boolean> {
    const answer = await api.me();
    if (answer.ok) {
      link.value = null;
      if (isAnother(account.value, answer.value)) {
        // What one person filled in must not go out in another's name: the pages start anew.
        location.assign("/office");
        return true;
      }
      account.value = { state: "signed-in", me: answer.value };
      return true;
    }
    if (answer.refusal.code === "not-signed-in") {
      if (account.value.state !== "ended") account.value = { state: "signed-out" };
    } else {
      account.value = { state: "unreachable", problem: answer.refusal };
    }
    return false;
  }

  useEffect(() => {
    const opened = (): void => {
      const token = tokenOf(location.hash);
      if (!token) return;
      link.value = token;
      history.replaceState(null, "", location.pathname);
    };
    opened();
    addEventListener("hashchange", opened);
    if (!link.value) void ask();
    return () => removeEventListener("hashchange", opened);
  }, []);

  return {
    link: link.value,
    signedIn: () => {
      void ask().then((known) => {
        if (!known) link.value = null;
      });
    },
    dropLink: () => {
      link.value = null;
      void ask();
    },
    createdHere: () => {
      void ask().then((known) => {
        if (known) router.replace({ page: "welcome" });
        else link.value = null;
      });
    },
  };
}
