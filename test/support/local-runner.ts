// A command runner without SSH: each channel is a local `sh -c`, optionally inside a network namespace.
// For tests of the host layer that need no connection; the SSH transports are tested against a real sshd.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { AnyIPError } from "../../provider/errors";
import type { CommandChannel, CommandRunner } from "../../provider/transport/command-runner";

export function createLocalRunner(prefix: readonly string[] = []): CommandRunner {
  const channels = new Set<LocalChannel>();
  return {
    hostKey: undefined,
    isOpen: true,
    async open(command) {
      const [program = "sh", ...args] = [...prefix, "sh", "-c", command];
      const channel = new LocalChannel(spawn(program, args, { stdio: "pipe" }));
      channels.add(channel);
      return channel;
    },
    close() {
      for (const channel of channels) channel.close();
    },
  };
}

class LocalChannel implements CommandChannel {
  private output = "";
  private stderr = "";
  private exit: { exitCode: number | undefined } | undefined;
  private wake: () => void = () => {};

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.take(() => (this.output += text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.take(() => (this.stderr += text)));
    child.on("close", (code) => this.take(() => (this.exit = { exitCode: code ?? undefined })));
    child.stdin.on("error", () => {});
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  end(): void {
    this.child.stdin.end();
  }

  async readUntilLine(marker: string, timeoutMs: number): Promise<string> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const at = `\n${this.output}`.indexOf(`\n${marker}\n`);
      if (at >= 0) {
        const before = this.output.slice(0, at);
        this.output = this.output.slice(at + marker.length + 1);
        return before;
      }
      if (this.exit) throw this.lost();
      if (!(await this.wait(deadline))) throw new AnyIPError("COMMAND_TIMEOUT", `no ${marker}`);
    }
  }

  async waitForExit(timeoutMs: number) {
    const deadline = performance.now() + timeoutMs;
    while (!this.exit) {
      if (!(await this.wait(deadline))) throw new AnyIPError("COMMAND_TIMEOUT", "no exit");
    }
    return { exitCode: this.exit.exitCode, stderr: this.stderr };
  }

  close(): void {
    this.child.stdin.end();
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }

  private lost(): AnyIPError {
    const code = this.exit?.exitCode === undefined ? {} : { exitCode: this.exit.exitCode };
    const facts = { output: this.output + this.stderr, ...code };
    return new AnyIPError("CONNECTION_LOST", "the command ended", { retryable: true, facts });
  }

  private take(change: () => void): void {
    change();
    this.wake();
  }

  private wait(deadline: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), Math.max(0, deadline - performance.now()));
      this.wake = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
