// What a Pulumi program imports. Named exports only, so that ESM programs can import them from CommonJS.
export { AddressPool, type AddressPoolArgs, type PoolNameArgs, type ReleasedBlock } from "./address-pool";
export { AnyIPRoute, type AnyIPRouteArgs } from "./anyip-route";
export type { ConnectionArgs, HopArgs } from "./connection";
