// BIND's own named-checkzone as the judge of zone files.
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/**
 * Has named-checkzone read a zone file, with every doubt an error, and dump what it has understood.
 *
 * @returns its records, each as "owner type data" with complete names, but for SOA and the zone's own NS.
 */
export async function readZoneByBind(zone: string, file: string): Promise<string[]> {
  // -i local: it must not ask the DNS about the name server.
  const strict = ["-i", "local", "-k", "fail", "-m", "fail", "-n", "fail", "-r", "fail"];
  const { stdout } = await run("named-checkzone", [...strict, "-D", "-o", "-", zone, file]);
  return stdout
    .split("\n")
    .map((line) => line.split(/\s+/))
    .filter((words) => words[2] === "IN" && !(words[0] === `${zone}.` && /^(SOA|NS)$/.test(words[3] ?? "")))
    .map(([owner, _ttl, _class, type, data]) => `${owner} ${type} ${data}`);
}
