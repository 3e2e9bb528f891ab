// `pulumi-anyip sandbox shell`: a shell, or one command, as root on one machine of a sandbox.

import { constants } from "node:os";
import { type Command, readArguments, UsageError } from "../command";
import { findSandbox } from "./find";

export const shellCommand: Command = {
  summary: "a shell, or one command, on a host or the peer",
  help: `Usage: pulumi-anyip sandbox shell [NAME] [HOST|peer] [-- COMMAND…]

Runs a shell, or COMMAND, as root on a machine of the sandbox NAME (default: default): on its first host,
on HOST, or on the peer. It goes there directly, not over SSH. The exit code is the command's.
`,
  async run(args) {
    const end = args.indexOf("--");
    const own = end < 0 ? args : args.slice(0, end);
    const command = end < 0 ? ["bash"] : args.slice(end + 1);
    if (command.length === 0) throw new UsageError("a COMMAND is missing behind --");
    const { positionals } = readArguments(own, {}, 2);
    const [name, hostName] = positionals;
    const sandbox = await findSandbox(name);
    const machine =
      hostName === "peer" ? sandbox.peer : sandbox.host(hostName ?? sandbox.hosts[0]?.name ?? "");
    const child = machine.spawn(command, "inherit");
    // ^C is for what runs in the shell, which shares the terminal; this one waits for its end.
    for (const signal of ["SIGINT", "SIGQUIT"] as const) process.on(signal, () => {});
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  },
};
