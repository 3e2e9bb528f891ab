// Which local routes a host must not get, by what surrounds it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Address, formatAddress, parseAddress } from "../../../net/address";
import { formatPrefix, holdsAddress, holdsPrefix } from "../../../net/prefix";
import { findRisks, type GuardedRoute, type UnsafeReason, unsafeReasons } from "../../../provider/host/guard";
import { noSurroundings, type OnLinkPrefix, type Surroundings } from "../../../provider/host/surroundings";
import { anyAddress, anyPrefix } from "../net/arbitraries";
import { requirePrefix } from "../net/require-prefix";

const on = (device: string) => (text: string) => ({ address: requireAddress(text), device });
const onLink = (text: string, device: string, usesNeighborDiscovery = true): OnLinkPrefix => ({
  prefix: requirePrefix(text),
  device,
  usesNeighborDiscovery,
});

const surroundings: Surroundings = {
  sshPeer: requireAddress("203.0.113.9"),
  gateways: ["192.0.2.254", "2001:db8:1::fe", "fe80::1"].map(on("eth0")),
  resolvers: ["198.51.100.53", "2001:db8:53::53"].map(requireAddress),
  neighbors: ["192.0.2.254", "192.0.2.9", "2001:db8:1::fe", "2001:db8:1::9"].map(on("eth0")),
  onLink: [
    onLink("192.0.2.0/24", "eth0"),
    onLink("2001:db8:1::/64", "eth0"),
    onLink("fd00:8::/64", "wg0", false),
    onLink("10.8.0.1/32", "wg0", false),
  ],
  extraTables: [{ family: "ipv4", table: 100 }],
};
const jumpHosts = ["203.0.113.77", "2001:db8:77::1%eth0", "jump.example"];

function requireAddress(text: string): Address {
  const address = parseAddress(text);
  if (!address) throw new Error(`not an address: ${text}`);
  return address;
}

function route(prefix: string, table = 255): GuardedRoute {
  return { family: prefix.includes(":") ? "ipv6" : "ipv4", prefix, table };
}

const risksOf = (prefix: string, table?: number, allowed: readonly UnsafeReason[] = []) =>
  findRisks(route(prefix, table), surroundings, jumpHosts, allowed);
const reasonsOf = (...args: Parameters<typeof risksOf>) => risksOf(...args).map(({ reason }) => reason);

describe("findRisks", () => {
  it.each<[string, UnsafeReason[], RegExp]>([
    ["203.0.113.9/32", ["sshPeer"], /^covers 203\.0\.113\.9, from which this SSH login comes$/],
    ["203.0.113.8/29", ["sshPeer"], /203\.0\.113\.9/],
    ["203.0.113.0/24", ["sshPeer", "jumpHost"], /203\.0\.113\.9/],
    ["203.0.113.77/32", ["jumpHost"], /^covers 203\.0\.113\.77, a jump host/],
    ["2001:db8:77::/64", ["jumpHost"], /^covers 2001:db8:77::1, a jump host/],
    ["192.0.2.254/32", ["gateway"], /^covers 192\.0\.2\.254, a gateway on eth0$/],
    ["192.0.2.248/29", ["gateway"], /gateway/],
    ["198.51.100.0/24", ["resolver"], /^covers 198\.51\.100\.53, a nameserver of the host$/],
    ["2001:db8:53::/48", ["resolver"], /2001:db8:53::53/],
    ["192.0.2.8/29", ["neighbor"], /^covers 192\.0\.2\.9, another host on eth0$/],
    ["192.0.2.0/24", ["gateway", "neighbor"], /gateway/],
    ["10.8.0.0/16", ["neighbor"], /^covers 10\.8\.0\.1\/32, and so all other hosts on wg0$/],
    ["10.8.0.1/32", ["neighbor"], /all other hosts on wg0/],
    ["fd00:8::/64", ["neighbor"], /^covers fd00:8::\/64, and so all other hosts on wg0$/],
    ["2001:db8:1:0:8000::/65", ["onLink"], /^lies in 2001:db8:1::\/64, which is on-link on eth0$/],
    ["2001:db8:1::77/128", ["onLink"], /on-link on eth0/],
    ["2001:db8:1::/64", ["gateway", "neighbor", "onLink"], /gateway/],
    ["2001:db8::/32", ["jumpHost", "gateway", "resolver", "neighbor"], /jump host/],
    ["0.0.0.0/0", ["sshPeer", "jumpHost", "gateway", "resolver", "neighbor"], /SSH login/],
    ["::/0", ["jumpHost", "gateway", "resolver", "neighbor"], /jump host/],
  ])("%s: %j", (prefix, reasons, words) => {
    const risks = risksOf(prefix);
    expect(risks.map(({ reason }) => reason)).toEqual(reasons);
    expect(risks[0]?.found).toMatch(words);
  });

  it.each([
    ["on-link IPv4", "192.0.2.128/26"],
    ["a part of a point-to-point link's IPv6 subnet", "fd00:8::/65"],
    ["IPv6 that is routed here", "2001:db8:2::/64"],
    ["IPv4 that is routed here", "198.51.101.0/24"],
    ["what only a name could mean", "203.0.113.128/25"],
  ])("allows %s", (_what, prefix) => {
    expect(reasonsOf(prefix)).toEqual([]);
  });

  it.each([
    [255, ["gateway"]],
    [254, ["gateway"]],
    [253, ["gateway"]],
    [100, ["gateway"]],
    [101, []],
  ])("looks at table %i as the rules do", (table, reasons) => {
    expect(reasonsOf("192.0.2.254/32", table)).toEqual(reasons);
  });

  it("tells the families' rules apart", () => {
    expect(reasonsOf("2001:db8:1::/64", 100)).toEqual([]);
  });

  it("lifts each reason by its name alone", () => {
    for (const prefix of ["0.0.0.0/0", "::/0", "2001:db8:1::/64"]) {
      const reasons = reasonsOf(prefix);
      for (const reason of unsafeReasons) {
        expect(reasonsOf(prefix, 255, [reason])).toEqual(reasons.filter((other) => other !== reason));
      }
      expect(reasonsOf(prefix, 255, unsafeReasons)).toEqual([]);
    }
  });

  it("knows no risk where nothing is around", () => {
    fc.assert(
      fc.property(anyPrefix, ({ family, ...prefix }) => {
        const text = formatPrefix({ family, ...prefix });
        expect(findRisks({ family, prefix: text, table: 255 }, noSurroundings, ["jump"], [])).toEqual([]);
      }),
    );
  });

  it("refuses exactly what covers an address, or holds or lies in a subnet", () => {
    const anyTable = fc.constantFrom(255, 254, 253, 100, 7);
    fc.assert(
      fc.property(
        anyPrefix,
        anyAddress,
        anyPrefix,
        fc.boolean(),
        anyTable,
        (prefix, address, subnet, uses, table) => {
          const link = { prefix: subnet, device: "eth0", usesNeighborDiscovery: uses };
          const around: Surroundings = {
            ...noSurroundings,
            sshPeer: address,
            gateways: [{ address, device: "eth0" }],
            resolvers: [address],
            onLink: [link],
            extraTables: [{ family: "ipv6", table: 100 }],
          };
          const text = formatPrefix(prefix);
          const risks = findRisks(
            { family: prefix.family, prefix: text, table },
            around,
            [formatAddress(address)],
            [],
          );
          const isExempt = table === 7 || (table === 100 && prefix.family === "ipv4");
          const isCovered = !isExempt && holdsAddress(prefix, address);
          const isDead = !isExempt && prefix.family === "ipv6" && uses && holdsPrefix(subnet, prefix);
          const expected = {
            sshPeer: isCovered,
            jumpHost: isCovered,
            gateway: isCovered,
            resolver: isCovered,
            neighbor: !isExempt && holdsPrefix(prefix, subnet),
            wholeFamily: false,
            onLink: isDead,
          };
          expect(risks.map(({ reason }) => reason)).toEqual(
            unsafeReasons.filter((reason) => expected[reason]),
          );
        },
      ),
      { numRuns: 10_000 },
    );
  });
});
