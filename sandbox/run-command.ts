// Runs one program with an argument array and gathers what it printed. No shell of its own.

import { type SpawnOptions, spawn } from "node:child_process";

/** What a finished command left. `code` is the exit code, or 128 + the signal's number as shells have it. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Text for standard input; without it standard input is empty. */
  readonly stdin?: string;
  /** A file descriptor that the program finds as its fd 3. */
  readonly fd3?: number;
}

const SIGNAL_BASE = 128;
const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGTERM: 15,
};

/**
 * The whole environment of everything that runs in or for a sandbox: what the person's own holds (proxies,
 * agents, locale) must not decide what a test sees.
 */
export const COMMAND_ENVIRONMENT: NodeJS.ProcessEnv = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: "/root",
  LC_ALL: "C",
};

/** Runs a program to its end; a non-zero exit is a result, not an error. Rejects if it can't be started. */
export function runCommand(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const stdio: SpawnOptions["stdio"] = [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"];
    if (options.fd3 !== undefined) stdio.push(options.fd3);
    const child = spawn(program, args, { stdio, env: COMMAND_ENVIRONMENT });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", (cause) => reject(new Error(`${program} can't be run: ${cause.message}`, { cause })));
    child.on("close", (code, signal) =>
      resolve({
        code: code ?? SIGNAL_BASE + (signal === null ? 0 : (SIGNAL_NUMBERS[signal] ?? 0)),
        stdout: Buffer.concat(stdout).toString(),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
    // A program that ends without reading its input closes the pipe; its exit code tells the story.
    child.stdin?.on("error", () => {});
    child.stdin?.end(options.stdin);
  });
}

/** Like runCommand, but an exit code other than 0 is an error that says what was run and what it printed. */
export async function runOrThrow(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandResult> {
  const result = await runCommand(program, args, options);
  if (result.code === 0) return result;
  const printed = (result.stderr || result.stdout).trim();
  throw new Error(`\`${[program, ...args].join(" ")}\` ended with code ${result.code}: ${printed}`);
}
