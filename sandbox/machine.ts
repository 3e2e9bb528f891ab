// A set of namespaces (network, mounts, processes, host name, IPC) that is one machine of the test network.

import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { findBootedInit } from "./boot/init";
import type { MachineRecord } from "./machine-record";
import { READY } from "./namespace-script";
import { endProcess, findChild, findProcess } from "./processes";
import {
  COMMAND_ENVIRONMENT,
  type CommandResult,
  type RunOptions,
  runCommand,
  runOrThrow,
} from "./run-command";

const NAMESPACES = ["--net", "--mount", "--pid", "--uts", "--ipc"];

/** A machine that this process has just started, and still holds. */
export interface StartedMachine {
  readonly record: MachineRecord;
  /** Leaves the machine running when this process ends. */
  readonly keep: () => void;
  /** Resolves when the machine is gone and its last process is reaped. Keeps the event loop running. */
  readonly waitForEnd: () => Promise<void>;
}

/**
 * Starts a machine: `script` runs in new namespaces as process 1. It lives as long as this process, see
 * namespace-script.ts. Resolves once the script is done with its set-up.
 *
 * @throws Error with what the script printed.
 */
export async function startMachine(script: string, args: readonly string[]): Promise<StartedMachine> {
  // Detached, so that a ^C at the terminal doesn't end the hosts under a program that still cleans up.
  const child = spawn(
    "unshare",
    [...NAMESPACES, "--fork", "--kill-child", "--", "sh", "-c", script, "sh", ...args],
    {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
      env: COMMAND_ENVIRONMENT,
    },
  );
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const waitForEnd = () => {
    child.ref();
    return ended;
  };
  const printed = await readUntilReady(child);
  const holder = child.pid === undefined ? undefined : findProcess(child.pid);
  const init = holder && findChild(holder.pid);
  if (printed !== "" || holder === undefined || init === undefined) {
    child.kill("SIGKILL");
    throw new Error(
      `the namespaces of ${args[0]} can't be set up: ${printed.trim() || "they ended at once"}`,
    );
  }
  // Nothing of the machine keeps the owner's event loop running. The holder still has these outputs open.
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  const input = child.stdin as Writable & { unref(): void };
  input.unref();
  return { record: { holder, init }, keep: () => input.end("keep\n"), waitForEnd };
}

/** Returns "" when the set-up says that it is done, else what it printed instead. */
function readUntilReady(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    let stdout = "";
    let stderr = "";
    child.stdin?.on("error", () => {});
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.stdout?.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      if (stdout.endsWith(`${READY}\n`)) resolve("");
    });
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(stderr || stdout || `it ended with ${code ?? signal}`));
  });
}

/** Begins a machine's end; the kernel ends whatever else runs in the namespaces when their process 1 ends. */
export function endMachine(machine: MachineRecord): void {
  // A keeper has something to remove first.
  endProcess(machine.init, machine.boots ? "SIGTERM" : "SIGKILL");
}

/** A running machine of a sandbox, whoever started it. */
export class Machine {
  constructor(private readonly machine: MachineRecord) {}

  /** Its process 1 at this time. @throws Error while a booted machine is between two boots. */
  private get initPid(): number {
    const init = this.machine.boots ? findBootedInit(this.machine.init) : this.machine.init;
    if (init === undefined) throw new Error("the machine isn't running: it reboots");
    return init.pid;
  }

  /** Arguments of nsenter(1) that run a program inside. */
  private enter(argv: readonly string[]): string[] {
    // --root: in a chroot, the root of the mount namespace alone would be the one outside of it.
    return ["--target", String(this.initPid), ...NAMESPACES, "--root", "--wd", "--", ...argv];
  }

  /** Runs a program inside, as root, to its end. `argv[0]` is looked up on the standard PATH. */
  exec(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return runCommand("nsenter", this.enter(argv), options);
  }

  /** Like exec, but a non-zero exit code is an error. Resolves to what was printed on standard output. */
  async execOrThrow(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const result = await this.exec(argv, options);
    if (result.code === 0) return result.stdout;
    throw new Error(`\`${argv.join(" ")}\` ended with code ${result.code}: ${result.stderr.trim()}`);
  }

  /**
   * Runs lines of `ip -batch` in this machine's network namespace; process ids in them are ours.
   *
   * @throws Error on the first line that fails.
   */
  async configureNetwork(lines: readonly string[]): Promise<void> {
    await this.runIp(["-batch", "-"], { stdin: `${lines.join("\n")}\n` });
  }

  /**
   * Runs our own iproute2's `ip` in this machine's network namespace, whatever the machine has for one.
   *
   * @throws Error when it fails.
   */
  async runIp(args: readonly string[], options: RunOptions = {}): Promise<string> {
    const network = ["--target", String(this.initPid), "--net", "--"];
    return (await runOrThrow("nsenter", [...network, "ip", ...args], options)).stdout;
  }

  /** Starts a program inside without waiting for it: a server, or a shell on this terminal. */
  spawn(argv: readonly string[], stdio: StdioOptions): ChildProcess {
    return spawn("nsenter", this.enter(argv), {
      stdio,
      env: { ...COMMAND_ENVIRONMENT, TERM: process.env.TERM },
    });
  }

  /** Where a path of this machine is seen from outside: for reading and writing files, /etc too. */
  path(inside: string): string {
    return `/proc/${this.initPid}/root${inside}`;
  }
}
