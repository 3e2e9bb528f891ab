// The table of `ls`: aligned, whole, and harmless to a terminal.
import { describe, expect, it } from "vitest";
import { formatManagedTable } from "../../../bin/managed-table";
import type { ManagedRoute } from "../../../provider/inspect/managed-routes";
import { managedRoute } from "../../support/managed-route";
import { localRoute } from "../../support/route-operations";

const host = "root@web1:22";

const managed = (prefix: string, changes: Partial<ManagedRoute> = {}, owner = "shop/prod/a") =>
  managedRoute(prefix, owner, changes);

describe("formatManagedTable", () => {
  it("says that there is nothing", () => {
    expect(formatManagedTable(host, { routes: [], unreadable: [] })).toBe(
      "Nothing is managed on root@web1:22.\n",
    );
  });

  it.each<[string, Partial<ManagedRoute>, string]>([
    ["present", {}, "present"],
    ["missing", { status: "missing" }, "missing"],
    [
      "altered",
      {
        status: "altered",
        found: { ...localRoute("192.0.2.0/24", { device: "eth0", protocol: 4 }), type: 2 },
      },
      "altered: device eth0, protocol 4",
    ],
    [
      "another type",
      { status: "altered", found: { ...localRoute("192.0.2.0/24"), type: 6 } },
      "altered: type 6",
    ],
    [
      "altered, its protocol not said",
      {
        status: "altered",
        found: { family: "ipv4", prefix: "192.0.2.0/24", table: 255, metric: 0, type: 2, device: "eth0" },
      },
      "altered: device eth0",
    ],
    ["another machine's", { isOfOtherMachine: true }, "present (record of another machine's disk)"],
  ])("describes a route: %s", (_, overrides, text) => {
    const table = formatManagedTable(host, { routes: [managed("192.0.2.0/24", overrides)], unreadable: [] });
    expect(table.split("\n")[1]).toBe(
      `shop/prod/a  192.0.2.0/24  local  0       lo      created  yes       ${text}`,
    );
  });

  it("lists unreadable records alone", () => {
    const table = formatManagedTable(host, {
      routes: [],
      unreadable: [{ name: "x", path: "/run/x", problem: "is none" }],
    });
    expect(table).toBe("Records that cannot be read:\n  /run/x is none\n");
  });

  it("prints nothing that steers a terminal", () => {
    const table = formatManagedTable(host, {
      routes: [managed("192.0.2.0/24", {}, "shop/\u001b[2Jprod/\u202ea")],
      unreadable: [],
    });
    expect(table).toContain("shop/?[2Jprod/?a");
  });
});
