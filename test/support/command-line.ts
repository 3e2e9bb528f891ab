// Runs the compiled command line against a sandbox's hosts, as a person would.
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Host, Sandbox } from "../../sandbox";

const run = promisify(execFile);

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `pulumi-anyip` as compileSandbox has compiled it; the exit code is a result. */
export async function runCommand(
  compiled: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  const entry = join(compiled, "bin/pulumi-anyip.js");
  const env = { ...process.env, ...environment };
  const {
    code = 0,
    stdout,
    stderr,
  } = await run(process.execPath, [entry, ...args], { env }).catch((error) => error);
  return { code, stdout, stderr };
}

/** The options that lead to the host, with strict host keys. */
export function hostArguments(sandbox: Sandbox, host: Host, user = host.user): string[] {
  const { privilege } = host.rights;
  return [
    `${user}@${host.address}`,
    ...["--port", String(host.port)],
    ...["--private-key-path", sandbox.keyPath],
    ...["--known-hosts", sandbox.knownHostsPath],
    ...(privilege ? ["--privilege", privilege] : []),
  ];
}
