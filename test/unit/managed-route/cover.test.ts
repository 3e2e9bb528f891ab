// Larger routes by which addresses are answered, and what keeps them from being deleted.
import { describe, expect, it } from "vitest";
import { isPrefixProblem, type Prefix, parsePrefix } from "../../../net/prefix";
import { type OwnershipRecord, recordName } from "../../../provider/host/record";
import type { ObservedRoute } from "../../../provider/host/route";
import { findCover, requireUnused } from "../../../provider/managed-route/cover";
import { localRoute } from "../../support/route-operations";
import { KernelTable, ModelHost, thisMachine } from "./kernel-table";

const observed = (prefix: string, change: Partial<ObservedRoute> = {}): ObservedRoute => ({
  ...localRoute(prefix),
  type: 2,
  ...change,
});

function read(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) throw new Error(prefix.problem);
  return prefix;
}

describe("findCover", () => {
  const table = new KernelTable([
    observed("2001:db8:100::/64"),
    observed("2001:db8::/32"),
    observed("2001:db8:200::/64", { type: 7 }),
  ]);

  it.each([
    ["2001:db8:100::/64", "2001:db8:100::/64"],
    ["2001:db8:100::5/128", "2001:db8:100::/64"],
    ["2001:db8:100::/63", "2001:db8::/32"],
    ["2001:db8:200::/64", "2001:db8::/32"],
    ["2001:db9::/64", undefined],
  ])("of %s is %s", (prefix, cover) => {
    expect(findCover(table, read(prefix))?.prefix).toBe(cover);
  });
});

describe("requireUnused", () => {
  const route = localRoute("2001:db8:100::/64");
  const plan = { step: { kind: "delete", route }, result: 1 } as const;
  const covered = (prefix: string, change: Partial<OwnershipRecord> = {}): OwnershipRecord => ({
    route: localRoute(prefix),
    owner: `shop/dev/${prefix}`,
    origin: "created",
    token: "t",
    machineId: thisMachine,
    persists: false,
    hold: { kind: "covered" },
    ...change,
  });
  const host = (records: OwnershipRecord[], more: ObservedRoute[] = []) =>
    new ModelHost(
      new KernelTable([observed(route.prefix), ...more]),
      new Map(records.map((record) => [recordName(record.route), record])),
    );
  const used = ["1", "2", "3", "4"].map((last) => covered(`2001:db8:100::${last}/128`));

  it("names who is answered by the route", () => {
    const message = /4 allocated addresses are answered by: shop\/dev\/2001:db8:100::1\/128, .* and 1 more/;
    expect(() => requireUnused(plan, host(used))).toThrow(
      expect.objectContaining({ code: "ROUTE_IN_USE", message: expect.stringMatching(message) }),
    );
  });

  it.each<[string, ModelHost]>([
    ["nobody is", host([])],
    [
      "only addresses with routes of their own are in it",
      host([covered("2001:db8:100::1/128", { hold: { kind: "route" } })]),
    ],
    ["they are beside it", host([covered("2001:db8:101::1/128")])],
    [
      "they are in another table",
      host([
        covered("2001:db8:100::1/128", { route: { ...route, prefix: "2001:db8:100::1/128", table: 100 } }),
      ]),
    ],
    [
      "they came with another machine's disk",
      host([covered("2001:db8:100::1/128", { machineId: "f".repeat(32) })]),
    ],
    ["another route covers them", host(used, [observed("2001:db8::/32")])],
    ["the same route with another metric does", host(used, [observed(route.prefix, { metric: 50 })])],
  ])("lets the route go where %s", (_what, host) => {
    expect(requireUnused(plan, host)).toBe(plan);
  });

  it("has nothing to say of what does not delete", () => {
    const add = { step: { kind: "add", route }, result: 1 } as const;
    expect(requireUnused(add, host(used))).toBe(add);
  });
});
