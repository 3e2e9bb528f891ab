// What a host must go on reaching, as the guard (guard.ts) is shown it. Data only.
import type { Address } from "../../net/address";
import type { Prefix } from "../../net/prefix";
import type { RouteKey } from "./route";

/** An address that is reached over a link of the host. */
export interface LinkAddress {
  readonly address: Address;
  readonly device: string;
}

/** A subnet whose addresses the host reaches over a link without a gateway. */
export interface OnLinkPrefix {
  readonly prefix: Prefix;
  readonly device: string;
  /** True where neighbours find each other by ARP or Neighbour Discovery: not on point-to-point and NOARP links. */
  readonly usesNeighborDiscovery: boolean;
}

/** One look at a host. Every list is without order. */
export interface Surroundings {
  /** Where this connection's SSH login comes from, as the host sees it: us, or the last jump host. Missing when sshd didn't say. */
  readonly sshPeer?: Address;
  /** Next hops of the routes in table main. */
  readonly gateways: readonly LinkAddress[];
  /** Nameservers in resolv.conf and systemd-resolved's list of those behind it; none of them loopback. */
  readonly resolvers: readonly Address[];
  /** Other hosts on the links whose link-layer address is known. */
  readonly neighbors: readonly LinkAddress[];
  /** Never loopback's, never link-local or multicast. */
  readonly onLink: readonly OnLinkPrefix[];
  /** Tables beside local, main and default in which everything is looked up: rules without a selector name them. */
  readonly extraTables: readonly Pick<RouteKey, "family" | "table">[];
}

export const noSurroundings: Surroundings = {
  gateways: [],
  resolvers: [],
  neighbors: [],
  onLink: [],
  extraTables: [],
};
