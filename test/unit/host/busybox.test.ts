// Listings as busybox's `ip` 1.35.0 printed them, read back.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../net/address";
import { formatPrefix } from "../../../net/prefix";
import { isBusyboxUsage, parseBusyboxTable } from "../../../provider/host/busybox";
import { busybox } from "../../../provider/host/dialect";
import { classifyRefusal, parseBatchReport } from "../../../provider/host/iproute2";
import { parseLinks, parseNeighbors } from "../../../provider/host/iproute2-surroundings";
import { isLocalRoute } from "../../../provider/host/route";
import { readFixture } from "./read-fixture";

const read = (name: string) => readFixture(`busybox-1.35.0-${name}`);

describe("parseBusyboxTable", () => {
  it.each([
    [
      "ipv4",
      255,
      "203.0.113.0/25",
      [
        { type: 2, device: "lo", metric: 0 },
        { type: 2, device: "lo", metric: 50 },
      ],
    ],
    ["ipv4", 255, "203.0.113.128/32", [{ type: 2, device: "eth0", metric: 0, source: "192.0.2.1" }]],
    ["ipv4", 255, "203.0.113.192/28", [{ type: 6, metric: 0 }]],
    ["ipv4", 255, "192.0.2.255/32", [{ type: 3, device: "eth0", metric: 0, source: "192.0.2.1" }]],
    ["ipv4", 255, "10.9.0.0/16", []],
    ["ipv4", 100, "10.9.0.0/16", [{ type: 2, device: "lo", metric: 0 }]],
    ["ipv4", 4000, "10.88.0.0/16", [{ type: 2, device: "lo", metric: 0 }]],
    ["ipv4", 254, "10.10.0.0/16", [{ type: 2, device: "lo", metric: 0 }]],
    ["ipv4", 254, "0.0.0.0/0", [{ type: 1, device: "eth0", metric: 0 }]],
    ["ipv4", 100, "0.0.0.0/0", [{ type: 1, device: "eth0", metric: 5 }]],
    ["ipv4", 254, "10.2.0.0/16", [{ type: 1, metric: 0 }]],
    [
      "ipv6",
      255,
      "2001:db8:3::/64",
      [
        { type: 2, device: "eth0", metric: 7 },
        { type: 2, device: "lo", metric: 1024 },
      ],
    ],
    ["ipv6", 255, "::c000:200/120", [{ type: 2, device: "eth0", metric: 1024 }]],
    ["ipv6", 255, "::1/128", [{ type: 2, device: "lo", metric: 0 }]],
    ["ipv6", 255, "2001:db8:5::/64", []],
    ["ipv6", 254, "2001:db8:5::/64", [{ type: 2, device: "lo", metric: 1024 }]],
    ["ipv6", 100, "2001:db8:4::1/128", [{ type: 2, device: "lo", metric: 4294967295 }]],
    ["ipv6", 254, "2001:db8:96::/48", [{ type: 7, device: "lo", metric: 1024 }]],
    ["ipv6", 100, "2001:db8:97::/48", [{ type: 1, device: "eth0", metric: 1024 }]],
  ] as const)("finds in %s's table %i under %s what is there", (family, table, prefix, routes) => {
    const found = parseBusyboxTable(read(`${family}-tables`), { family, table }).find(prefix);
    expect(found).toEqual(routes.map((route) => ({ family, table, prefix, ...route })));
  });

  it("knows a table by a name that the host has given to the number of one of its own", () => {
    const text = "0xff\thome\n255\there\nlocal 192.0.2.0/24 dev lo table here scope host \n";
    expect(parseBusyboxTable(text, { family: "ipv4", table: 255 }).find("192.0.2.0/24")).toHaveLength(1);
  });

  it.each(["metric", "src", "dev", "table"])("does not take a device called %s for a keyword", (device) => {
    const line = `local 192.0.2.0/24 dev ${device} table local scope host  src 192.0.2.1 metric 50 \n`;
    expect(parseBusyboxTable(line, { family: "ipv4", table: 255 }).find("192.0.2.0/24")).toMatchObject([
      { device, source: "192.0.2.1", metric: 50 },
    ]);
  });

  it("never throws on anything, and every local route has a device", () => {
    const words = [
      "local",
      "default",
      "2001:db8::/64",
      "192.0.2.0/24",
      "dev",
      "lo",
      "table",
      "metric",
      "-1",
      "src",
      "100",
    ];
    const anyLine = fc.oneof(
      fc.string({ unit: "binary", maxLength: 80 }),
      fc.array(fc.constantFrom(...words), { maxLength: 12 }).map((line) => line.join(" ")),
    );
    const anyListing = fc.array(anyLine, { maxLength: 6 }).map((lines) => lines.join("\n"));
    fc.assert(
      fc.property(anyListing, fc.constantFrom("ipv4" as const, "ipv6" as const), (text, family) => {
        const table = parseBusyboxTable(text, { family, table: 255 });
        for (const prefix of ["0.0.0.0/0", "::/0", "2001:db8::/64", "192.0.2.0/24"]) {
          for (const route of table.find(prefix)) {
            expect(route).toMatchObject({ family, prefix, table: 255 });
            expect(route).not.toHaveProperty("protocol");
            expect(route.metric >= 0 && route.metric <= 0xffffffff).toBe(true);
            if (isLocalRoute(route)) expect(route.device).toBeTypeOf("string");
          }
        }
      }),
      { numRuns: 10_000 },
    );
  });
});

describe("what is around, as busybox says it", () => {
  const links = parseLinks(read("surroundings-links"));
  const reach = (family: "ipv4" | "ipv6") => {
    const { gateways, onLink } = busybox.parseReach(read(`surroundings-${family}-routes`), family, links);
    return {
      gateways: gateways.map(({ address, device }) => `${formatAddress(address)} ${device}`),
      onLink: onLink.map(({ prefix, device }) => `${formatPrefix(prefix)} ${device}`),
    };
  };

  it("reads links", () => {
    expect([...links]).toEqual([
      ["lo", { isLoopback: true, usesNeighborDiscovery: true }],
      ["eth0", { isLoopback: false, usesNeighborDiscovery: true }],
    ]);
  });

  it("reads gateways and what is on-link, of table main alone", () => {
    expect(reach("ipv4")).toEqual({
      gateways: ["192.0.2.9 eth0", "198.18.216.2 eth0"],
      onLink: ["192.0.2.0/24 eth0", "198.18.216.0/22 eth0"],
    });
    expect(reach("ipv6")).toEqual({
      gateways: ["2001:db8:1::9 eth0", "fd43:9109:df2:2be5::2 eth0", "fe80::1 eth0"],
      onLink: ["2001:db8:1::/64 eth0", "fd43:9109:df2:2be5::/64 eth0"],
    });
  });

  it("reads neighbours", () => {
    const found = parseNeighbors(read("surroundings-neighbors"), links);
    const texts = found.map(({ address }) => formatAddress(address));
    expect(texts).toEqual(["192.0.2.10", "192.0.2.9", "2001:db8:1::9"]);
  });

  it("reads the tables that rules name without a selector, and one whose selector it does not say", () => {
    const tables = busybox.parseCatchAllTables(read("surroundings-ipv4-rules"), "ipv4");
    expect(tables.map(({ table }) => table)).toEqual([255, 100, 4000, 254, 253]);
  });
});

describe("what busybox says to steps", () => {
  it("is a report as iproute2's is", () => {
    const { failures, complete } = parseBatchReport(read("steps-failures"));
    expect(complete).toBe(true);
    expect([...failures].map(([line, message]) => [line, classifyRefusal(message)])).toEqual([
      [1, "exists"],
      [2, "absent"],
      [3, "no-device"],
      [4, "bad-table"],
      [6, "exists"],
    ]);
  });

  it.each([
    ["ip: RTNETLINK answers: Permission denied", "family-disabled"],
    ["ip: RTNETLINK answers: Operation not permitted", "no-privilege"],
    ["ip: RTNETLINK answers: Invalid argument", "other"],
  ])("tells %s", (message, refusal) => {
    expect(classifyRefusal(message)).toBe(refusal);
  });

  it("is known by what it says to a switch of iproute2's", () => {
    expect(isBusyboxUsage(read("numeric-refused"))).toBe(true);
    expect(isBusyboxUsage(readFixture("iproute2-6.1.0-batch-parse-error"))).toBe(false);
  });
});
