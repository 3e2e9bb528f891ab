// Removes sandboxes: on request, when their owner ends, and those that a killed owner left.
// It ends nothing but processes that a record names by id and start time.

import { spawnSync } from "node:child_process";
import { rmdirSync, rmSync } from "node:fs";
import { linkName, sandboxAddresses } from "./addresses";
import { endMachine } from "./machine";
import { describeProcessSpace, isAlive } from "./processes";
import { COMMAND_ENVIRONMENT } from "./run-command";
import {
  listNames,
  readRecord,
  type SandboxRecord,
  STATE_DIRECTORY,
  sandboxDirectory,
} from "./state-directory";

const END_TIMEOUT_MS = 5_000;
const POLL_MS = 2;
const OWNER_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Removes all that a record names. Synchronous, since an ending process can't wait; ~50 ms for 20 hosts. */
export function removeSandbox(record: SandboxRecord): void {
  if (record.processSpace === describeProcessSpace()) endMachines(record);
  removeDirectory(record.name);
}

function endMachines(record: SandboxRecord): void {
  removeLink(record);
  const machines = [record.switch, record.peer, ...record.hosts].filter((machine) => machine !== undefined);
  for (const machine of machines) endMachine(machine);
  const deadline = Date.now() + END_TIMEOUT_MS;
  for (const { init, holder } of machines) {
    while (isAlive(init) || isAlive(holder)) {
      if (Date.now() > deadline) throw new Error(`process ${init.pid} of sandbox ${record.name} doesn't end`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS);
    }
  }
}

/** Without this the kernel removes the link too, but only some time after the switch's last process. */
function removeLink({ slice, network6 }: SandboxRecord): void {
  if (slice === undefined) return;
  const link = linkName(slice);
  const ip = (...args: string[]) =>
    spawnSync("ip", args, { env: COMMAND_ENVIRONMENT, encoding: "utf8" }).stdout;
  // Another sandbox may have taken the slice since; the random subnet tells whose the link is.
  const ours = ip(
    "-6",
    "-o",
    "address",
    "show",
    "dev",
    link,
    "to",
    sandboxAddresses(slice, network6).machine6,
  );
  if (ours) ip("link", "del", link);
}

function removeDirectory(name: string): void {
  rmSync(sandboxDirectory(name), { recursive: true, force: true });
  try {
    rmdirSync(STATE_DIRECTORY);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "ENOTEMPTY" && code !== "ENOENT") throw error;
  }
}

/** Removes every sandbox whose owner, or whose switch, is gone. Call it with the lock held. */
export function reapSandboxes(): void {
  for (const name of listNames()) {
    const record = readRecord(name);
    if (record === undefined) removeDirectory(name);
    else if (isAbandoned(record)) removeSandbox(record);
  }
}

function isAbandoned(record: SandboxRecord): boolean {
  const [bootId, processNamespace] = record.processSpace.split(" ");
  const [ourBootId, ourProcessNamespace] = describeProcessSpace().split(" ");
  if (bootId !== ourBootId) return true;
  // From here the process ids of another container can't be judged; whoever shares its namespace will.
  if (processNamespace !== ourProcessNamespace) return false;
  if (record.owner !== undefined) return !isAlive(record.owner);
  return record.switch === undefined || !isAlive(record.switch.init);
}

/** The sandboxes that must not outlive this process. Each entry's record is its newest. */
const owned = new Set<{ readonly record: SandboxRecord }>();

/** Has the sandbox removed when this process ends, by itself, by an exception or by a signal. */
export function removeAtExit(holding: { readonly record: SandboxRecord }): void {
  if (owned.size === 0) {
    process.on("exit", removeOwned);
    for (const signal of OWNER_SIGNALS) process.on(signal, removeAndPassOn);
  }
  owned.add(holding);
}

/** Takes back removeAtExit. */
export function leaveAtExit(holding: { readonly record: SandboxRecord }): void {
  owned.delete(holding);
  if (owned.size > 0) return;
  process.off("exit", removeOwned);
  for (const signal of OWNER_SIGNALS) process.off(signal, removeAndPassOn);
}

function removeOwned(): void {
  for (const holding of owned) {
    removeSandbox(holding.record);
    leaveAtExit(holding);
  }
}

/** With a listener a signal no longer ends the process. If ours was the only one, it does so all the same. */
function removeAndPassOn(signal: NodeJS.Signals): void {
  const others = process.listenerCount(signal) > 1;
  removeOwned();
  if (!others) process.kill(process.pid, signal);
}
