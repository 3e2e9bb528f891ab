// `pulumi-anyip sandbox down`: removes a sandbox, or all that people have made.

import { listSandboxes, type Sandbox } from "../../sandbox";
import { type Command, readArguments, UsageError } from "../command";
import { findSandbox } from "./find";

export const downCommand: Command = {
  summary: "remove a sandbox and all that is in it",
  help: `Usage: pulumi-anyip sandbox down [NAME | --all]

Removes the sandbox NAME (default: default).

  --all   remove every sandbox made by \`up\`; those of a test run in progress stay
`,
  async run(args) {
    const { values, positionals } = readArguments(args, { all: { type: "boolean" } }, 1);
    if (values.all && positionals.length > 0) throw new UsageError("a NAME and --all exclude each other");
    const doomed = values.all ? await findAllOfPeople() : [await findSandbox(positionals[0])];
    for (const sandbox of doomed) {
      await sandbox.close();
      process.stdout.write(`Sandbox ${sandbox.name} is removed.\n`);
    }
    if (doomed.length === 0) process.stdout.write("There is no sandbox.\n");
    return 0;
  },
};

async function findAllOfPeople(): Promise<Sandbox[]> {
  return (await listSandboxes()).filter((sandbox) => sandbox.owner === "person");
}
