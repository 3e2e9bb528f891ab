// The plainest operations that a Host can be given: one step each, and a look at what became of it.
import { AnyIPError } from "../../provider/errors";
import type { ObservedTable, RouteOperation } from "../../provider/host/host";
import {
  defaultMetric,
  hasKey,
  isLocalRoute,
  isSameRoute,
  type LocalRoute,
  type Step,
} from "../../provider/host/route";

/** A local route on lo in table local by this provider, unless told otherwise. */
export function localRoute(prefix: string, overrides: Partial<LocalRoute> = {}): LocalRoute {
  const family = prefix.includes(":") ? "ipv6" : "ipv4";
  const metric = defaultMetric(family);
  return { family, prefix, device: "lo", table: 255, metric, protocol: 177, ...overrides };
}

/** Takes the step whatever is there; its result is the text given. */
export function blindly(step: Step, result = "done"): RouteOperation<string> {
  return { reads: step.route, plan: () => ({ step, result }) };
}

/** Makes sure that the route is there, as a resource does: an earlier attempt that was kept is not repeated. */
export function ensurePresent(route: LocalRoute): RouteOperation<string> {
  return {
    reads: route,
    plan: ({ table }, earlier) => {
      const present = table.find(route.prefix).find((other) => hasKey(other, route));
      if (!present) return { step: { kind: "add", route }, result: "added" };
      if (isSameRoute(present, route)) return { result: earlier?.step ? earlier.result : "present" };
      if (!isLocalRoute(present)) throw new AnyIPError("ROUTE_CONFLICT", "not a local route");
      return { step: { kind: "replace", route, before: present }, result: "replaced" };
    },
    verify: (observed) => (isPresent(observed, route) ? undefined : `${route.prefix} is not there`),
  };
}

export function ensureAbsent(route: LocalRoute): RouteOperation<string> {
  return {
    reads: route,
    plan: ({ table }) =>
      isPresent(table, route) ? { step: { kind: "delete", route }, result: "deleted" } : { result: "gone" },
    verify: (observed) => (isPresent(observed, route) ? `${route.prefix} is still there` : undefined),
  };
}

/** Looks at the table and refuses to do anything. */
export function refuse(route: LocalRoute): RouteOperation<string> {
  return {
    reads: route,
    plan: () => {
      throw new AnyIPError("ROUTE_CONFLICT", `refused ${route.prefix} by plan`);
    },
  };
}

export function isPresent(observed: ObservedTable, route: LocalRoute): boolean {
  return observed.find(route.prefix).some((present) => isSameRoute(present, route));
}
