// What the classes have in common that bind a prefix to a host. Nothing of provider/ is loaded here.
import * as pulumi from "@pulumi/pulumi";
import { type Family, formatAddress } from "../net/address";
import {
  countAddresses,
  firstAddress,
  isPrefixProblem,
  lastAddress,
  type Prefix,
  parsePrefix,
} from "../net/prefix";
import { reverseZone } from "../net/reverse-zone";
import type { UnsafeReason } from "../provider/host/guard";
import type { PersistChoice, Persistence } from "../provider/managed-route/persistence";
import { type ConnectionArgs, readRegisteredConnection, registerConnection } from "./connection";

/** What all resources take that bind a prefix to a host. */
export interface ManagedRouteArgs {
  /** How to reach the host. A change of `connection.host` replaces the route, any other leaves it alone. */
  connection: pulumi.Input<ConnectionArgs>;
  /** The device that the route names, at most 15 bytes; default `lo`. Changed in place. */
  device?: pulumi.Input<string>;
  /** Routing table: `local` (default), `main`, `default`, or a number from 1 to 4294967295. A change replaces. */
  table?: pulumi.Input<string | number>;
  /** 0–4294967295 (IPv6: from 1); default 0 for IPv4, 1024 for IPv6, as the kernel has it. A change replaces. */
  metric?: pulumi.Input<number>;
  /**
   * 4–255: the mark that says who installed the route (rtnetlink(7)); default 177, or for an adopted route the one
   * it was found with. Changed in place.
   */
  protocol?: pulumi.Input<number>;
  /** Address of the host that it sends from to addresses of the prefix (ip-route(8), `src`). Changed in place. */
  source?: pulumi.Input<string>;
  /**
   * What to do about a route that is there already and is the same but for its protocol: `adopt` (default) manages
   * it and leaves it when the resource goes; `takeOver` deletes it with the resource; `fail` refuses. A different
   * route in its place is always refused, with ROUTE_CONFLICT.
   */
  onExisting?: pulumi.Input<"adopt" | "takeOver" | "fail">;
  /** Read the route back after each change and fail with VERIFY_FAILED if it is not as asked; default true. */
  verify?: pulumi.Input<boolean>;
  /**
   * Reasons for which a prefix would be refused, and shall not be; default none. Only what is added is looked at, and only
   * in tables that every packet is looked up in. A change is recorded and changes nothing on the host.
   *
   * - `sshPeer`: it covers the address that the SSH login comes from (yours, or the last jump host's)
   * - `jumpHost`: it covers a `connection.proxy` whose host is given as an address
   * - `gateway`: it covers a next hop of a route in table main
   * - `resolver`: it covers a nameserver of the host
   * - `neighbor`: it covers another host on a link that has been seen, or a link's whole subnet
   * - `wholeFamily`: it is 0.0.0.0/0 or ::/0; lifted alone, what these cover is still refused by the other names
   * - `onLink`: it lies in an on-link IPv6 subnet, where Linux answers no Neighbour Solicitation for a local route
   */
  allowUnsafe?: pulumi.Input<pulumi.Input<UnsafeReason>[]>;
  /**
   * How the host restores the route at boot, and after its device was down. `auto` (default) is what the host runs, and the
   * output {@link ManagedRoute.persistence} says which; a host that runs nothing that is known fails with HOST_UNSUPPORTED.
   * With `none` the route is gone after the next reboot. Changed in place.
   *
   * - `systemd`: a unit, which has the routes there before any service starts
   * - `openrc`: a service in runlevel boot
   * - `ifupdown`: a script in /etc/network/if-up.d
   */
  persist?: pulumi.Input<PersistChoice>;
  /**
   * What delete does where the host cannot be reached: `fail` (default), or `forget`, for a host that is gone for good: the
   * resource goes from the state, and nothing is done. Only HOST_UNREACHABLE counts, not a refused login or another host
   * key. A change is recorded.
   */
  onHostGone?: pulumi.Input<"fail" | "forget">;
  /**
   * Seconds that the host waits for the confirmation of a change before it takes it back by itself, 1–60, default 10. Changes
   * that reach a host together have the longest of theirs. A change of it is recorded and changes nothing on the host.
   */
  confirmTimeout?: pulumi.Input<number>;
}

/** A prefix that a Linux host answers for. Its identity is `project/stack/name`; a rename (with an alias) is an update in place. */
export abstract class ManagedRoute extends pulumi.CustomResource {
  /** As it was given. */
  declare readonly connection: pulumi.Output<pulumi.Unwrap<ConnectionArgs>>;
  /** Canonical CIDR text (RFC 5952). */
  declare readonly prefix: pulumi.Output<string>;
  /** `project/stack/name` of this resource. */
  declare readonly owner: pulumi.Output<string>;
  /** `created` by this resource (or taken over) and deleted with it, or `adopted` and left as found. */
  declare readonly origin: pulumi.Output<"created" | "adopted">;
  /** By what the host restores the route at boot, or `none`. */
  declare readonly persistence: pulumi.Output<Persistence>;
  /** The machine that has the route (machine-id(5)); `-` where it has no such id. */
  declare readonly machineId: pulumi.Output<string>;

  /** `ipv4` or `ipv6`. */
  get family(): pulumi.Output<Family> {
    return this.derive((prefix) => prefix.family);
  }

  /** The lowest address; with AnyIP it answers like every other. */
  get firstAddress(): pulumi.Output<string> {
    return this.derive((prefix) => formatAddress(firstAddress(prefix)));
  }

  /** The highest address. */
  get lastAddress(): pulumi.Output<string> {
    return this.derive((prefix) => formatAddress(lastAddress(prefix)));
  }

  /** How many addresses the prefix holds, as decimal digits: up to 2^127 does not fit a number. */
  get addressCount(): pulumi.Output<string> {
    return this.derive((prefix) => countAddresses(prefix).toString());
  }

  /** The smallest DNS zone that holds the prefix's PTR records, such as `0.0.1.0.8.b.d.0.1.0.0.2.ip6.arpa`. */
  get reverseZone(): pulumi.Output<string> {
    return this.derive(reverseZone);
  }

  // Derived where they are asked for: as outputs of the engine each would cost every route time and state.
  protected derive<T extends string>(read: (prefix: Prefix) => T): pulumi.Output<T> {
    return this.prefix.apply((text) => {
      const prefix = parsePrefix(text);
      if (isPrefixProblem(prefix)) throw new Error(`prefix ${text} ${prefix.problem}`);
      return read(prefix);
    }) as pulumi.Output<T>;
  }
}

/**
 * What a class extends to be a {@link ManagedRoute}, beside {@link adoptGetters}. It is CustomResource itself: the SDK takes the
 * fourth frame of the stack for the line of the program that makes a resource, which a class between would push down.
 */
export const RouteResource = pulumi.CustomResource as unknown as abstract new (
  type: string,
  name: string,
  props: pulumi.Inputs,
  opts?: pulumi.CustomResourceOptions,
) => ManagedRoute;

/** Gives a class what ManagedRoute has. */
export function adoptGetters(routeClass: { readonly prototype: ManagedRoute }): void {
  const { constructor: _own, ...getters } = Object.getOwnPropertyDescriptors(ManagedRoute.prototype);
  Object.defineProperties(routeClass.prototype, getters);
}

/** What a class registers: the arguments, its own further inputs and outputs, and what all have. */
export function registerRoute(
  name: string,
  args: ManagedRouteArgs,
  providerLiteral: string,
  others: pulumi.Inputs = {},
): pulumi.Inputs {
  return {
    ...args,
    ...others,
    connection: args?.connection && registerConnection(args.connection),
    owner: `${pulumi.getProject()}/${pulumi.getStack()}/${name}`,
    origin: undefined,
    persistence: undefined,
    machineId: undefined,
    __provider: providerLiteral,
  };
}

/** Gives a new resource the outputs that are registered in a form which costs the engine less. */
export function presentRoute(route: ManagedRoute, args: ManagedRouteArgs): void {
  const { connection, origin, persistence } = route;
  presentLazily(route, "connection", () => connection.apply(readRegisteredConnection));
  presentLazily(route, "origin", () => origin.apply((recorded) => recorded ?? "created"));
  presentLazily(route, "persistence", () =>
    pulumi
      .all([persistence, args.persist])
      .apply(([recorded, persist]) => recorded ?? impliedPersistence(persist)),
  );
}

/** What the state leaves unsaid (encodeExtras in provider/managed-route/recorded.ts). */
function impliedPersistence(persist: PersistChoice | undefined): Persistence {
  return persist === undefined || persist === "auto" ? "systemd" : persist;
}

/** Puts a getter in the place of an output that is registered in a form which costs the engine less. */
function presentLazily(
  route: ManagedRoute,
  name: "connection" | "origin" | "persistence",
  present: () => pulumi.Output<unknown>,
): void {
  Object.defineProperty(route, name, { enumerable: true, get: present });
}
