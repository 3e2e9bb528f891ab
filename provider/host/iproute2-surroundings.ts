// iproute2's text about what surrounds a host: routes with gateways, rules, links, neighbours. Together with iproute2.ts
// the only place that knows its words (ip-route(8), ip-rule(8), ip-link(8), ip-neighbour(8)). Pure; never throws.
import { type Address, addressBits, type Family, parseAddress } from "../../net/address";
import { isPrefixProblem, overlaps, type Prefix, parsePrefix } from "../../net/prefix";
import type { TableName } from "./host";
import type { LinkAddress, OnLinkPrefix } from "./surroundings";

/** The commands whose answers are read here, by the names that the answers are given. */
export const surroundingsCommands = {
  "ipv4 routes": "ip -4 -N -d -o route show table main",
  "ipv6 routes": "ip -6 -N -d -o route show table main",
  "ipv4 rules": "ip -4 -N rule show",
  "ipv4 other routes": "ip -4 -N -d -o route show table all type unicast",
  "ipv6 rules": "ip -6 -N rule show",
  "ipv6 other routes": "ip -6 -N -d -o route show table all type unicast",
  links: "ip -N -o link show",
  neighbors: "ip -N -o neigh show",
} as const;

/**
 * A shell function that tells whether rules, its argument, lead to another table than every host has: local, main,
 * default. Without a process of its own, since hardly any host has such rules.
 */
export const defineLeadsElsewhere = [
  "leads_elsewhere() {",
  "rest=$1",
  "while :; do case $rest in",
  `*'lookup '*) rest=\${rest#*lookup }; case $rest in 25[345] | 25[345][!0-9]*) ;; *) return 0 ;; esac ;;`,
  "*) return 1 ;;",
  "esac; done",
  "}",
];

/**
 * A filter for the answers about routes, which on a router may be a million: of a route over a gateway only the gateway
 * matters, and each once. Prints {@link isWhole}'s line at the end, because nobody sees the exit code of a filter.
 */
export const routesFilter = [
  "{ sed '/nexthop dev/!s/^\\( *[0-9]* \\)[^ ]*\\( .*via .* dev [^ ]*\\).*/\\1default\\2/'",
  "&& echo whole; } | sort -u",
].join(" ");

/** True for an answer that has come through {@link routesFilter} to its end. */
export function isWhole(listing: string): boolean {
  return /^whole$/m.test(listing);
}

/** True for an answer of which nothing follows but that there is nothing: an empty table, a kernel without the feature. */
export function saysNothingThere(listing: string): boolean {
  return /FIB table does not exist|not supported/.test(listing);
}

/** What is known of a link by its flags (netdevice(7)). */
export interface Link {
  readonly isLoopback: boolean;
  /** False for POINTOPOINT and NOARP. */
  readonly usesNeighborDiscovery: boolean;
}

// `3: eth0@peer0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 …`
const linkLine = /^[0-9]+: ([^\s:@]+)(?:@[^\s:]*)?: <([A-Z0-9_,-]*)>/;

/** Links by name. */
export function parseLinks(text: string): Map<string, Link> {
  const links = new Map<string, Link>();
  for (const line of text.split("\n")) {
    const [, name, list] = linkLine.exec(line) ?? [];
    if (name === undefined || list === undefined) continue;
    const flags = list.split(",");
    links.set(name, {
      isLoopback: flags.includes("LOOPBACK"),
      usesNeighborDiscovery: !flags.includes("POINTOPOINT") && !flags.includes("NOARP"),
    });
  }
  return links;
}

/** What unicast routes say: who is a gateway, and what is on-link. */
export interface Reach {
  readonly gateways: LinkAddress[];
  readonly onLink: OnLinkPrefix[];
}

// `1 192.0.2.0/24 dev eth0 …`, `1 default via 192.0.2.254 dev eth0 …`, and for more than one next hop
// `1 10.2.0.0/16 proto 3 scope 0 \	nexthop via 192.0.2.252 dev eth0 weight 1 \	nexthop dev eth1 weight 2`
const unicastLine = /^\s*1 (\S+) /;
const hopWords = /(?:^| )(?:via (?:inet6? )?([0-9a-fA-F:.]+) )?dev (\S+)/;

/**
 * Reads a listing of routes. A route without a gateway makes its destination on-link, but for a default route, which
 * says where all else is sent and not what is there.
 */
export function parseReach(text: string, family: Family, links: ReadonlyMap<string, Link>): Reach {
  // A table may hold the routes of the whole internet over a few gateways: each text is read once.
  const hops = new Set<string>();
  const subnets = new Set<string>();
  for (const line of text.split("\n")) {
    const destination = unicastLine.exec(line)?.[1];
    if (destination === undefined) continue;
    const [head = "", ...others] = line
      .trim()
      .slice(1)
      .split(/\bnexthop /);
    for (const part of [head, ...others]) {
      const [, gateway, device] = hopWords.exec(part) ?? [];
      if (device === undefined || links.get(device)?.isLoopback) continue;
      if (gateway === undefined) subnets.add(`${destination} ${device}`);
      else hops.add(`${gateway} ${device}`);
    }
  }
  return {
    gateways: [...hops].flatMap(readLinkAddress),
    onLink: [...subnets].flatMap((subnet) => readOnLink(subnet, family, links)),
  };
}

function readLinkAddress(text: string): LinkAddress[] {
  const [word = "", device = ""] = text.split(" ");
  const address = parseAddress(word);
  return address ? [{ address, device }] : [];
}

/** Neither host nor network of these is anybody else's to lose: each link has its own. */
const withoutMeaningElsewhere = ["fe80::/10", "ff00::/8", "224.0.0.0/4"].flatMap(readPrefix);

function readOnLink(text: string, family: Family, links: ReadonlyMap<string, Link>): OnLinkPrefix[] {
  const [destination = "", device = ""] = text.split(" ");
  const cidr = destination.includes("/") ? destination : `${destination}/${addressBits(family)}`;
  const usesNeighborDiscovery = links.get(device)?.usesNeighborDiscovery ?? true;
  return readPrefix(cidr)
    .filter((prefix) => prefix.length > 0)
    .filter((prefix) => !withoutMeaningElsewhere.some((other) => overlaps(other, prefix)))
    .map((prefix) => ({ prefix, device, usesNeighborDiscovery }));
}

function readPrefix(cidr: string): Prefix[] {
  const prefix = parsePrefix(cidr);
  return isPrefixProblem(prefix) ? [] : [prefix];
}

// `192.0.2.9 dev eth0 lladdr 02:00:00:00:00:09 router STALE`
const neighborLine = /^([0-9a-fA-F:.]+) dev (\S+) lladdr \S+ (?:\S+ )*(\S+)\s*$/;

/** The neighbours that have a link-layer address and did not fail to answer for it. */
export function parseNeighbors(text: string, links: ReadonlyMap<string, Link>): LinkAddress[] {
  return text.split("\n").flatMap((line) => {
    const [, word = "", device = "", state] = neighborLine.exec(line) ?? [];
    const address: Address | undefined = parseAddress(word);
    if (!address || state === "FAILED" || links.get(device)?.isLoopback) return [];
    return [{ address, device }];
  });
}

// `100:	from all lookup 100 proto 4`; with a selector such as `iif eth0` before `lookup` it is another matter.
const catchAllRule =
  /^[0-9]+:\s+from all lookup ([0-9]+)(?: (?:proto|suppress_prefixlength|suppress_ifgroup) \S+)*\s*$/;

/** The tables that a rule without a selector names. */
export function parseCatchAllTables(text: string, family: Family): TableName[] {
  const tables = text.split("\n").flatMap((line) => catchAllRule.exec(line)?.[1] ?? []);
  return [...new Set(tables)].map((table) => ({ family, table: Number(table) }));
}
