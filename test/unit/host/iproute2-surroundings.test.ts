// What real `ip` printed about the surroundings of a host, read back.
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAddress } from "../../../net/address";
import { formatPrefix } from "../../../net/prefix";
import {
  isWhole,
  parseCatchAllTables,
  parseLinks,
  parseNeighbors,
  parseReach,
  type Reach,
  routesFilter,
  saysNothingThere,
} from "../../../provider/host/iproute2-surroundings";
import type { LinkAddress } from "../../../provider/host/surroundings";
import { readFixture } from "./read-fixture";

const read = (name: string) => readFixture(`iproute2-6.1.0-surroundings-${name}`);
const links = parseLinks(read("links"));
const writeHops = (hops: readonly LinkAddress[]) =>
  hops.map(({ address, device }) => `${formatAddress(address)} ${device}`);
const writeReach = ({ gateways, onLink }: Reach) => ({
  gateways: writeHops(gateways),
  onLink: onLink.map(
    ({ prefix, device, usesNeighborDiscovery }) =>
      `${formatPrefix(prefix)} ${device}${usesNeighborDiscovery ? "" : " silent"}`,
  ),
});

describe("on iproute2 6.1.0", () => {
  it("links are told by their flags", () => {
    expect(links.size).toBe(7);
    expect(links.get("lo")).toEqual({ isLoopback: true, usesNeighborDiscovery: true });
    expect(links.get("eth0")).toEqual({ isLoopback: false, usesNeighborDiscovery: true });
    expect(links.get("eth2")).toEqual({ isLoopback: false, usesNeighborDiscovery: false });
  });

  it("IPv4 routes say who is a gateway, of either family, and what is on-link", () => {
    expect(writeReach(parseReach(read("ipv4-routes"), "ipv4", links))).toEqual({
      gateways: ["192.0.2.254 eth0", "192.0.2.253 eth0", "192.0.2.252 eth0", "2001:db8:1::fd eth0"],
      onLink: [
        "10.2.0.0/16 eth1",
        "10.8.0.1/32 eth2 silent",
        "192.0.2.0/24 eth0",
        "198.51.100.0/28 eth1",
        "203.0.113.7/32 eth1",
      ],
    });
  });

  it("IPv6 routes do, without link-local subnets, refusals and default routes", () => {
    expect(writeReach(parseReach(read("ipv6-routes"), "ipv6", links))).toEqual({
      gateways: ["2001:db8:1::fc eth0", "2001:db8:2::fb eth1", "fe80::1 eth0", "2001:db8:1::fe eth0"],
      onLink: [
        "2001:db8:1::/64 eth0",
        "2001:db8:2::/64 eth1",
        "2001:db8:5::/48 eth1",
        "fd00:8::/64 eth2 silent",
      ],
    });
  });

  it.each(["ipv4", "ipv6"] as const)("routes come through the filter without a loss (%s)", (family) => {
    const listing = read(`${family}-routes`).repeat(3);
    const { stdout } = spawnSync("sh", ["-c", routesFilter], { input: listing, encoding: "utf8" });
    const sorted = (text: string) => {
      const { gateways, onLink } = writeReach(parseReach(text, family, links));
      return [...gateways, ...onLink].sort();
    };
    expect(sorted(stdout)).toEqual(sorted(listing));
    expect(isWhole(stdout)).toBe(true);
    expect(isWhole(listing)).toBe(false);
    expect(stdout.length).toBeLessThan(listing.length / 2);
  });

  it("neighbours are those that have been seen", () => {
    expect(writeHops(parseNeighbors(read("neighbors"), links))).toEqual([
      "192.0.2.9 eth0",
      "192.0.2.254 eth0",
      "fe80::1 eth0",
      "2001:db8:1::9 eth0",
    ]);
  });

  it("rules without a selector name their tables", () => {
    const tables = (family: "ipv4" | "ipv6") =>
      parseCatchAllTables(read(`${family}-rules`), family).map(({ table }) => table);
    expect(tables("ipv4")).toEqual([255, 100, 254, 253]);
    expect(tables("ipv6")).toEqual([255, 200, 254]);
  });

  it.each(["ipv4", "ipv6"])("a missing table is an empty one (%s)", (family) => {
    expect(saysNothingThere(readFixture(`iproute2-6.1.0-${family}-table-missing`))).toBe(true);
    expect(saysNothingThere(readFixture("iproute2-6.1.0-batch-no-privilege"))).toBe(false);
  });
});

describe("words that iproute2 may print", () => {
  it.each([
    [
      "point-to-point",
      "4: wg0: <POINTOPOINT,NOARP,UP,LOWER_UP> mtu 1420",
      { isLoopback: false, usesNeighborDiscovery: false },
    ],
    [
      "a tunnel",
      "5: ppp0: <POINTOPOINT,MULTICAST,UP> mtu 1492",
      { isLoopback: false, usesNeighborDiscovery: false },
    ],
    ["no flags", "6: eth9@NONE: <> mtu 1500", { isLoopback: false, usesNeighborDiscovery: true }],
  ])("link: %s", (_what, line, link) => {
    expect([...parseLinks(line).values()]).toEqual([link]);
  });

  it.each([
    [
      "dead",
      "1 192.0.2.0/24 dev eth0 proto 2 scope 253 src 192.0.2.1 dead linkdown ",
      [],
      ["192.0.2.0/24 eth0"],
    ],
    ["an unknown device", "1 192.0.2.0/24 dev new0 proto 2", [], ["192.0.2.0/24 new0"]],
    ["a device called via", "1 192.0.2.0/24 dev via proto 2", [], ["192.0.2.0/24 via"]],
    ["a nexthop object", "1 10.0.0.0/8 nhid 7 via 192.0.2.3 dev eth0 proto 4", ["192.0.2.3 eth0"], []],
    ["an encapsulation", "1 10.0.0.0/8  encap mpls  100 via inet 192.0.2.3 dev eth0", ["192.0.2.3 eth0"], []],
    ["onlink", "1 default via 192.0.2.3 dev eth0 onlink ", ["192.0.2.3 eth0"], []],
    ["loopback", "1 192.0.2.0/24 dev lo scope 253", [], []],
    ["multicast", "1 224.0.0.0/4 dev eth0 scope 253", [], []],
    ["local", "2 192.0.2.0/24 dev eth0 scope 254", [], []],
    ["half a line", "1 192.0.2.0/24", [], []],
  ])("route: %s", (_what, line, gateways, onLink) => {
    expect(writeReach(parseReach(line, "ipv4", links))).toEqual({ gateways, onLink });
  });

  it.each([
    ["FAILED with an address", "192.0.2.7 dev eth0 lladdr 02:00:00:00:00:07 FAILED", []],
    [
      "used, with flags",
      "192.0.2.7 dev eth0 lladdr 02:00:00:00:00:07 extern_learn router DELAY ",
      ["192.0.2.7 eth0"],
    ],
    ["loopback", "127.0.0.1 dev lo lladdr 00:00:00:00:00:00 NOARP", []],
    ["proxied", "192.0.2.77 dev eth0 proxy", []],
  ])("neighbour: %s", (_what, line, found) => {
    expect(writeHops(parseNeighbors(line, links))).toEqual(found);
  });
});

describe("any text", () => {
  const words = [
    ...[
      "1",
      "2",
      "default",
      "via",
      "dev",
      "nexthop",
      "inet6",
      "eth0",
      "lo",
      "lladdr",
      "FAILED",
      "from",
      "all",
    ],
    ...[
      "lookup",
      "100",
      "0:\t",
      "\n",
      "1 ",
      "/",
      "::",
      "fe80::1",
      "192.0.2.1",
      "2001:db8::/64",
      "\\\t",
      "<UP>",
      ": ",
    ],
  ];
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 80 }),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((some) => some.join(" ")),
    fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((some) => some.join("")),
  );

  it("is read without an exception", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom("ipv4" as const, "ipv6" as const), (text, family) => {
        parseNeighbors(text, parseLinks(text));
        parseReach(text, family, links);
        parseCatchAllTables(text, family);
      }),
      { numRuns: 10_000 },
    );
  });
});
