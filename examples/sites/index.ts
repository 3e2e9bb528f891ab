// An address of its own for each site of a host. The host answers for a whole prefix, so a site costs it a record and no
// route. A site that comes or goes changes nothing for the others.
import * as pulumi from "@pulumi/pulumi";
import { AddressAllocation, AnyIPRoute, type ConnectionArgs } from "pulumi-anyip";

const config = new pulumi.Config();
const privateKeyPath = config.get("privateKeyPath");
const knownHosts = config.get("knownHosts");
const connection: ConnectionArgs = {
  host: config.require("host"),
  ...(privateKeyPath ? { privateKeyPath } : {}),
  ...(knownHosts ? { knownHosts } : {}),
};

const route = new AnyIPRoute("pool", { connection, prefix: config.require("prefix") });
const sites = config
  .requireObject<string[]>("sites")
  .map((name) => ({ name, allocation: new AddressAllocation(name, { connection, pool: route.prefix }) }));

export const addresses = Object.fromEntries(sites.map(({ name, allocation }) => [name, allocation.address]));
export const reverseNames = Object.fromEntries(
  sites.map(({ name, allocation }) => [name, allocation.reverseName]),
);
