import { describe, expect, it } from "vitest";
import { createRouter, pathOf, type Route, routeOf, tokenOf } from "../../src/office/router.ts";

const routes: readonly Route[] = [
  { page: "today" },
  { page: "sales" },
  { page: "sale", id: "0123456789AB" },
  { page: "codes" },
  { page: "code-new" },
  { page: "code", id: "0123456789AB" },
  { page: "methods" },
  { page: "method", id: "payment-code" },
  { page: "tills" },
  { page: "till-new" },
  { page: "till", id: "0123456789AB" },
  { page: "protection", id: "0123456789AB" },
  { page: "people" },
  { page: "person-new" },
  { page: "person", id: "0123456789AB" },
  { page: "unlock" },
  { page: "losses" },
  { page: "loss", id: "0123456789AB-2" },
  { page: "quarantine", id: "0123456789AB-2" },
  { page: "settings" },
  { page: "welcome" },
];

describe("addresses of the office", () => {
  it("lead back to the page they were made for", () => {
    for (const route of routes) expect(routeOf(pathOf(route))).toEqual(route);
  });

  it("that name no page say so", () => {
    const paths = [
      "/office/nothing",
      "/office/codes/a/b",
      "/office/toString",
      "/office/codes/..%2f..",
      "/officer",
    ];
    for (const path of paths) expect(routeOf(path)).toEqual({ page: "unknown" });
    expect(routeOf("/office/")).toEqual({ page: "today" });
  });

  it("take a token from the fragment only, and only of the two known links", () => {
    const token = "abcdefghijklmnopqrstuvwxyz012345";
    expect(tokenOf(`#setup=${token}`)).toEqual({ kind: "setup", token });
    expect(tokenOf(`#owner-link=${token}`)).toEqual({ kind: "owner-link", token });
    expect(tokenOf(`#other=${token}`)).toBe(null);
    expect(tokenOf("#setup=short")).toBe(null);
    expect(tokenOf("")).toBe(null);
  });

  it("follow the browser's «back»", () => {
    const location = { pathname: "/office/codes" };
    const told: (() => void)[] = [];
    const history = {
      pushState: (_state: unknown, _title: string, path: string) => (location.pathname = path),
      replaceState: (_state: unknown, _title: string, path: string) => (location.pathname = path),
    };
    const router = createRouter({
      location,
      history,
      addEventListener: (_type: string, listener: () => void) => told.push(listener),
    } as unknown as Window);
    router.go({ page: "tills" });
    expect(location.pathname).toBe("/office/tills");
    location.pathname = "/office/codes";
    for (const listener of told) listener();
    expect(router.route.value).toEqual({ page: "codes" });
  });
});
