// `pulumi-anyip sandbox list`: shows the sandboxes that exist.

import { listSandboxes } from "../../sandbox";
import { type Command, readArguments } from "../command";
import { describeSandbox } from "./describe";

export const listCommand: Command = {
  summary: "show the sandboxes and their hosts",
  help: `Usage: pulumi-anyip sandbox list [--json]

  --json   print what a program needs to use them, instead of text
`,
  async run(args) {
    const { values } = readArguments(args, { json: { type: "boolean" } }, 0);
    const sandboxes = await listSandboxes();
    if (values.json) {
      process.stdout.write(`${JSON.stringify(sandboxes.map(describeSandbox), null, 2)}\n`);
      return 0;
    }
    if (sandboxes.length === 0)
      process.stdout.write("There is no sandbox. `pulumi-anyip sandbox up` makes one.\n");
    for (const sandbox of sandboxes) {
      const whose = sandbox.owner === "process" ? " (of a running program)" : "";
      process.stdout.write(`${sandbox.name}${whose}\n`);
      for (const host of sandbox.hosts) {
        process.stdout.write(`  ${host.name}  ${host.user}@${host.address}  ${host.address6}\n`);
      }
      process.stdout.write(`  peer  ${sandbox.peer.address}  ${sandbox.peer.address6}\n`);
    }
    return 0;
  },
};
