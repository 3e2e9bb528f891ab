// One /64 for each of many hosts. The stack's configuration lists them:
//
//   config:
//     pulumi-anyip-fleet:hosts:
//       - { name: web1, address: web1.example, prefix: "2001:db8:401::/64" }
//       - { name: web2, address: web2.example, prefix: "2001:db8:402::/64" }
//
// The prefix stands beside its host and does not follow from the place in the list: a host that is taken out leaves
// the others as they are.
import * as pulumi from "@pulumi/pulumi";
import { AnyIPRoute } from "pulumi-anyip";

interface FleetHost {
  name: string;
  address: string;
  prefix: string;
}

const config = new pulumi.Config();
const privateKeyPath = config.get("privateKeyPath");
const knownHosts = config.get("knownHosts");
const login = {
  ...(privateKeyPath ? { privateKeyPath } : {}),
  ...(knownHosts ? { knownHosts } : {}),
};

const routes = config
  .requireObject<FleetHost[]>("hosts")
  .map(
    ({ name, address, prefix }) => new AnyIPRoute(name, { connection: { ...login, host: address }, prefix }),
  );

export const prefixes = pulumi.all(routes.map((route) => route.prefix));
