// The AnyIPRoute resource class. Nothing of provider/ is loaded here: the literal below names it for the engine.
import type * as pulumi from "@pulumi/pulumi";
import {
  adoptGetters,
  type ManagedRouteArgs,
  presentRoute,
  RouteResource,
  registerRoute,
} from "./managed-route";
import { pauseStackTraces } from "./stack-traces";

/** What an {@link AnyIPRoute} is made from. */
export interface AnyIPRouteArgs extends ManagedRouteArgs {
  /**
   * The subnet to bind, `2001:db8:100::/64` or `192.0.2.0/24`: every address of it is answered by the host. No host
   * bits; not the whole family, loopback, link-local, multicast, IPv4-mapped. A prefix that would cut the host off fails
   * with LOCKOUT_RISK, an on-link IPv6 one with PREFIX_ON_LINK; see {@link allowUnsafe}. A change replaces: the new route
   * is made before the old one goes.
   */
  prefix: pulumi.Input<string>;
}

// The wire contract of a dynamic resource: a constant that the engine's Node.js plugin evaluates. It captures
// nothing, so the state stays small and an upgrade of this package never shows as a change.
const providerLiteral = 'exports.handler=()=>require("pulumi-anyip/provider").anyIPRoute';

/** Binds one prefix to one Linux host: `ip route add local PREFIX dev lo`, over SSH, idempotently. */
export class AnyIPRoute extends RouteResource {
  constructor(name: string, args: AnyIPRouteArgs, opts?: pulumi.CustomResourceOptions) {
    const resumeStackTraces = pauseStackTraces();
    try {
      super("pulumi-nodejs:dynamic/anyip:AnyIPRoute", name, registerRoute(name, args, providerLiteral), opts);
    } finally {
      resumeStackTraces();
    }
    presentRoute(this, args);
  }
}

adoptGetters(AnyIPRoute);
