// What is said of a host, by what was found there.
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../net/address";
import { AnyIPError } from "../../../provider/errors";
import { noSurroundings, type Surroundings } from "../../../provider/host/surroundings";
import type { CheckName, Finding } from "../../../provider/inspect/finding";
import { judgeFailure, judgeInspection } from "../../../provider/inspect/findings";
import type { HostFacts } from "../../../provider/inspect/host-facts";
import type { Inspection } from "../../../provider/inspect/inspection";
import type { ManagedRoute } from "../../../provider/inspect/managed-routes";
import { managedRoute } from "../../support/managed-route";
import { localRoute } from "../../support/route-operations";
import { requirePrefix } from "../net/require-prefix";

const wellSettings = {
  loDisabled: 0,
  allDisabled: 0,
  ipv4Forwarding: 0,
  ipv6Forwarding: 0,
  ipv6NonlocalBind: 1,
};
const wellFacts: HostFacts = {
  root: "login",
  ipVersion: "ip utility, iproute2-6.1.0",
  hasFlock: true,
  settings: wellSettings,
  pending: [],
  isLocked: false,
  ownRoutes: [],
};
const busyboxFacts: Partial<HostFacts> = {
  ipVersion: "BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1) multi-call binary.",
  ownRoutes: undefined,
};
const well: Inspection = {
  facts: wellFacts,
  managed: { routes: [], unreadable: [] },
  surroundings: noSurroundings,
  persistence: { runs: ["systemd"], installed: [] },
  unrecorded: [],
};

const judge = (changes: Partial<Inspection>) =>
  judgeInspection({ ...well, ...changes }, { user: "operator", jumpHosts: [] });
const withFacts = (facts: Partial<HostFacts>): Partial<Inspection> => ({ facts: { ...wellFacts, ...facts } });
const withSettings = (settings: HostFacts["settings"]) =>
  withFacts({ settings: { ...wellSettings, ...settings } });
const withSurroundings = (changes: Partial<Surroundings>): Partial<Inspection> => ({
  surroundings: { ...noSurroundings, ...changes },
});

const withManaged = (...routes: ManagedRoute[]): Partial<Inspection> => ({
  managed: { routes, unreadable: [] },
});

function address(text: string) {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`not an address: ${text}`);
  return parsed;
}

describe("judgeInspection", () => {
  it("finds nothing to do on a host where all is well", () => {
    const findings = judge({});
    expect(findings.map(({ level }) => level)).toEqual(findings.map(() => "ok"));
    expect(findings.filter(({ advice }) => advice !== undefined)).toEqual([]);
  });

  it.each<[string, Partial<Inspection>, CheckName, Finding["level"], RegExp]>([
    ["sudo", withFacts({ root: "sudo" }), "login", "ok", /operator gets root's rights by sudo/],
    ["no ip", withFacts({ ipVersion: undefined }), "ip", "problem", /no `ip` in PATH/],
    ["another ip", withFacts({ ipVersion: "unknown" }), "ip", "problem", /neither iproute2's nor busybox's/],
    [
      "busybox's ip",
      withFacts(busyboxFacts),
      "ip",
      "note",
      /^BusyBox v1\.35\.0: its `ip` takes no table above/,
    ],
    ["busybox's ip", withFacts(busyboxFacts), "unrecorded", "note", /none without a record is found/],
    ["no flock", withFacts({ hasFlock: false }), "flock", "problem", /no `flock`/],
    [
      "IPv6 off on lo",
      withSettings({ loDisabled: 1 }),
      "ipv6",
      "problem",
      /disabled on lo \(net\.ipv6\.conf\.lo\.disable_ipv6\)/,
    ],
    [
      "IPv6 off everywhere",
      withSettings({ loDisabled: 1, allDisabled: 1 }),
      "ipv6",
      "problem",
      /lo\.disable_ipv6 and net\.ipv6\.conf\.all\.disable_ipv6/,
    ],
    [
      "IPv6 off but for lo",
      withSettings({ allDisabled: 1 }),
      "ipv6",
      "note",
      /although IPv6 is not disabled on lo/,
    ],
    ["no IPv6", withFacts({ settings: {} }), "ipv6", "note", /the kernel has no IPv6/],
    [
      "a router",
      withSettings({ ipv4Forwarding: 1, ipv6Forwarding: 1 }),
      "forwarding",
      "note",
      /IPv4 and IPv6/,
    ],
    ["no bind", withSettings({ ipv6NonlocalBind: 0 }), "bind", "note", /cannot bind\(\) to one IPv6 address/],
    [
      "on-link",
      withSurroundings({
        onLink: [
          { prefix: requirePrefix("2001:db8:5::/64"), device: "eth0", usesNeighborDiscovery: true },
          { prefix: requirePrefix("2001:db8:6::/64"), device: "wg0", usesNeighborDiscovery: false },
          { prefix: requirePrefix("192.0.2.0/24"), device: "eth0", usesNeighborDiscovery: true },
        ],
      }),
      "onLink",
      "note",
      /^on-link: 2001:db8:5::\/64 on eth0; nobody/,
    ],
    [
      "what must be reached",
      withSurroundings({
        sshPeer: address("198.51.100.9"),
        gateways: [{ address: address("192.0.2.1"), device: "eth0" }],
        resolvers: [address("2001:db8::53")],
      }),
      "mustReach",
      "note",
      /cover 198\.51\.100\.9 \(from .*\), 192\.0\.2\.1 \(a gateway on eth0\), 2001:db8::53 \(a nameserver\)$/,
    ],
    [
      "an unreadable answer",
      { surroundings: { message: "half", code: "UNEXPECTED_OUTPUT" } },
      "mustReach",
      "problem",
      /^half$/,
    ],
    [
      "two stacks",
      withManaged(
        managedRoute("2001:db8:1::/64", "shop/dev/a"),
        managedRoute("2001:db8:2::/64", "shop/prod/a"),
        managedRoute("2001:db8:3::/64", "shop/prod/b"),
      ),
      "records",
      "ok",
      /by stack: shop\/dev 1, shop\/prod 2$/,
    ],
    [
      "a missing route",
      withManaged(managedRoute("2001:db8:1::/64", "shop/dev/a", { status: "missing" })),
      "missing",
      "problem",
      /not there: 2001:db8:1::\/64 \(shop\/dev\/a\)$/,
    ],
    [
      "an altered route",
      withManaged(managedRoute("2001:db8:1::/64", "shop/dev/a", { status: "altered" })),
      "altered",
      "problem",
      /not as recorded: 2001:db8:1::\/64/,
    ],
    [
      "another machine's record",
      withManaged(
        managedRoute("2001:db8:1::/64", "shop/dev/a", { status: "missing", isOfOtherMachine: true }),
      ),
      "otherMachine",
      "note",
      /whose disk was copied: 2001:db8:1::\/64/,
    ],
    [
      "no init that is known",
      { persistence: { runs: [], installed: [] } },
      "persistence",
      "note",
      /none of what could restore routes at boot is there/,
    ],
    [
      "records that nothing restores",
      withManaged(managedRoute("2001:db8:1::/64", "shop/dev/a")),
      "persistence",
      "problem",
      /what restores at boot what is recorded to persist is missing or does not run: 2001:db8:1::\/64 \(shop/,
    ],
    [
      "routes that are restored",
      {
        ...withManaged(managedRoute("2001:db8:1::/64", "shop/dev/a")),
        persistence: { runs: ["openrc", "ifupdown"], installed: ["openrc"] },
      },
      "persistence",
      "ok",
      /openrc restores routes at boot, and is set up for it/,
    ],
    [
      "an unreadable record",
      { managed: { routes: [], unreadable: [{ name: "x", path: "/run/x", problem: "is cut short" }] } },
      "unreadable",
      "problem",
      /cannot be read: \/run\/x is cut short/,
    ],
    [
      "a route without a record",
      { unrecorded: [localRoute("2001:db8:f::/64")] },
      "unrecorded",
      "note",
      /without a record: 2001:db8:f::\/64 dev lo table 255/,
    ],
    [
      "routes that cannot be listed",
      withFacts({ ownRoutes: undefined }),
      "unrecorded",
      "note",
      /not be listed/,
    ],
    ["a killed run", withFacts({ pending: ["undo"] }), "run", "note", /was killed amid a change \(undo in/],
    ["a run under way", withFacts({ pending: ["undo"], isLocked: true }), "run", "note", /at this moment/],
  ])("says of %s", (_, changes, check, level, found) => {
    const finding = judge(changes).find((other) => other.check === check);
    expect(finding).toMatchObject({ level, found: expect.stringMatching(found) });
    if (level === "problem" && finding?.code !== "UNEXPECTED_OUTPUT") expect(finding?.advice).toMatch(/\S/);
  });

  const onEth0 = withSurroundings({
    onLink: [{ prefix: requirePrefix("2001:db8:5::/64"), device: "eth0", usesNeighborDiscovery: true }],
  });

  it("calls a route dead in an on-link subnet, with the ways out", () => {
    const inside = managedRoute("2001:db8:5:0:1::/80", "shop/dev/a");
    expect(
      judge({ ...withManaged(inside, managedRoute("2001:db8:6::/64", "shop/dev/b")), ...onEth0 }),
    ).toContainEqual({
      check: "dead",
      level: "note",
      found: expect.stringMatching(
        /: 2001:db8:5:0:1::\/80 \(shop\/dev\/a\) lies in 2001:db8:5::\/64, which is on-link on eth0$/,
      ),
      advice: expect.stringMatching(/routed via .*; or .* neigh add proxy .* ndppd .*; or .* not on-link$/),
      code: "PREFIX_ON_LINK",
    });
  });

  it.each<[string, ManagedRoute]>([
    ["is not there", managedRoute("2001:db8:5::1/128", "shop/dev/a", { status: "missing" })],
    [
      "came with another machine's disk",
      managedRoute("2001:db8:5::1/128", "shop/dev/a", { isOfOtherMachine: true }),
    ],
    ["is routed here", managedRoute("2001:db8:6::/64", "shop/dev/a")],
    ["holds the subnet", managedRoute("2001:db8::/32", "shop/dev/a")],
    ["is IPv4", managedRoute("192.0.2.0/25", "shop/dev/a")],
  ])("does not call a route dead that %s", (_, route) => {
    const findings = judge({ ...withManaged(route), ...onEth0 });
    expect(findings.filter(({ check }) => check === "dead")).toEqual([]);
  });

  it("does not call another machine's route missing", () => {
    const elsewhere = managedRoute("2001:db8:1::/64", "shop/dev/a", {
      status: "missing",
      isOfOtherMachine: true,
    });
    expect(judge(withManaged(elsewhere)).filter(({ level }) => level === "problem")).toEqual([]);
  });

  it("names the jump hosts among what no prefix may cover", () => {
    const findings = judgeInspection(well, { user: "root", jumpHosts: ["192.0.2.7"] });
    expect(findings).toContainEqual(
      expect.objectContaining({ level: "note", found: "no prefix may cover 192.0.2.7 (a jump host)" }),
    );
  });

  it("names a few of many", () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      managedRoute(`2001:db8:1:${index.toString(16)}::/64`, "shop/dev/a", { status: "missing" }),
    );
    const finding = judge(withManaged(...many)).find(({ check }) => check === "missing");
    expect(finding?.found).toMatch(/2001:db8:1:9::\/64 \(shop\/dev\/a\) and 990 more$/);
  });
});

describe("judgeFailure", () => {
  it("is a problem in the provider's words, with its code", () => {
    expect(judgeFailure(new AnyIPError("HOST_UNREACHABLE", "root@web1:22: no answer"))).toEqual([
      { check: "login", level: "problem", found: "root@web1:22: no answer", code: "HOST_UNREACHABLE" },
    ]);
  });
});
