// Names processes so that a number that was reused is never taken for the one that was meant.

import { readFileSync, readlinkSync } from "node:fs";

/** A process: its id and when it started, in clock ticks since boot. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: string;
}

/** The process with this id, or undefined when there is none, or it has ended and only waits to be reaped. */
export function findProcess(pid: number): ProcessId | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field, the name, may hold spaces and parentheses: count from behind its end (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  const startTime = fields[19];
  return state === "Z" || startTime === undefined ? undefined : { pid, startTime };
}

/** Whether exactly this process still runs. */
export function isAlive(process: ProcessId): boolean {
  return findProcess(process.pid)?.startTime === process.startTime;
}

/** Sends exactly this process the signal; one that is gone already is fine. */
export function endProcess(target: ProcessId, signal: "SIGKILL" | "SIGTERM"): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The children of a process, the oldest first; none when it is gone. */
export function findChildren(pid: number): ProcessId[] {
  let children: string;
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  } catch {
    return [];
  }
  return children
    .split(" ")
    .filter((child) => child !== "")
    .map((child) => findProcess(Number(child)))
    .filter((child) => child !== undefined);
}

/** The first child of a process; the one child, where `unshare --fork` is meant. */
export function findChild(pid: number): ProcessId | undefined {
  return findChildren(pid)[0];
}

/** Tells process ids of this boot and process namespace from those of another, which look the same. */
export function describeProcessSpace(): string {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${bootId} ${readlinkSync("/proc/self/ns/pid")}`;
}
