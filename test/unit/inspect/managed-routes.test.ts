// Records beside tables: the order they are listed in, and what is there of each.
import { describe, expect, it } from "vitest";
import { tableKey } from "../../../provider/host/host";
import { parseTable } from "../../../provider/host/iproute2";
import type { Hold, OwnershipRecord } from "../../../provider/host/record";
import { compareWithTables, sortEntries, tablesOf } from "../../../provider/inspect/managed-routes";
import { localRoute } from "../../support/route-operations";

const here = "0123456789abcdef0123456789abcdef";
const elsewhere = "fedcba9876543210fedcba9876543210";

function record(prefix: string, owner = "shop/prod/a", machineId = here): OwnershipRecord {
  return {
    route: localRoute(prefix),
    owner,
    origin: "created",
    token: "t",
    machineId,
    persists: true,
    hold: { kind: "route" },
  };
}

describe("sortEntries", () => {
  it("sorts by owner, then by family and address, not by text", () => {
    const wanted = [
      record("2001:db8::/64", "shop/dev/a"),
      record("9.0.0.0/8"),
      record("9.0.0.0/24"),
      record("10.0.0.0/8"),
      record("2001:db8:9::/64"),
      record("2001:db8:10::/64"),
    ];
    const entries = [3, 0, 5, 2, 1, 4].flatMap((index) => {
      const one = wanted[index];
      return one ? [[`name-${index}`, one] as const] : [];
    });
    const problems = ["b", "a"].map((name) => [name, { path: `/run/${name}`, problem: "is none" }] as const);
    expect(sortEntries([...entries, ...problems])).toEqual({
      records: wanted,
      unreadable: [
        { name: "a", path: "/run/a", problem: "is none" },
        { name: "b", path: "/run/b", problem: "is none" },
      ],
    });
  });
});

describe("compareWithTables", () => {
  const name = { family: "ipv6", table: 255 } as const;
  const compare = (text: string, machineId = here, recorded = here) => {
    const tables = new Map([[tableKey(name), parseTable(text, name)]]);
    return compareWithTables([record("2001:db8::/64", "shop/prod/a", recorded)], tables, machineId)[0];
  };
  const asRecorded = "2 2001:db8::/64 dev lo proto 177 scope 0 metric 1024 pref medium\n";

  it.each([
    ["present", asRecorded, "present"],
    ["missing", "", "missing"],
    ["missing, for another metric is another route", asRecorded.replace("1024", "7"), "missing"],
    ["altered in its device", asRecorded.replace("lo", "eth0"), "altered"],
    ["altered in its type", asRecorded.replace(/^2/, "6"), "altered"],
    ["altered in its protocol", asRecorded.replace("177", "4"), "altered"],
  ])("sees a route that is %s", (_, text, status) => {
    expect(compare(text)).toMatchObject({ status, isOfOtherMachine: false });
  });

  it.each<[Hold, string, string]>([
    [{ kind: "covered" }, "2 2001:db8::/48 dev lo proto 4 scope 0 metric 1024 pref medium\n", "covered"],
    [{ kind: "covered" }, "", "missing"],
    [{ kind: "released", untilSeconds: 1 }, "", "released"],
  ])("of a prefix that is %j beside %j", (hold, text, status) => {
    const tables = new Map([[tableKey(name), parseTable(text, name)]]);
    const held = { ...record("2001:db8::/64"), hold, choice: { pool: "2001:db8::/63", key: "a" } };
    expect(compareWithTables([held], tables, here)[0]).toMatchObject({ status });
  });

  it.each([
    [here, here, false],
    [here, elsewhere, true],
    [here, "-", false],
    ["-", here, false],
  ])("on machine %s with a record of %s", (machineId, recorded, isOfOtherMachine) => {
    expect(compare(asRecorded, machineId, recorded)?.isOfOtherMachine).toBe(isOfOtherMachine);
  });
});

describe("tablesOf", () => {
  it("names each table once", () => {
    const records = [record("2001:db8::/64"), record("192.0.2.0/24"), record("2001:db8:1::/64")];
    expect(tablesOf(records)).toEqual([
      { family: "ipv6", table: 255 },
      { family: "ipv4", table: 255 },
    ]);
  });
});
