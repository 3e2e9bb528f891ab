// What a Pulumi program imports. Named exports only, so that ESM programs can import them from CommonJS.
export { AnyIPRoute, type AnyIPRouteArgs } from "./anyip-route";
export type { ConnectionArgs, HopArgs } from "./connection";
