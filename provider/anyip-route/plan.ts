// What is to be done about one route: observed, desired and recorded in, one step or a refusal out. Pure.
import { AnyIPError } from "../errors";
import type { ObservedTable, RoutePlan } from "../host/host";
import { hasKey, isLocalRoute, isSameRoute, type LocalRoute, type ObservedRoute } from "../host/route";
import { type DesiredRoute, defaultProtocol } from "./inputs";
import { compareRoute, type FoundAttributes, type RecordedRoute, type StateExtras } from "./state";

type Extras = Pick<StateExtras, "origin" | "found">;

/**
 * Makes sure that the route is there. A route with this provider's own protocol number that is the same in
 * everything is one that an earlier run made and could not record: it is completed, whatever onExisting says.
 * One that another resource of this run has (`isClaimed`) is refused.
 */
export function planCreate(
  desired: DesiredRoute,
  observed: ObservedTable,
  earlier: RoutePlan<Extras> | undefined,
  isClaimed: boolean,
): RoutePlan<Extras> {
  const { route, onExisting } = desired;
  if (isClaimed) throw duplicate(route);
  const present = findKey(observed, route);
  if (!present) return { step: { kind: "add", route }, result: { origin: "created" } };
  if (isSameRoute(present, route)) {
    if (earlier?.step) return { result: earlier.result };
    if (route.protocol === defaultProtocol) return { result: { origin: "created" } };
  }
  if (!isLocalRoute(present) || !hasSameEffect(present, route)) throw conflict(route, present);
  if (onExisting === "fail") throw conflict(route, present, 'and onExisting is "fail"');
  if (onExisting === "takeOver")
    return { ...replaceUnlessSame(route, present), result: { origin: "created" } };
  if (desired.wantsProtocol) return { ...replaceUnlessSame(route, present), result: { origin: "adopted" } };
  return { result: { origin: "adopted", found: compareRoute(route, present) } };
}

/** Brings a recorded route to what is desired, without a moment in which it is missing. */
export function planUpdate(
  recorded: RecordedRoute,
  desired: DesiredRoute,
  observed: ObservedTable,
): RoutePlan<Extras> {
  const { origin } = recorded;
  const present = findKey(observed, desired.route);
  if (!present) return { step: { kind: "add", route: desired.route }, result: { origin } };
  if (!isLocalRoute(present)) throw conflict(desired.route, present);
  const protocol = keepsFoundProtocol(recorded, desired) ? present.protocol : desired.route.protocol;
  const wanted = { ...desired.route, protocol };
  return {
    ...replaceUnlessSame(wanted, present),
    result: { origin, found: compareRoute(desired.route, wanted) },
  };
}

/**
 * Takes exactly the recorded route away, and only while it is still as recorded: a `del` that finds no such route may
 * take its neighbour (IPv4's metric 0 matches any metric, an unnamed source any source). A route that has passed on to
 * another resource (`isClaimed`) stays.
 */
export function planDelete<Result>(
  recorded: RecordedRoute,
  observed: ObservedTable,
  isClaimed: boolean,
  result: Result,
): RoutePlan<Result> {
  const present = findKey(observed, recorded.actual);
  const isOurs = present !== undefined && isSameRoute(present, recorded.actual);
  if (recorded.origin === "adopted" || isClaimed || !isOurs) return { result };
  return { step: { kind: "delete", route: recorded.actual }, result };
}

/**
 * What a look at the host says of a recorded route: undefined when it is gone, otherwise how it differs from
 * what was asked for. A route with our protocol that differs in the metric alone is ours, altered by hand.
 */
export function findRecorded(recorded: RecordedRoute, observed: ObservedTable): FoundAttributes | undefined {
  const { route, actual } = recorded;
  const present =
    findKey(observed, actual) ??
    observed
      .find(route.prefix)
      .find(
        (other) => isLocalRoute(other) && other.protocol === actual.protocol && hasSameEffect(other, actual),
      );
  return present && isLocalRoute(present) ? compareRoute(route, present) : undefined;
}

/** An adopted route keeps the protocol it was found with until the program asks for one. */
export function keepsFoundProtocol(recorded: Pick<RecordedRoute, "origin">, desired: DesiredRoute): boolean {
  return recorded.origin === "adopted" && !desired.wantsProtocol;
}

/** What is wrong with the table if the route should be there with these attributes. */
export function explainAbsence(
  route: LocalRoute,
  found: FoundAttributes,
  observed: ObservedTable,
): string | undefined {
  const present = findKey(observed, route);
  if (!present) return `the route ${describe(route)} is not there; something on the host has removed it`;
  const { protocol = route.protocol } = found;
  if (isSameRoute(present, { ...route, protocol })) return undefined;
  return `the route is ${describe(present)} instead of ${describe(route)}; something on the host has changed it`;
}

/** `ip route append` can make several routes of one key; the one that is the same in everything is meant then. */
function findKey(observed: ObservedTable, wanted: LocalRoute): ObservedRoute | undefined {
  const withKey = observed.find(wanted.prefix).filter((route) => hasKey(route, wanted));
  return withKey.find((route) => isSameRoute(route, wanted)) ?? withKey[0];
}

/** The protocol only says who installed a route; device and source are what it does. */
function hasSameEffect(present: ObservedRoute, route: LocalRoute): boolean {
  return present.device === route.device && present.source === route.source;
}

function replaceUnlessSame(route: LocalRoute, present: ObservedRoute & LocalRoute) {
  return isSameRoute(present, route) ? {} : { step: { kind: "replace", route, before: present } as const };
}

function duplicate(route: LocalRoute): AnyIPError {
  return new AnyIPError(
    "ROUTE_CONFLICT",
    `another resource of this program binds ${describe(route)} on the same machine; ` +
      "one of the two is enough (two names or addresses may lead to one host)",
  );
}

function conflict(route: LocalRoute, present: ObservedRoute, because = "which is not the same"): AnyIPError {
  return new AnyIPError(
    "ROUTE_CONFLICT",
    `there already is a route ${describe(present)} where ${describe(route)} should be, ${because}. ` +
      "Remove it on the host, or declare this resource as that route is; " +
      'onExisting "adopt" or "takeOver" lets the resource have a route that is the same but for its protocol',
  );
}

const typeNames = [
  "unspec",
  "unicast",
  "local",
  "broadcast",
  "anycast",
  "multicast",
  "blackhole",
  "unreachable",
];

function describe(route: ObservedRoute | LocalRoute): string {
  const type = "type" in route ? (typeNames[route.type] ?? `type ${route.type}`) : "local";
  const device = route.device === undefined ? "" : ` dev ${route.device}`;
  const source = route.source === undefined ? "" : ` src ${route.source}`;
  return `\`${type} ${route.prefix}${device} table ${route.table} metric ${route.metric} proto ${route.protocol}${source}\``;
}
