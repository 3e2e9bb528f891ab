// One run's provider process, as the engine has it: started for the run, asked, and ended with it.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

type Method = "check" | "diff" | "create" | "read" | "update" | "delete";

interface Answer {
  readonly number: number;
  readonly result?: unknown;
  readonly failure?: string;
}

interface Waiting {
  readonly changes: boolean;
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const changing: readonly Method[] = ["create", "update", "delete"];

/** The provider was killed before it answered, or it crashed. */
export class ProviderGone extends Error {}

export class ProviderChild {
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private readonly ended: Promise<unknown>;
  private count = 0;
  private isKilled = false;
  private printed = "";

  constructor() {
    this.child = fork(join(__dirname, "provider-process.cjs"), {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.printed += chunk.toString();
      });
    }
    this.child.on("message", (answer: Answer) => this.settle(answer));
    this.ended = once(this.child, "close").then(() => this.abandon());
  }

  /** True while a create, update or delete is under way. */
  get isChanging(): boolean {
    return [...this.waiting.values()].some(({ changes }) => changes);
  }

  /** @throws ProviderGone, or an Error with the provider's message */
  ask(method: Method, ...args: unknown[]): Promise<unknown> {
    const number = this.count++;
    return new Promise((resolve, reject) => {
      if (!this.child.connected) return reject(new ProviderGone("it has ended"));
      this.waiting.set(number, { changes: changing.includes(method), resolve, reject });
      this.child.send({ number, method, args }, (error) => {
        // The end of the process says it, too, and later.
        if (error) this.waiting.delete(number);
        if (error) reject(new ProviderGone(error.message));
      });
    });
  }

  /** SIGKILL, which is also how the engine ends it. Resolves once it is gone. */
  async kill(): Promise<void> {
    this.isKilled = true;
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** What it said when it ended by itself, which it never should. */
  get crash(): string | undefined {
    const hasEnded = this.child.exitCode !== null || this.child.signalCode !== null;
    return hasEnded && !this.isKilled ? `the provider ended by itself: ${this.printed.trim()}` : undefined;
  }

  private settle({ number, result, failure }: Answer): void {
    const waiting = this.waiting.get(number);
    this.waiting.delete(number);
    if (failure === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(failure));
  }

  private abandon(): void {
    for (const { reject } of this.waiting.values()) reject(new ProviderGone("it ended before it answered"));
    this.waiting.clear();
  }
}
