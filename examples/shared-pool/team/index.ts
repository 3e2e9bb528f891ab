// One of many stacks that share a prefix: it takes addresses from the block that the network stack (../network) has given to its team.
import * as pulumi from "@pulumi/pulumi";
import { AddressPool } from "pulumi-anyip";

const config = new pulumi.Config();
const team = config.require("team");

const network = new pulumi.StackReference(config.require("network"));
const block = network.requireOutput("blocks").apply((blocks: Record<string, string>) => {
  const found = blocks[team];
  if (found === undefined)
    throw new Error(`the network stack has no block for ${team}; add it to its teams first`);
  return found;
});

const addresses = new AddressPool("addresses", {
  pool: block,
  names: config.requireObject<string[]>("names"),
});

export const results = addresses.results;
