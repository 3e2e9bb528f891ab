// What every subcommand of the command line is made of, and how arguments are read.

import { type ParseArgsConfig, parseArgs } from "node:util";

/** A subcommand. `run` gets the arguments behind its name and returns the exit code. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string;
  /** What `--help` behind it prints. A command that has commands of its own has none, and does it itself. */
  readonly help?: string;
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** The arguments make no sense: told with the way to help, exit code 2. */
export class UsageError extends Error {}

type Arguments<Options extends NonNullable<ParseArgsConfig["options"]>> = ReturnType<
  typeof parseArgs<{ args: string[]; options: Options; allowPositionals: true; strict: true }>
>;

/**
 * Reads options and operands; an option of the wrong shape is a UsageError.
 *
 * @param most how many operands there may be
 */
export function readArguments<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
  most: number,
): Arguments<Options> {
  const parsed = parseOrThrow(args, options);
  const surplus = parsed.positionals[most];
  if (surplus !== undefined) throw new UsageError(`${JSON.stringify(surplus)} is one argument too many`);
  return parsed;
}

function parseOrThrow<Options extends NonNullable<ParseArgsConfig["options"]>>(
  args: readonly string[],
  options: Options,
): Arguments<Options> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

/**
 * Runs the command that the first argument names; prints help where it is asked for.
 *
 * @param path what messages start with: "", or `sandbox: ` for the commands behind that word
 */
export async function runNamed(
  path: string,
  commands: ReadonlyMap<string, Command>,
  help: string,
  args: readonly string[],
): Promise<number> {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(help);
    return 0;
  }
  const command = name === undefined ? undefined : commands.get(name);
  if (command === undefined) {
    const found = name === undefined ? "a command is missing" : `there is no command ${JSON.stringify(name)}`;
    throw new UsageError(`${path}${found}; there are ${[...commands.keys()].join(", ")}`);
  }
  // Behind "--" it is someone else's command line.
  const end = rest.indexOf("--");
  const own = end < 0 ? rest : rest.slice(0, end);
  if (command.help !== undefined && (own.includes("--help") || own.includes("-h"))) {
    process.stdout.write(command.help);
    return 0;
  }
  return command.run(rest);
}

/** Help's lines for a set of commands. */
export function listCommands(commands: ReadonlyMap<string, Command>): string {
  return [...commands].map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}\n`).join("");
}
