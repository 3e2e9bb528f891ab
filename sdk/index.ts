// What a Pulumi program imports. Named exports only, so that ESM programs can import them from CommonJS.
export { AddressAllocation, type AddressAllocationArgs } from "./address-allocation";
export { AddressPool, type AddressPoolArgs, type PoolNameArgs, type ReleasedBlock } from "./address-pool";
export { AnyIPRoute, type AnyIPRouteArgs } from "./anyip-route";
export type { ConnectionArgs, HopArgs } from "./connection";
export {
  type ClasslessDelegationOptions,
  formatClasslessDelegation,
  formatZoneRecords,
  type ReverseZoneOptions,
  reverseName,
  reverseZone,
  type ZoneLineOptions,
  type ZoneRecordsOptions,
} from "./dns";
export type { ManagedRoute, ManagedRouteArgs } from "./managed-route";
export {
  contains,
  nthAddress,
  overlaps,
  type ParsedPrefix,
  parsePrefix,
  randomAddress,
  type Subnets,
  subnets,
  summarize,
} from "./prefixes";
