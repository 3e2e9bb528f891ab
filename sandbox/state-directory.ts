// What is written down about each sandbox, in /run/pulumi-anyip-sandbox/NAME/, so that any later run can
// find it, use it and remove it. It starts and ends nothing.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostRecord } from "./host-record";
import type { MachineRecord } from "./machine-record";
import type { ProcessId } from "./processes";
import { COMMAND_ENVIRONMENT } from "./run-command";

/** Where all sandboxes of this machine are. Root's own, and gone after a reboot on most systems. */
export const STATE_DIRECTORY = "/run/pulumi-anyip-sandbox";

const LOCKED_DIRECTORY = "/run";

export interface SandboxRecord {
  readonly version: 1;
  readonly name: string;
  /** Lives until this process ends; absent: until a person says `sandbox down`. */
  readonly owner?: ProcessId;
  /** Boot and process namespace in which the process ids below mean something. */
  readonly processSpace: string;
  /** Which slice of the address range, see addresses.ts; absent until the link to it is made. */
  readonly slice?: number;
  /** The sandbox's IPv6 /64, from the unique local range. */
  readonly network6: string;
  readonly switch?: MachineRecord;
  readonly peer?: MachineRecord;
  readonly hosts: readonly HostRecord[];
}

/** What may be the name of a sandbox or host: it becomes a directory, a host name and an overlay option. */
const NAME_PATTERN = /^[a-z0-9][a-z0-9-]{0,39}$/;

/** @throws Error that says what a name may be. */
export function assertName(what: string, name: string): void {
  if (NAME_PATTERN.test(name)) return;
  throw new Error(
    `${what} ${JSON.stringify(name)} can't be used: up to 40 lower-case letters, digits and hyphens, such as web1, are right`,
  );
}

/** The directory of one sandbox. */
export function sandboxDirectory(name: string): string {
  return join(STATE_DIRECTORY, name);
}

/** Writes a record so that a reader finds the old one or the new one, never half of it. */
export function writeRecord(record: SandboxRecord): void {
  const path = join(sandboxDirectory(record.name), "sandbox.json");
  writeFileSync(`${path}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The record of a sandbox, or undefined when there is none of that name. */
export function readRecord(name: string): SandboxRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(sandboxDirectory(name), "sandbox.json"), "utf8")) as SandboxRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The names of all that has a directory, in order. */
export function listNames(): string[] {
  try {
    return readdirSync(STATE_DIRECTORY, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Runs `action` while no other process makes or reaps a sandbox. flock(1) holds the lock, as Node.js has no
 * flock(2), and lets go of it whenever its standard input ends: also when this process is killed. What it
 * locks is /run itself, which is always there, so that no lock file stays behind.
 */
export async function withStateLock<Result>(action: () => Promise<Result>): Promise<Result> {
  const lock: ChildProcess = spawn("flock", [LOCKED_DIRECTORY, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    env: COMMAND_ENVIRONMENT,
  });
  const ended = once(lock, "close");
  const locked = await Promise.race([
    once(lock.stdout as NodeJS.ReadableStream, "data").then(() => true),
    ended,
  ]);
  if (locked !== true) throw new Error(`flock can't lock ${LOCKED_DIRECTORY}`);
  try {
    return await action();
  } finally {
    lock.stdin?.end();
    await ended;
  }
}
