// A delegated prefix, carved over a fleet: a /64 for each host, so far from the others that it can grow (RFC 3531), and in each
// of these an address for each of 250 sites.
//
//   config:
//     pulumi-anyip-delegated-prefix:hosts: [web1, web2, web3, web4]
import * as pulumi from "@pulumi/pulumi";
import { AddressPool } from "pulumi-anyip";

const config = new pulumi.Config();
const hosts = config.requireObject<string[]>("hosts");

const delegated = new AddressPool("delegated", {
  pool: config.require("delegated"),
  names: hosts,
  prefixLength: 64,
});

const sites = hosts.map((host) => {
  const names = Array.from({ length: 250 }, (_, index) => `site-${index + 1}.${host}.example`);
  return new AddressPool(host, { pool: delegated.resultOf(host), names });
});

export const prefixes = delegated.results;
export const { largestFreePrefix } = delegated;
/** Lines for a zone file of BIND. */
export const records = pulumi.all(sites.map((pool) => pool.results)).apply((pools) =>
  pools
    .flatMap((results) => Object.entries(results))
    .map(([name, address]) => `${name}. AAAA ${address}`)
    .join("\n"),
);
