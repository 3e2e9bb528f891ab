// Binds an IPv6 /64 and an IPv4 subnet to one host; every address of both is then answered by it.
import * as pulumi from "@pulumi/pulumi";
import { AnyIPRoute, type ConnectionArgs } from "pulumi-anyip";

const config = new pulumi.Config();
const privateKeyPath = config.get("privateKeyPath");
const knownHosts = config.get("knownHosts");
const connection: ConnectionArgs = {
  host: config.require("host"),
  ...(privateKeyPath ? { privateKeyPath } : {}),
  ...(knownHosts ? { knownHosts } : {}),
};

const sites = new AnyIPRoute("sites", { connection, prefix: config.require("prefix") });
const sites4 = new AnyIPRoute("sites4", { connection, prefix: config.require("prefix4") });

export const prefix = sites.prefix;
export const firstAddress = sites.firstAddress;
export const lastAddress = sites.lastAddress;
export const addressCount = sites.addressCount;
export const reverseZone = sites.reverseZone;
export const prefix4 = sites4.prefix;
