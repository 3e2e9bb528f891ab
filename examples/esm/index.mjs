// The quickstart as an ECMAScript module. Run it in this folder: pulumi stack init dev, pulumi config set host
// web1.example, pulumi up. Nothing is compiled.
import * as pulumi from "@pulumi/pulumi";
import { AnyIPRoute } from "pulumi-anyip";

const config = new pulumi.Config();
const privateKeyPath = config.get("privateKeyPath");
const knownHosts = config.get("knownHosts");
const connection = {
  host: config.require("host"),
  ...(privateKeyPath ? { privateKeyPath } : {}),
  ...(knownHosts ? { knownHosts } : {}),
};

const sites = new AnyIPRoute("sites", { connection, prefix: config.require("prefix") });

export const prefix = sites.prefix;
export const reverseZone = sites.reverseZone;
