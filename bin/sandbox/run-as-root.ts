// Gets root's rights: by being root, or by running this very command again through sudo.

import { spawn, spawnSync } from "node:child_process";
import { cacheHome } from "../../sandbox/boot/trees";

/** Calls `action` as root, or has sudo do the whole command line again. Resolves to the exit code. */
export async function runAsRoot(action: () => Promise<number>): Promise<number> {
  if (process.platform !== "linux") {
    throw new Error(
      `a sandbox needs Linux, this is ${process.platform}: use a virtual machine or a container`,
    );
  }
  if (process.getuid?.() === 0) return action();
  const probe = spawnSync("sudo", ["-n", "true"], { stdio: "ignore" });
  if (probe.status !== 0) {
    throw new Error(
      "a sandbox needs root's rights, and `sudo -n` doesn't give them: run this as root, or `sudo -v` first",
    );
  }
  // The person's cache has the disks of hosts that boot; sudo may set another HOME.
  const command = ["env", `XDG_CACHE_HOME=${cacheHome()}`, process.execPath, ...process.argv.slice(1)];
  const child = spawn("sudo", ["-n", ...command], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 1));
  });
}
