// Routes as a history speaks of them: what `ip` is told by hand, what it prints, and what is on record. Written without the
// provider's own code, so that an error of that cannot hide here. Pure.
import { recordDirectory } from "./host-facts";
import type { Properties } from "./stack";

/** A local route. */
export interface RouteSpec {
  readonly prefix: string;
  readonly device: string;
  readonly table: number;
  readonly metric: number;
  readonly protocol: number;
}

/** The protocol of a route that the provider made without being told another. */
export const ownProtocol = 177;
/** `static`: of routes that other people have made. */
export const foreignProtocol = 4;

export function isIpv6({ prefix }: Pick<RouteSpec, "prefix">): boolean {
  return prefix.includes(":");
}

function defaultMetric(prefix: string): number {
  return isIpv6({ prefix }) ? 1024 : 0;
}

/** The route that a resource with these arguments asks for. */
export function specOf(args: Properties): RouteSpec {
  const { prefix, device = "lo", table = 255, protocol = ownProtocol } = args as Partial<RouteSpec>;
  if (prefix === undefined) throw new Error("arguments without a prefix");
  return { prefix, device, table, metric: Number(args.metric ?? defaultMetric(prefix)), protocol };
}

export function hasSameKey(one: RouteSpec, other: RouteSpec): boolean {
  return one.prefix === other.prefix && one.table === other.table && one.metric === other.metric;
}

/** The words behind `ip -4 route add` and the like. */
export function formatRoute({ prefix, device, table, metric, protocol }: RouteSpec): string {
  return `local ${prefix} dev ${device} table ${table} proto ${protocol} metric ${metric}`;
}

/** One `ip` command line. */
export function formatCommand(verb: "add" | "del" | "replace", route: RouteSpec): string {
  return `ip ${isIpv6(route) ? "-6" : "-4"} route ${verb} ${formatRoute(route)}`;
}

/** As `ip -N -d -o route show table all` has it, without trailing words that say nothing. */
export function formatLine(route: RouteSpec): string {
  const { prefix, device, table, metric, protocol } = route;
  const start = `2 ${prefix} dev ${device} table ${table} proto ${protocol} scope ${isIpv6(route) ? 0 : 254}`;
  return metric === 0 ? start : `${start} metric ${metric}`;
}

export function readLines(listing: string): string[] {
  return listing
    .split("\n")
    .map((line) => line.replace(/ pref medium *$/, "").trimEnd())
    .filter((line) => line !== "")
    .sort();
}

/** Whether a resource with these arguments has its route back after a reboot. */
export function persists({ persist }: Properties): boolean {
  return persist !== "none";
}

/** Where the route of a resource with these arguments has its record, as README has it. */
export function recordPath(args: Properties): string {
  const { prefix, table, metric } = specOf(args);
  return `${recordDirectory(persists(args))}/${prefix.replace("/", "_")}-table-${table}-metric-${metric}`;
}

/** The line of a route as `formatRoute` writes it, with whatever follows. */
export function lineOf(words: string): string {
  const pattern = /local (\S+) dev (\S+) table (\d+) proto (\d+) metric (\d+)/;
  const [, prefix = "", device = "", table, protocol, metric] = pattern.exec(words) ?? [];
  return formatLine({
    prefix,
    device,
    table: Number(table),
    protocol: Number(protocol),
    metric: Number(metric),
  });
}
