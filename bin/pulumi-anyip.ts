#!/usr/bin/env node
// The command line: finds the subcommand, and turns errors into a message and an exit code.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AnyIPError } from "../provider/errors";
import { type Command, listCommands, runNamed, UsageError } from "./command";
import { doctorCommand } from "./doctor";
import { lsCommand } from "./ls";
import { sandboxCommand } from "./sandbox/command";

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["doctor", doctorCommand],
  ["ls", lsCommand],
  ["sandbox", sandboxCommand],
]);

const HELP = `Usage: pulumi-anyip COMMAND

${listCommands(COMMANDS)}
  --version   print the version
  --help      print this, or behind a command what that one takes
`;

/** The package's own version; package.json is above both bin/ and dist/bin/. */
function readVersion(directory = __dirname): string {
  try {
    return (JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string }).version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || directory === dirname(directory)) throw error;
    return readVersion(dirname(directory));
  }
}

async function main(args: readonly string[]): Promise<number> {
  if (args[0] === "--version") {
    process.stdout.write(`${readVersion()}\n`);
    return 0;
  }
  try {
    return await runNamed("", COMMANDS, HELP, args);
  } catch (error) {
    const usage = error instanceof UsageError;
    const code = error instanceof AnyIPError ? ` (${error.code})` : "";
    process.stderr.write(`pulumi-anyip: ${(error as Error).message}${code}\n`);
    if (usage) process.stderr.write("Add --help to a command to see what it takes.\n");
    return usage ? 2 : 1;
  }
}

void main(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
