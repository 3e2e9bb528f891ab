// iproute2's text, in and out: with iproute2-surroundings.ts, all that knows its words (ip-route(8)). Pure.
import { type Family, parseAddress } from "../../net/address";
import { formatPrefix, isPrefixProblem, parsePrefix } from "../../net/prefix";
import type { ObservedTable, TableName } from "./host";
import { isLocalRoute, type LocalRoute, type ObservedRoute, type Step } from "./route";
import { canonicalAddress, canonicalDestination, indexRoutes, readRouteWords } from "./route-listing";

/** The command that prints a table in the form {@link parseTable} reads: numbers, details, a route a line. */
export function formatShowCommand({ family, table }: TableName): string {
  // Of IPv6's table main alone, iproute2 leaves local routes out (iproute.c, ip6_multiple_tables).
  const selector = family === "ipv6" && table === mainTable ? "all" : table;
  return `ip ${familyFlag(family)} -N -d -o route show table ${selector}`;
}

const mainTable = 254;

/** One step as a line of `ip -batch`. Every value in it has passed the input grammar, so no quoting is needed. */
export function formatStep(step: Step): string {
  const verb = { add: "add", replace: "replace", delete: "del" }[step.kind];
  return `route ${verb} ${formatRoute(step.route)}`;
}

/** The route in `ip route`'s words, all that it is told apart by: as in a step, and in an ownership record. */
export function formatRoute(route: LocalRoute): string {
  const source = route.source === undefined ? "" : ` src ${route.source}`;
  return (
    `local ${route.prefix} dev ${route.device} table ${route.table} ` +
    `proto ${route.protocol} metric ${route.metric}${source}`
  );
}

const formattedRoute =
  /^local ([0-9a-f:.]+\/[0-9]{1,3}) dev ([A-Za-z0-9_.-]{1,15}) table ([0-9]{1,10}) proto ([0-9]{1,3}) metric ([0-9]{1,10})(?: src ([0-9a-f:.]+))?$/;

/** Reads what {@link formatRoute} writes; undefined for anything else. */
export function parseFormattedRoute(text: string): LocalRoute | undefined {
  const words = formattedRoute.exec(text);
  if (!words) return undefined;
  const [, prefix = "", device = "", table, protocol, metric, source] = words;
  const parsed = parsePrefix(prefix);
  if (isPrefixProblem(parsed) || formatPrefix(parsed) !== prefix) return undefined;
  if (source !== undefined && (!parseAddress(source) || canonicalAddress(source) !== source))
    return undefined;
  return {
    family: parsed.family,
    prefix,
    device,
    table: Number(table),
    protocol: Number(protocol),
    metric: Number(metric),
    ...(source === undefined ? {} : { source }),
  };
}

function familyFlag(family: Family): string {
  return family === "ipv4" ? "-4" : "-6";
}

/**
 * Reads what {@link formatShowCommand} printed. Lines that are not routes, such as the kernel's remark that a
 * table does not exist, hold no routes and are passed over. Routes are parsed when they are looked up: a table
 * may hold a hundred thousand.
 */
export function parseTable(text: string, { family, table }: TableName): ObservedTable {
  // A route for one type of service has a key of its own: none of ours, and it may stand beside one.
  const isOurs = (line: string) => !/^\s*[0-9]+ \S+ tos /.test(line) && isInTable(line, table);
  return indexRoutes(
    text.split("\n"),
    (line) => (isOurs(line) ? readDestination(line, family) : undefined),
    (line, prefix) => parseRoute(line, { family, prefix, table }),
  );
}

// `2 2001:db8::/64 dev lo proto 177 scope 0 metric 1024 pref medium`: the type, then the destination.
const routeLine = /^\s*([0-9]{1,2}) ([0-9a-fA-F:.]+|default)(\/[0-9]{1,3})?(?: |$)/;

function readDestination(line: string, family: Family): string | undefined {
  const [, , destination, length] = routeLine.exec(line) ?? [];
  return destination === undefined ? undefined : canonicalDestination(destination, length, family);
}

/** A listing of all tables names the table of each route; any other listing doesn't. */
function isInTable(line: string, table: number): boolean {
  const named = / table ([0-9]+)(?: |$)/.exec(line)?.[1];
  return named === undefined || Number(named) === table;
}

/** The command that prints the local routes of one protocol, of all tables, in the form {@link parseLocalRoutes} reads. */
export function formatShowLocalCommand(family: Family, protocol: number): string {
  return `ip ${familyFlag(family)} -N -d -o route show table all type local proto ${protocol}`;
}

/** Reads what {@link formatShowLocalCommand} printed, which leaves out the protocol that was asked for. */
export function parseLocalRoutes(text: string, family: Family, protocol: number): LocalRoute[] {
  return text.split("\n").flatMap((line) => {
    const prefix = readDestination(line, family);
    if (prefix === undefined) return [];
    const table = Number(/ table ([0-9]+)(?: |$)/.exec(line)?.[1] ?? mainTable);
    const route = parseRoute(line, { family, prefix, table });
    return isLocalRoute(route) ? [{ ...route, protocol }] : [];
  });
}

function parseRoute(line: string, place: TableName & { prefix: string }): ObservedRoute {
  // What follows `nexthop` belongs to the hops of a multipath route.
  const [head = line] = line.split("nexthop via ");
  // `ip` leaves the protocol out where it is `boot`, number 3, unless told otherwise.
  return { protocol: 3, ...place, ...readRouteWords(head, place.family), type: Number.parseInt(head, 10) };
}

/** A line for the end of a batch that always prints {@link batchSentinel}: without it, the batch was cut short. */
export const sentinelLine = "link show dev lo";
const batchSentinel = /^1: lo[:@]/m;

/** What `ip -force -batch -` said: a message for each line that failed, by the line's number from 1. */
export interface BatchReport {
  readonly failures: ReadonlyMap<number, string>;
  /** False when `ip` gave up before the last line, as it does on a line it cannot parse. */
  readonly complete: boolean;
  /** What was said last, for a batch that is not complete. */
  readonly lastWords: string;
}

/** Reads the merged output of `ip -force -batch -`: message lines, then `Command failed -:N` for each failure. */
export function parseBatchReport(text: string): BatchReport {
  const failures = new Map<number, string>();
  let message: string[] = [];
  for (const line of text.split("\n")) {
    const failed = /^Command failed .*:([0-9]+)$/.exec(line);
    if (failed) {
      failures.set(Number(failed[1]), message.join("; ") || "no message");
      message = [];
    } else if (line.trim() !== "") {
      message.push(line.trim());
    }
  }
  return { failures, complete: batchSentinel.test(text), lastWords: message.join("; ").slice(0, 500) };
}

/** What kind of refusal a message of `ip` is; the words are the kernel's extended acks, iproute2's own and busybox's. */
export type Refusal =
  | "exists"
  | "absent"
  | "no-device"
  | "no-privilege"
  | "family-disabled"
  | "bad-source"
  | "bad-table"
  | "other";

export function classifyRefusal(message: string): Refusal {
  if (/File exists/.test(message)) return "exists";
  if (/No such process/.test(message)) return "absent";
  if (/Cannot find device|can't find device|No such device/.test(message)) return "no-device";
  // Where no extended ack is printed, only this is left of it; who lacks the right is told "not permitted".
  if (/IPv6 is disabled|^ip: RTNETLINK answers: Permission denied/.test(message)) return "family-disabled";
  if (/Operation not permitted|Permission denied/.test(message)) return "no-privilege";
  if (/Invalid prefsrc|Invalid source/.test(message)) return "bad-source";
  if (/invalid argument '[0-9]+' to 'table'/.test(message)) return "bad-table";
  return "other";
}
