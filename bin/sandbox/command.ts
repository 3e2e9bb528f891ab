// `pulumi-anyip sandbox`: throw-away hosts on this machine.

import { type Command, listCommands, runNamed } from "../command";
import { downCommand } from "./down";
import { listCommand } from "./list";
import { runAsRoot } from "./run-as-root";
import { shellCommand } from "./shell";
import { upCommand } from "./up";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["up", upCommand],
  ["down", downCommand],
  ["shell", shellCommand],
  ["list", listCommand],
]);

const HELP = `Usage: pulumi-anyip sandbox COMMAND

A sandbox is a private network on this machine, with hosts that have a real sshd and a kernel's routing
tables of their own, and a peer that can ping them. It lives until \`down\` or a reboot. Needs Linux and
root's rights; without them it runs itself by sudo.

${listCommands(COMMANDS)}`;

export const sandboxCommand: Command = {
  summary: "throw-away hosts on this machine, to try it all on",
  run: (args) => runNamed("sandbox: ", withRoot(COMMANDS), HELP, args),
};

/** The commands, but each runs with root's rights: usage is checked there too, help needs none. */
function withRoot(commands: ReadonlyMap<string, Command>): ReadonlyMap<string, Command> {
  const wrap = (command: Command): Command => ({
    ...command,
    run: (args) => runAsRoot(() => command.run(args)),
  });
  return new Map([...commands].map(([name, command]) => [name, wrap(command)]));
}
