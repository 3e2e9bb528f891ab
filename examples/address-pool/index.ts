// An IPv6 address of its own for each of thousands of DNS names. No host is needed: the addresses are in the stack's state.
// A name that comes or goes changes nothing for the others, and for a week nobody else gets the address of one that went.
//
// Bind the whole pool to a host by one AnyIPRoute, and all of them answer.
import * as pulumi from "@pulumi/pulumi";
import { AddressPool } from "pulumi-anyip";

const config = new pulumi.Config();
const sites = Array.from(
  { length: config.requireNumber("sites") },
  (_, index) => `site-${index + 1}.example`,
);

const addresses = new AddressPool("sites", {
  pool: config.require("pool"),
  names: ["www.example", "mail.example", ...sites],
  // Kept for routers and the like.
  reserve: { infrastructure: config.require("infrastructure") },
  quarantine: "7d",
});

/** Lines for a zone file of BIND. */
export const records = addresses.results.apply((results) =>
  Object.entries(results)
    .map(([name, address]) => `${name}. AAAA ${address}`)
    .join("\n"),
);
export const www = addresses.resultOf("www.example");
export const { used, free, largestFreePrefix } = addresses;
