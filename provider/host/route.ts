// A route as the host layer sees it, the changes that can be made to it, and how two are compared.
// It knows neither iproute2's words nor Pulumi's.
import type { Family } from "../../net/address";

/** What the kernel tells routes apart by: two routes with the same key cannot exist at once. */
export interface RouteKey {
  readonly family: Family;
  /** Canonical CIDR text. */
  readonly prefix: string;
  /** 1–4294967295; 255 is `local`. */
  readonly table: number;
  /** Effective metric: 0 is IPv4's default, 1024 IPv6's. */
  readonly metric: number;
}

/** A local route (ip-route(8), `type local`): every address of the prefix is delivered to this host. */
export interface LocalRoute extends RouteKey {
  readonly device: string;
  /** 4–255, who installed it; see rtnetlink(7), rtm_protocol. */
  readonly protocol: number;
  /** Preferred source address of what the host sends to the prefix. */
  readonly source?: string;
}

/** A route found on the host; `type` is rtnetlink's number, 2 is local. */
export interface ObservedRoute extends Omit<LocalRoute, "device" | "protocol"> {
  readonly type: number;
  /** Missing for routes without one, such as blackhole and multipath routes. */
  readonly device?: string;
  /** Missing where the host's `ip` does not say it: busybox's never does. */
  readonly protocol?: number;
}

/** One that could be ours. */
export interface ObservedLocalRoute extends ObservedRoute {
  readonly device: string;
}

const localRouteType = 2;

/** rtnetlink(7)'s names of types, by their numbers. */
export const routeTypeNames: readonly string[] = [
  "unspec",
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
  "prohibit",
  "throw",
];

/** This provider's own protocol number, as `ip route` shows it: 177 is free in iproute2's rt_protos. */
export const ownProtocol = 177;

/** The metric the kernel gives a route that is added without one (facts: IPv4 0, IPv6 1024). */
export function defaultMetric(family: Family): number {
  return family === "ipv4" ? 0 : 1024;
}

/** One change of the routing table. `replace` swaps attributes in one kernel operation, without a gap. */
export type Step =
  | { readonly kind: "add"; readonly route: LocalRoute }
  | { readonly kind: "replace"; readonly route: LocalRoute; readonly before: LocalRoute }
  | { readonly kind: "delete"; readonly route: LocalRoute };

/** The step that takes the given one back. */
export function invertStep(step: Step): Step {
  switch (step.kind) {
    case "add":
      return { kind: "delete", route: step.route };
    case "replace":
      return { kind: "replace", route: step.before, before: step.route };
    case "delete":
      return { kind: "add", route: step.route };
  }
}

export function hasKey(route: RouteKey, key: RouteKey): boolean {
  return (
    route.prefix === key.prefix &&
    route.table === key.table &&
    route.metric === key.metric &&
    route.family === key.family
  );
}

/** Narrows a route found on the host to one that could be ours. */
export function isLocalRoute(route: ObservedRoute): route is ObservedLocalRoute {
  return route.type === localRouteType && route.device !== undefined;
}

/** True when everything that is known of both is the same. */
export function isSameRoute(observed: ObservedRoute, route: LocalRoute): boolean {
  if (!isLocalRoute(observed)) return false;
  const { protocol = route.protocol } = observed;
  return isSameLocalRoute({ ...observed, protocol }, route);
}

export function isSameLocalRoute(one: LocalRoute, other: LocalRoute): boolean {
  return (
    hasKey(one, other) &&
    one.device === other.device &&
    one.protocol === other.protocol &&
    one.source === other.source
  );
}
