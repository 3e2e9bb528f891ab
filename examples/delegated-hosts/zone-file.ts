// Zone files for BIND in the folder zones, each with the head that a zone needs.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";

/** Writes the file of a zone, but in a preview; returns its path. A file that has these records stays, and so does its serial. */
export function writeZone(zone: string, nameServer: string, records: string): string {
  const path = `zones/${zone}`;
  if (
    pulumi.runtime.isDryRun() ||
    (existsSync(path) && readFileSync(path, "utf8").endsWith(`\n\n${records}`))
  )
    return path;
  const serial = Math.floor(Date.now() / 1000);
  const head = `$TTL 3600
@ IN SOA ${nameServer}. hostmaster.${nameServer}. ${serial} 7200 3600 1209600 3600
@ IN NS ${nameServer}.

`;
  mkdirSync("zones", { recursive: true });
  writeFileSync(path, head + records);
  return path;
}
