// The plainest operations that a Host can be given: one step each, and a look at what became of it.
import { AnyIPError } from "../../provider/errors";
import type { ObservedTable, RouteOperation } from "../../provider/host/host";
import { isUnreadable } from "../../provider/host/record";
import {
  defaultMetric,
  hasKey,
  isLocalRoute,
  isSameRoute,
  type LocalRoute,
  type ObservedRoute,
  ownProtocol,
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
  return { reads: [step.route], plan: () => ({ step, result }) };
}

let operationCount = 0;

/** Makes sure that the route is there, as a resource does: by its record it knows what an earlier attempt has done. */
export function ensurePresent(route: LocalRoute): RouteOperation<string> {
  const token = `operation-${++operationCount}`;
  const record = {
    route,
    owner: "project/stack/name",
    origin: "created",
    token,
    machineId: "-",
    persists: false,
    hold: { kind: "route" },
  } as const;
  const results = new Map<string, string>();
  const planStep = (present: ObservedRoute | undefined): Step | undefined => {
    if (!present) return { kind: "add", route };
    if (!isLocalRoute(present)) throw new AnyIPError("ROUTE_CONFLICT", "not a local route");
    return isSameRoute(present, route)
      ? undefined
      : { kind: "replace", route, before: { protocol: ownProtocol, ...present } };
  };
  return {
    reads: [route],
    plan: ({ table, findRecord }) => {
      const step = planStep(table.find(route.prefix).find((other) => hasKey(other, route)));
      const found = findRecord(route);
      const isKept = found !== undefined && !isUnreadable(found) && found.token === token;
      if (isKept && !step) return { result: results.get(token) ?? "unknown" };
      const result =
        step === undefined ? "present" : { add: "added", replace: "replaced", delete: "" }[step.kind];
      results.set(token, result);
      return { ...(step ? { step } : {}), record: { kind: "write", record }, result };
    },
    verify: (observed) => (isPresent(observed, route) ? undefined : `${route.prefix} is not there`),
  };
}

export function ensureAbsent(route: LocalRoute): RouteOperation<string> {
  return {
    reads: [route],
    plan: ({ table, findRecord }) => ({
      ...(isPresent(table, route) ? { step: { kind: "delete", route } } : {}),
      ...(findRecord(route) ? { record: { kind: "remove", key: route } } : {}),
      result: isPresent(table, route) ? "deleted" : "gone",
    }),
    verify: (observed) => (isPresent(observed, route) ? `${route.prefix} is still there` : undefined),
  };
}

/** Looks at the table and refuses to do anything. */
export function refuse(route: LocalRoute): RouteOperation<string> {
  return {
    reads: [route],
    plan: () => {
      throw new AnyIPError("ROUTE_CONFLICT", `refused ${route.prefix} by plan`);
    },
  };
}

export function isPresent(observed: ObservedTable, route: LocalRoute): boolean {
  return observed.find(route.prefix).some((present) => isSameRoute(present, route));
}
