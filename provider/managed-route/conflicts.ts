// Why a route cannot be this resource's, in words: what is there, whose it is, and what to do. Pure.
import { AnyIPError } from "../errors";
import { type OwnershipRecord, recordPath } from "../host/record";
import { type LocalRoute, type ObservedRoute, routeTypeNames } from "../host/route";

export function explainDuplicate(route: LocalRoute): AnyIPError {
  return new AnyIPError(
    "ROUTE_CONFLICT",
    `another resource of this program binds ${describeRoute(route)} on the same machine; ` +
      "one of the two is enough (two names or addresses may lead to one host)",
  );
}

export function explainStranger(route: LocalRoute, record: OwnershipRecord): AnyIPError {
  return new AnyIPError(
    "ROUTE_CONFLICT",
    `the route ${describeRoute(route)} belongs to ${record.owner} (project/stack/resource), as the host has it on record. ` +
      "Let only one of the two bind it. If that stack is gone for good, remove the record's file on the host: " +
      recordPath(record),
  );
}

export function explainConflict(
  route: LocalRoute,
  present: ObservedRoute,
  because = "which is not the same",
): AnyIPError {
  return new AnyIPError(
    "ROUTE_CONFLICT",
    `there already is a route ${describeRoute(present)} where ${describeRoute(route)} should be, ${because}. ` +
      "Remove it on the host, or declare this resource as that route is; " +
      'onExisting "adopt" or "takeOver" lets the resource have a route that is the same but for its protocol',
  );
}

export function describeRoute(route: ObservedRoute | LocalRoute): string {
  const type = "type" in route ? (routeTypeNames[route.type] ?? `type ${route.type}`) : "local";
  const device = route.device === undefined ? "" : ` dev ${route.device}`;
  const source = route.source === undefined ? "" : ` src ${route.source}`;
  const protocol = route.protocol === undefined ? "" : ` proto ${route.protocol}`;
  return `\`${type} ${route.prefix}${device} table ${route.table} metric ${route.metric}${protocol}${source}\``;
}
