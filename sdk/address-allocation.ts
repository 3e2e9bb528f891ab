// The AddressAllocation resource class. Nothing of provider/ is loaded here: the literal below names it for the engine.
import * as pulumi from "@pulumi/pulumi";
import { firstAddress, isPrefixProblem, parsePrefix } from "../net/prefix";
import { reverseName } from "../net/reverse-zone";
import {
  adoptGetters,
  type ManagedRouteArgs,
  presentRoute,
  RouteResource,
  registerRoute,
} from "./managed-route";
import { pauseStackTraces } from "./stack-traces";

/** What an {@link AddressAllocation} is made from. */
export interface AddressAllocationArgs extends ManagedRouteArgs {
  /**
   * The prefix to choose from, `2001:db8:100::/64` or `192.0.2.0/24`. Where the host has a local route for all of it, such as an
   * AnyIPRoute whose output `prefix` is given here, what is chosen is answered already, and gets a record on the host and no
   * route of its own: the way for thousands of addresses. A pool that still holds what was chosen is an update in place; one
   * that does not replaces.
   */
  pool: pulumi.Input<string>;
  /**
   * For whom: `shop.example`; default the resource's name when it is made. Two resources of a program cannot have the same key
   * in the same pool on the same host. Not empty, no control characters, in Unicode's normal form C, at most 255 bytes in
   * UTF-8. It is in the record on the host. A change replaces.
   */
  key?: pulumi.Input<string>;
  /** Choose a block of this length instead of a single address. A change replaces. */
  prefixLength?: pulumi.Input<number>;
  /**
   * How to choose; a change matters to new resources only.
   *
   * - `keyed` (default): by a hash of pool and {@link key} (after RFC 7943), so that every host on which it is free gives the same
   * - `random`: any, from a cryptographic source
   * - `nextFree`: the lowest
   */
  strategy?: pulumi.Input<"keyed" | "random" | "nextFree">;
  /** For `keyed`: without it, who knows pool and key can compute the place. Stored as a secret. A change matters to new resources only. */
  secret?: pulumi.Input<string>;
  /** For `keyed`: what happens where the key's place is taken, `next` (default), or `fail` with BLOCK_TAKEN; then a preview shows the place. */
  onCollision?: pulumi.Input<"next" | "fail">;
  /** This address or prefix, or a failure with BLOCK_TAKEN; in the place of a strategy. One that differs from what was chosen replaces. */
  request?: pulumi.Input<string>;
  /** Addresses, prefixes and ranges (`192.0.2.1-192.0.2.9`) that are not chosen. What was chosen before is kept, with a warning. */
  exclude?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Choose from all addresses; default false. By default single addresses leave out: in IPv6 pools, of each /64, the Subnet-Router
   * anycast address (RFC 4291 §2.6.1), IANA's Ethernet block (RFC 5453) and the subnet anycast addresses (RFC 2526), and of a
   * pool from /65 to /126 its lowest address; in IPv4 pools to /30 the first and the last. A change matters to new resources only.
   */
  includeReserved?: pulumi.Input<boolean>;
  /**
   * How long nobody else gets what was chosen after it was deleted, `24h` or `7d`; default not at all. The same key of the same
   * stack gets it back in that time. Until it is over, and a later run comes to the host, the host keeps a record of it.
   */
  quarantine?: pulumi.Input<string>;
}

// The wire contract of a dynamic resource; see sdk/anyip-route.ts.
const providerLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").addressAllocation';

/**
 * An address, or a sub-prefix, out of a pool, bound to one Linux host as an AnyIPRoute binds its prefix: nobody else's on that
 * host, whoever asks at the same time, and never numbered anew because something else has changed. The host's route table and its
 * ownership records say what is taken. A pool that has nothing left fails with POOL_EXHAUSTED.
 */
export class AddressAllocation extends RouteResource {
  /** Canonical CIDR text (RFC 5952). */
  declare readonly pool: pulumi.Output<string>;
  /** For whom it was chosen. */
  declare readonly key: pulumi.Output<string>;

  constructor(name: string, args: AddressAllocationArgs, opts?: pulumi.CustomResourceOptions) {
    const secret = args?.secret === undefined ? undefined : pulumi.secret(args.secret);
    const inputs = registerRoute(name, args, providerLiteral, { secret, key: args?.key, prefix: undefined });
    const resumeStackTraces = pauseStackTraces();
    try {
      super("pulumi-nodejs:dynamic/anyip:AddressAllocation", name, inputs, opts);
    } finally {
      resumeStackTraces();
    }
    presentRoute(this, args);
  }

  /** What was chosen, of a block its lowest address. */
  get address(): pulumi.Output<string> {
    return this.firstAddress;
  }

  /** Where it lies in the pool, as decimal digits: its lowest address less the pool's. */
  get offset(): pulumi.Output<string> {
    return pulumi.all([this.pool, this.prefix]).apply(([pool, prefix]) => {
      const [outer, inner] = [parsePrefix(pool), parsePrefix(prefix)];
      if (isPrefixProblem(outer) || isPrefixProblem(inner)) throw new Error(`${prefix} is not of ${pool}`);
      return (inner.network - outer.network).toString();
    });
  }

  /** The name of its PTR record; of a block, that of its lowest address. */
  get reverseName(): pulumi.Output<string> {
    return this.derive((prefix) => reverseName(firstAddress(prefix)));
  }
}

adoptGetters(AddressAllocation);
