// Asks for a secret at the terminal, which does not show what is typed.

import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import type { AskSecret } from "./missing-secrets";

/** How a person can be asked: at the terminal that is the input; undefined where the input is none. */
export function findPerson(): AskSecret | undefined {
  return process.stdin.isTTY ? askAtTerminal : undefined;
}

/** The question goes to standard error, so that the output is the command's alone. ^C and ^D are no answer. */
async function askAtTerminal(what: string): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on nothing is echoed: the terminal is in raw mode, and what readline would show goes nowhere.
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  process.stderr.write(`${what}: `);
  try {
    return await new Promise((resolve) => {
      terminal.once("line", resolve);
      terminal.once("close", () => resolve(undefined));
    });
  } finally {
    terminal.close();
    process.stderr.write("\n");
  }
}
