// What runs on a test host on our behalf, seen from outside.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Host } from "../../sandbox";
import { waitUntil } from "./wait-until";

/** Shells end themselves half a second after their last batch; a change that nobody confirms after 10 s. */
const leaveMs = { success: 5_000, fault: 12_000 };

/** Waits until no process of ours and no lock is left on the host; fails if that takes too long. */
export async function expectNothingLeft(host: Host, after: "success" | "fault"): Promise<void> {
  const look = () => [...listOurProcesses(host), ...listLocks(host)];
  await waitUntil(look, (left) => left.length === 0, leaveMs[after]);
}

/** Command lines of root shells, their watchdogs and what those start. */
function listOurProcesses(host: Host): string[] {
  const processes = host.path("/proc");
  return readdirSync(processes)
    .filter((entry) => /^[0-9]+$/.test(entry))
    .map((pid) => readCommandLine(`${processes}/${pid}/cmdline`))
    .filter((line) => /(^|[ /])sh -s$|^sleep [0-9]{1,2}$|^flock |^ip .*-batch/.test(line));
}

function listLocks(host: Host): string[] {
  return ["/run/pulumi-anyip"].filter((path) => existsSync(host.path(path)));
}

function readCommandLine(path: string): string {
  try {
    return readFileSync(path, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}
