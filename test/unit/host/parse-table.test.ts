// Listings as real `ip` printed them, read back.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TableName } from "../../../provider/host/host";
import { formatShowCommand, parseTable } from "../../../provider/host/iproute2";
import { isLocalRoute } from "../../../provider/host/route";
import { readFixture } from "./read-fixture";

const ipv4Local: TableName = { family: "ipv4", table: 255 };
const ipv6Local: TableName = { family: "ipv6", table: 255 };

function findIn(fixture: string, name: TableName, prefix: string) {
  return parseTable(readFixture(fixture), name).find(prefix);
}

describe("parseTable on iproute2 6.1.0", () => {
  it.each([
    [
      "203.0.113.0/25",
      [
        { type: 2, device: "lo", protocol: 177, metric: 0 },
        { type: 2, device: "lo", protocol: 177, metric: 50 },
      ],
    ],
    ["203.0.113.128/32", [{ type: 2, device: "lo", protocol: 4, metric: 0, source: "192.0.2.1" }]],
    ["203.0.113.129/32", [{ type: 2, device: "eth0", protocol: 3, metric: 0 }]],
    ["203.0.113.192/28", [{ type: 6, protocol: 99, metric: 0 }]],
    ["203.0.113.208/28", [{ type: 7, protocol: 3, metric: 0 }]],
    ["203.0.113.224/28", [{ type: 8, protocol: 3, metric: 0 }]],
    ["203.0.113.240/28", [{ type: 9, protocol: 3, metric: 0 }]],
    ["127.0.0.0/8", [{ type: 2, device: "lo", protocol: 2, metric: 0, source: "127.0.0.1" }]],
    ["192.0.2.255/32", [{ type: 3, device: "eth0", protocol: 2, metric: 0, source: "192.0.2.1" }]],
    ["203.0.113.0/24", []],
    ["203.0.113.128/25", []],
  ])("IPv4, table local, %s", (prefix, routes) => {
    const place = { ...ipv4Local, prefix };
    expect(findIn("iproute2-6.1.0-ipv4-table-255", ipv4Local, prefix)).toEqual(
      routes.map((route) => ({ ...place, ...route })),
    );
  });

  it.each([
    [
      "2001:db8:2::/64",
      [
        { type: 2, device: "lo", protocol: 177, metric: 50 },
        { type: 2, device: "lo", protocol: 177, metric: 1024 },
      ],
    ],
    ["2001:db8:3::1/128", [{ type: 2, device: "lo", protocol: 4, metric: 1024, source: "2001:db8:1::1" }]],
    ["2001:db8:3::2/128", [{ type: 2, device: "eth0", protocol: 3, metric: 1024 }]],
    ["64:ff9b::c000:200/120", [{ type: 2, device: "lo", protocol: 177, metric: 1024 }]],
    ["::c000:201/128", [{ type: 2, device: "lo", protocol: 177, metric: 1024 }]],
    ["::c000:200/120", [{ type: 2, device: "eth0.5", protocol: 177, metric: 1024, source: "2001:db8:1::1" }]],
    ["2001:db8:4::/48", [{ type: 6, device: "lo", protocol: 99, metric: 1024 }]],
    ["2001:db8:8::1/128", [{ type: 4, device: "eth0", protocol: 3, metric: 1024 }]],
    ["::1/128", [{ type: 2, device: "lo", protocol: 2, metric: 0 }]],
    ["2001:db8:2::/48", []],
  ])("IPv6, table local, %s", (prefix, routes) => {
    const place = { ...ipv6Local, prefix };
    expect(findIn("iproute2-6.1.0-ipv6-table-255", ipv6Local, prefix)).toEqual(
      routes.map((route) => ({ ...place, ...route })),
    );
  });

  it.each([
    [
      "ipv4",
      "0.0.0.0/0",
      [
        { type: 2, metric: 9, device: "lo" },
        { type: 1, metric: 100, device: "eth0", source: "192.0.2.1", protocol: 16 },
      ],
    ],
    ["ipv4", "10.1.0.0/16", [{ type: 1, metric: 7, device: "eth0", protocol: 4 }]],
    ["ipv4", "10.2.0.0/16", [{ type: 1, metric: 0, protocol: 3 }]],
    [
      "ipv6",
      "::/0",
      [
        { type: 2, metric: 9, device: "lo" },
        { type: 1, metric: 100, device: "eth0", protocol: 9 },
      ],
    ],
    ["ipv6", "2001:db8:9::/48", [{ type: 1, metric: 7, device: "eth0", protocol: 4 }]],
    ["ipv6", "2001:db8:a::/48", [{ type: 1, metric: 1024, protocol: 3 }]],
    ["ipv6", "2001:db8:b::/48", [{ type: 2, metric: 1024, device: "lo", protocol: 177 }]],
  ] as const)("%s, table 100, %s", (family, prefix, routes) => {
    const found = findIn(`iproute2-6.1.0-${family}-table-100`, { family, table: 100 }, prefix);
    expect(found).toMatchObject(routes);
    expect(found.every(({ table }) => table === 100)).toBe(true);
  });

  it.each(["ipv4", "ipv6"] as const)("reads a table that does not exist as empty (%s)", (family) => {
    const table = parseTable(readFixture(`iproute2-6.1.0-${family}-table-missing`), { family, table: 4242 });
    expect(table.find(family === "ipv4" ? "0.0.0.0/0" : "::/0")).toEqual([]);
  });

  it("gives a multipath route no device: those of its hops are not its own", () => {
    for (const [family, prefix] of [
      ["ipv4", "10.2.0.0/16"],
      ["ipv6", "2001:db8:a::/48"],
    ] as const) {
      const [found] = findIn(`iproute2-6.1.0-${family}-table-100`, { family, table: 100 }, prefix);
      expect(found).not.toHaveProperty("device");
    }
  });

  it("passes over a route for one type of service: it has another key, and does not answer for the prefix", () => {
    const name = { family: "ipv4", table: 100 } as const;
    expect(findIn("iproute2-6.1.0-ipv4-table-100", name, "10.3.0.0/16")).toEqual([]);
  });

  it.each(["metric", "proto", "src", "dev"])("does not take a device called %s for a keyword", (device) => {
    const line = `2 192.0.2.0/24 dev ${device} proto 177 scope 254 src 192.0.2.1 metric 50 \n`;
    expect(parseTable(line, ipv4Local).find("192.0.2.0/24")).toMatchObject([
      { device, protocol: 177, source: "192.0.2.1", metric: 50 },
    ]);
  });

  it("asks for a listing that it can read", () => {
    expect(formatShowCommand(ipv6Local)).toBe("ip -6 -N -d -o route show table 255");
    expect(formatShowCommand({ family: "ipv4", table: 100 })).toBe("ip -4 -N -d -o route show table 100");
  });
});

describe("parseTable on busybox 1.35.0", () => {
  // Its listing has names instead of numbers and no protocol: nothing in it may pass for a route of ours.
  it.each([
    ["busybox-1.35.0-ipv4-table-local", ipv4Local, "203.0.113.0/25"],
    ["busybox-1.35.0-ipv6-table-local", ipv6Local, "2001:db8:3::2/128"],
    ["busybox-1.35.0-numeric-refused", ipv6Local, "2001:db8:2::/64"],
  ])("finds nothing in %s", (fixture, name, prefix) => {
    expect(findIn(fixture, name, prefix)).toEqual([]);
  });
});

describe("parseTable on anything", () => {
  const words = [
    "2",
    "1",
    "default",
    "2001:db8::/64",
    "192.0.2.0/24",
    "::192.0.2.1",
    "dev",
    "lo",
    "src",
    "metric",
    "proto",
    "177",
    "99999999999999999999",
    "via",
    "\\",
    "nexthop",
    "tos",
    "0x10",
  ];
  const anyLine = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.array(fc.constantFrom(...words), { maxLength: 14 }).map((line) => line.join(" ")),
  );
  const anyListing = fc.array(anyLine, { maxLength: 6 }).map((lines) => lines.join("\n"));
  const prefixes = ["0.0.0.0/0", "::/0", "2001:db8::/64", "192.0.2.0/24", "::c000:201/128"];

  it("never throws, and every local route has a device", () => {
    fc.assert(
      fc.property(anyListing, fc.constantFrom("ipv4" as const, "ipv6" as const), (text, family) => {
        const table = parseTable(text, { family, table: 255 });
        for (const prefix of prefixes) {
          for (const route of table.find(prefix)) {
            expect(route).toMatchObject({ family, prefix, table: 255 });
            expect(Number.isInteger(route.metric) && Number.isInteger(route.protocol)).toBe(true);
            if (isLocalRoute(route)) expect(route.device).toBeTypeOf("string");
          }
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
