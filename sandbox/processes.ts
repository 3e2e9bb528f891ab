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

/** Ends exactly this process, at once; one that is gone already is fine. */
export function killProcess(target: ProcessId): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** The first child of a process; the one child, where `unshare --fork` is meant. */
export function findChild(pid: number): ProcessId | undefined {
  const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return first ? findProcess(Number(first)) : undefined;
}

/** Tells process ids of this boot and process namespace from those of another, which look the same. */
export function describeProcessSpace(): string {
  const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  return `${bootId} ${readlinkSync("/proc/self/ns/pid")}`;
}
