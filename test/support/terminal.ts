// A person at a terminal: runs a program in one, and types when asked.
import { spawn } from "node:child_process";
import { quote } from "../../provider/host/shell-quote";

/** What is typed once the terminal shows the words, which were not there before. */
export interface Reply {
  readonly to: RegExp;
  readonly type: string;
}

export interface TerminalResult {
  readonly code: number;
  /** All that the terminal has shown: both outputs, and what it has echoed. */
  readonly shown: string;
}

/** Runs the program to its end at a terminal that echoes what is typed, unless the program turns that off. */
export function runAtTerminal(
  argv: readonly string[],
  replies: readonly Reply[],
  env: NodeJS.ProcessEnv,
): Promise<TerminalResult> {
  const command = argv.map(quote).join(" ");
  // script(1) is the terminal; it returns what the program does.
  const terminal = spawn("script", ["-q", "-e", "-E", "always", "-c", command, "/dev/null"], { env });
  const left = [...replies];
  let shown = "";
  let answeredUpTo = 0;
  terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += text;
    const [reply] = left;
    if (!reply?.to.test(shown.slice(answeredUpTo))) return;
    left.shift();
    answeredUpTo = shown.length;
    terminal.stdin.write(reply.type);
  });
  return new Promise((resolve, reject) => {
    terminal.once("error", reject);
    terminal.once("close", (code) => resolve({ code: code ?? -1, shown }));
  });
}
