// What runs on a test host on our behalf, seen from outside.
import { readdirSync, readFileSync } from "node:fs";
import type { Host } from "../../sandbox";
import { waitUntil } from "./wait-until";

/** Shells end themselves half a second after their last batch; a change that nobody confirms after 10 s. */
const leaveMs = { success: 5_000, fault: 12_000 };

/** Waits until no process of ours is left on the host, and no file but records; fails if that takes too long. */
export async function expectNothingLeft(host: Host, after: "success" | "fault"): Promise<void> {
  const look = () => [...listOurProcesses(host), ...listLeftovers(host)];
  await waitUntil(look, (left) => left.length === 0, leaveMs[after]);
}

/** Command lines of root shells, their watchdogs and what those start. */
export function listOurProcesses(host: Host): string[] {
  return listProcesses(host)
    .map(({ line }) => line)
    .filter((line) => /(^|[ /])sh -s$|^sleep [0-9]{1,2}$|^(timeout [0-9]+ )?flock |^ip .*-batch/.test(line));
}

/** All that run there, with their command lines. */
export function listProcesses(host: Host): { readonly pid: string; readonly line: string }[] {
  const processes = host.path("/proc");
  return readdirSync(processes)
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map((pid) => ({ pid, line: readCommandLine(`${processes}/${pid}/cmdline`) }));
}

/** The lock's directory goes with its last holder, but for the records of routes that are managed. */
function listLeftovers(host: Host): string[] {
  const directory = host.path("/run/pulumi-anyip");
  const entries = readWhole(directory);
  if (!entries) return [];
  const isRecord = (entry: string) => entry.startsWith("routes/");
  return entries.some(isRecord)
    ? entries.filter((entry) => entry !== "routes" && !isRecord(entry))
    : [directory];
}

/** All that is in it; undefined where it is not, or has just gone. */
export function readWhole(directory: string): string[] | undefined {
  try {
    return readdirSync(directory, { recursive: true, encoding: "utf8" });
  } catch {
    return undefined;
  }
}

function readCommandLine(path: string): string {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
