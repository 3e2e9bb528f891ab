// What busybox's `ip` prints of routes and of what is around. It takes iproute2's words for a step; it has none of its
// switches, says no protocol, and names tables by /etc/iproute2/rt_tables. Seen of 1.35. Pure.
import type { Family } from "../../net/address";
import type { ObservedTable, TableName } from "./host";
import { type Link, parseReach, type Reach } from "./iproute2-surroundings";
import { routeTypeNames } from "./route";
import { canonicalDestination, indexRoutes, readRouteWords } from "./route-listing";

/** True for what it says to a switch that it does not have. */
export function isBusyboxUsage(output: string): boolean {
  return /^BusyBox v/m.test(output);
}

/** Prints `NUMBER NAME` for each table with a name of the host's own. Only these lines, so that none can be taken for others. */
const showTableNames = "grep -s '^[0-9]' /etc/iproute2/rt_tables";

/**
 * The command that prints what {@link parseBusyboxTable} reads: all tables, because of IPv6's it can list no other than
 * local and main, and takes for these whatever is of type local, or is not.
 */
export function formatBusyboxShowCommand({ family }: TableName): string {
  return `{ ${showTableNames}; ip ${familyFlag(family)} route show table all; }`;
}

function familyFlag(family: Family): string {
  return family === "ipv4" ? "-4" : "-6";
}

const unicastType = 1;

/** Its word for type 0 is another than rtnetlink's. */
function readType(name: string): number {
  return name === "none" ? 0 : routeTypeNames.indexOf(name);
}

// `local 203.0.113.0/25 dev lo table local scope host  metric 50`, `default via 192.0.2.9 dev eth0`
const routeLine = /^(?:([a-z]+) )?(default|[0-9a-fA-F:.]+)(\/[0-9]{1,3})? /;

/** Reads what {@link formatBusyboxShowCommand} printed. */
export function parseBusyboxTable(text: string, { family, table }: TableName): ObservedTable {
  const lines = text.split("\n");
  const numbers = readTableNames(lines);
  return indexRoutes(
    lines,
    (line) => {
      const [, , address, length] = routeLine.exec(line) ?? [];
      if (address === undefined || readTable(line, numbers) !== table) return undefined;
      return canonicalDestination(address, length, family);
    },
    (line, prefix) => {
      const [, typeName] = routeLine.exec(line) ?? [];
      const type = typeName === undefined ? unicastType : readType(typeName);
      const words = typeName === undefined ? `unicast ${line}` : line;
      return { family, prefix, table, type, ...readRouteWords(words, family) };
    },
  );
}

const mainTable = 254;

/** The names that it has by itself. */
const commonNames: readonly (readonly [string, number])[] = [
  ["local", 255],
  ["main", mainTable],
  ["default", 253],
];

function readTableNames(lines: readonly string[]): Map<string, number> {
  const numbers = new Map(commonNames);
  for (const line of lines) {
    const [, number, name] = /^(0x[0-9a-fA-F]+|[0-9]+)\s+(\S+)/.exec(line) ?? [];
    if (name !== undefined) numbers.set(name, Number(number));
  }
  return numbers;
}

/** A route of table main has no word for it. */
function readTable(line: string, numbers: ReadonlyMap<string, number>): number | undefined {
  const [, name] = / dev \S+ table (\S+)/.exec(line) ?? / table (\S+) *$/.exec(line) ?? [];
  return name === undefined ? mainTable : (numbers.get(name) ?? Number(name));
}

/**
 * The commands whose answers are read here and in iproute2-surroundings.ts. Of a route over more than one gateway it
 * says none, so that these are known only as neighbours; of a rule's selectors it leaves out some, so that a table may
 * be taken for one in which everything is looked up.
 */
export const busyboxSurroundingsCommands = {
  "ipv4 routes": "ip -4 route show table main",
  "ipv6 routes": "ip -6 route show table all",
  "ipv4 rules": `${showTableNames}; ip -4 rule show`,
  "ipv4 other routes": "ip -4 route show table all | sed 's/ table .*//'",
  "ipv6 rules": `${showTableNames}; ip -6 rule show`,
  "ipv6 other routes": "ip -6 route show table all | sed 's/ table .*//'",
  links: "ip -o link show",
  neighbors: "ip neigh show",
} as const;

/** Like iproute2's routesFilter, and takes out what is of other tables than main. */
export const busyboxRoutesFilter = [
  "{ sed -e '/ dev [^ ]* table /d' -e 's/^[^ ]* \\(via [^ ]* dev [^ ]*\\).*/default \\1/'",
  "&& echo whole; } | sort -u",
].join(" ");

/** Reads a listing of routes that has come through {@link busyboxRoutesFilter}. */
export function parseBusyboxReach(text: string, family: Family, links: ReadonlyMap<string, Link>): Reach {
  const numbered = text.replace(/^(?=(?:default|[0-9a-fA-F:.]+(?:\/[0-9]+)?) )/gm, `${unicastType} `);
  return parseReach(numbered, family, links);
}

// `100:	from all lookup uplink`
const catchAllRule =
  /^[0-9]+:\s+from all lookup (\S+)(?: (?:suppress_prefixlength|suppress_ifgroup) \S+)*\s*$/;

/** The tables that a rule without a selector names. */
export function parseBusyboxCatchAllTables(text: string, family: Family): TableName[] {
  const lines = text.split("\n");
  const numbers = readTableNames(lines);
  const names = lines.flatMap((line) => catchAllRule.exec(line)?.[1] ?? []);
  return [...new Set(names)].map((name) => ({ family, table: numbers.get(name) ?? Number(name) }));
}
