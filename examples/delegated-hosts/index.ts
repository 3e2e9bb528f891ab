// A delegated /60 over a fleet: a /64 of it for each host, an address for each of a host's sites, and the zone files that say so
// to the DNS. The stack's configuration lists the hosts, in any order: a host keeps its /64, whichever come and go.
//
//   config:
//     pulumi-anyip-delegated-hosts:hosts:
//       - { name: web1, address: web1.example }
//       - { name: web2, address: web2.example }
import * as pulumi from "@pulumi/pulumi";
import { AddressAllocation, AddressPool, AnyIPRoute, formatZoneRecords, reverseZone } from "pulumi-anyip";
import { writeZone } from "./zone-file";

const config = new pulumi.Config();
const hosts = config.requireObject<{ name: string; address: string }[]>("hosts");
const sitesPerHost = config.requireNumber("sitesPerHost");
const delegated = config.require("delegated");
const domain = config.require("domain");
const nameServer = config.require("nameServer");
const privateKeyPath = config.get("privateKeyPath");
const knownHosts = config.get("knownHosts");

const parts = new AddressPool("delegated", {
  pool: delegated,
  names: hosts.map(({ name }) => name),
  prefixLength: 64,
});

const fleet = hosts.map(({ name, address }) => {
  const connection = {
    host: address,
    ...(privateKeyPath ? { privateKeyPath } : {}),
    ...(knownHosts ? { knownHosts } : {}),
  };
  const route = new AnyIPRoute(name, { connection, prefix: parts.resultOf(name) });
  const sites = Array.from({ length: sitesPerHost }, (_, number) => {
    const site = `site${number + 1}.${name}`;
    const { address } = new AddressAllocation(`${site}.${domain}`, { connection, pool: route.prefix });
    return { site, address };
  });
  return { name, prefix: route.prefix, sites };
});

const names = pulumi
  .all(fleet.flatMap(({ sites }) => sites))
  .apply((sites) => Object.fromEntries(sites.map(({ site, address }) => [site, address])));

export const prefixes = Object.fromEntries(fleet.map(({ name, prefix }) => [name, prefix]));
export const zones = names.apply((known) => [
  writeZone(domain, nameServer, formatZoneRecords(known, { origin: domain, relative: true })),
  writeZone(
    reverseZone(delegated),
    nameServer,
    formatZoneRecords(known, { origin: domain, reverse: delegated, relative: true }),
  ),
]);
