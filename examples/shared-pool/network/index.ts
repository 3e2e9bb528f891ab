// The one stack that hands out a prefix which many stacks share: a block for each team. Two stacks that took from the same pool by
// themselves could not know of each other; each takes from a block of its own instead (../team), whenever it likes.
//
//   config:
//     pulumi-anyip-network:teams:
//       - { name: shop }
//       - { name: mail, prefixLength: 60 }
//
// A team that needs more later gets a shorter prefixLength: its block grows where it is, and nobody is renumbered.
import * as pulumi from "@pulumi/pulumi";
import { AddressPool, type PoolNameArgs } from "pulumi-anyip";

const config = new pulumi.Config();

const teams = new AddressPool("teams", {
  pool: config.require("pool"),
  names: config.requireObject<PoolNameArgs[]>("teams"),
  prefixLength: 56,
});

/** By team; read by the teams' stacks. */
export const blocks = teams.results;
export const { free, largestFreePrefix } = teams;
