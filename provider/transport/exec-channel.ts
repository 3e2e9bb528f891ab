// A command channel over any SSH library's exec stream: waits for marker lines and for the end.
// Knows nothing of connections; whoever made it says when the connection is lost.

import { AnyIPError, type ErrorCode } from "../errors";
import type { CommandChannel } from "./command-runner";
import { ByteTail, OutputBuffer } from "./output-buffer";

/** What is needed of an exec stream; ssh2's ClientChannel has this shape. */
export interface ExecStream {
  write(text: string): boolean;
  end(): void;
  close(): void;
  pause(): void;
  resume(): void;
  on(event: "data", listener: (chunk: Buffer) => void): this;
  on(event: "exit", listener: (code: number | null, signal?: string) => void): this;
  on(event: "close", listener: () => void): this;
  on(event: "error", listener: (error: Error) => void): this;
  readonly stderr: { on(event: "data" | "error", listener: (chunk: Buffer) => void): unknown };
}

const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;
/** With nobody reading, this much output is taken in before the host is made to wait. */
const UNREAD_LIMIT = 4 * 1024 * 1024;
const STDERR_TAIL = 16 * 1024;
const MESSAGE_TAIL = 2 * 1024;
/** A child that keeps the output open must not hide that the command has ended. */
const AFTER_EXIT_MS = 1_000;
/** A host that never confirms a close must not take a place in the queue for ever. */
const CLOSE_GRACE_MS = 1_000;

interface Waiter {
  /** Looks at what is there and settles if it is enough. */
  check(): void;
  reject(error: AnyIPError): void;
}

export class ExecChannel implements CommandChannel {
  private readonly output = new OutputBuffer();
  private readonly stderr = new ByteTail(STDERR_TAIL);
  private readonly waiters = new Set<Waiter>();
  private exit: { code: number | undefined; signal: string | undefined } | undefined;
  private afterExit: NodeJS.Timeout | undefined;
  /** Why no more will come. */
  private ended: string | undefined;
  /** True when there is no stream left to close. */
  private gone = false;
  private goneReported = false;
  private inputEnded = false;
  private paused = false;
  private reading = false;

  constructor(
    private readonly stream: ExecStream,
    private readonly host: string,
    private readonly command: string,
    /** Called once, when the host has no more to do with this channel or had time enough to see the close. */
    private readonly onGone: () => void,
  ) {
    stream.on("data", (chunk) => this.takeOutput(chunk));
    stream.stderr.on("data", (chunk) => this.takeError(chunk));
    stream.on("exit", (code, signal) => this.takeExit(code ?? undefined, signal));
    stream.on("close", () => this.loseConnection(this.exit ? "the command ended" : "the channel closed"));
    // What an error means shows in the close that follows; without a listener it would end the process.
    stream.on("error", () => {});
    stream.stderr.on("error", () => {});
  }

  write(text: string): void {
    if (this.ended === undefined && !this.inputEnded) this.guard(() => this.stream.write(text));
  }

  end(): void {
    if (this.ended !== undefined || this.inputEnded) return;
    this.inputEnded = true;
    this.guard(() => this.stream.end());
  }

  readUntilLine(marker: string, timeoutMs: number, maxBytes = DEFAULT_MAX_BYTES): Promise<string> {
    if (this.reading) return Promise.reject(new Error("A read is already under way on this channel."));
    this.reading = true;
    const read = this.waitUntil(timeoutMs, () => {
      const text = this.output.takeUntilLine(marker);
      if (text !== undefined) return { value: text };
      if (this.output.length > maxBytes) {
        throw this.fail(
          "UNEXPECTED_OUTPUT",
          `printed more than ${maxBytes} bytes without the line that ends them`,
        );
      }
      if (this.ended !== undefined) throw this.fail("CONNECTION_LOST", this.describeEnd());
      return undefined;
    });
    return read.finally(() => {
      this.reading = false;
      this.regulate();
    });
  }

  waitForExit(timeoutMs: number): Promise<{ exitCode: number | undefined; stderr: string }> {
    return this.waitUntil(timeoutMs, () => {
      if (this.ended === undefined) return undefined;
      return { value: { exitCode: this.exit?.code, stderr: this.stderr.toString() } };
    });
  }

  close(): void {
    this.endWith("the channel was given up");
    if (this.gone) return;
    this.gone = true;
    setTimeout(() => this.reportGone(), CLOSE_GRACE_MS).unref();
    this.guard(() => this.stream.close());
    // The library reports the close only once everything before it has been read.
    this.stream.resume();
  }

  /** Ends every wait: nothing more will come over this channel. */
  loseConnection(reason: string): void {
    this.gone = true;
    this.reportGone();
    // What a paused stream still holds was received before the loss: its own close follows once that is read.
    if (!this.paused) this.endWith(reason);
  }

  private reportGone(): void {
    if (this.goneReported) return;
    this.goneReported = true;
    this.onGone();
  }

  /** On a connection that is just breaking, the library throws; the break itself is reported by the next read. */
  private guard(action: () => void): void {
    try {
      action();
    } catch {
      this.loseConnection("the connection was lost");
    }
  }

  private waitUntil<T>(timeoutMs: number, look: () => { value: T } | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.waiters.delete(waiter);
        finish();
      };
      const waiter: Waiter = {
        reject: (error) => {
          settle(() => reject(error));
          this.close();
        },
        check: () => {
          try {
            const found = look();
            if (found !== undefined) settle(() => resolve(found.value));
          } catch (error) {
            waiter.reject(error as AnyIPError);
          }
        },
      };
      const timer = setTimeout(() => {
        waiter.reject(this.fail("COMMAND_TIMEOUT", `did not answer within ${timeoutMs / 1000} s`));
      }, timeoutMs);
      this.waiters.add(waiter);
      waiter.check();
      this.regulate();
    });
  }

  private takeOutput(chunk: Buffer): void {
    if (this.ended !== undefined) return;
    this.output.append(chunk);
    // Only the exit is waited for: keep the latest, drop the rest.
    if (!this.reading && this.waiters.size > 0 && this.output.length > DEFAULT_MAX_BYTES) this.output.clear();
    this.afterExit?.refresh();
    this.notify();
    this.regulate();
  }

  private takeError(chunk: Buffer): void {
    this.stderr.append(chunk);
    this.afterExit?.refresh();
  }

  private takeExit(code: number | undefined, signal: string | undefined): void {
    if (this.ended !== undefined) return;
    this.exit = { code, signal };
    this.afterExit = setTimeout(() => this.endWith("the command ended"), AFTER_EXIT_MS);
  }

  private endWith(reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    clearTimeout(this.afterExit);
    this.afterExit = undefined;
    this.notify();
  }

  private notify(): void {
    for (const waiter of [...this.waiters]) waiter.check();
  }

  private regulate(): void {
    const pause = this.waiters.size === 0 && this.output.length > UNREAD_LIMIT && this.ended === undefined;
    if (pause === this.paused) return;
    this.paused = pause;
    if (pause) this.stream.pause();
    else this.stream.resume();
  }

  private describeEnd(): string {
    if (this.exit?.signal !== undefined)
      return `was ended by ${this.exit.signal} before its outcome was known`;
    if (this.exit?.code !== undefined)
      return `exited with code ${this.exit.code} before its outcome was known`;
    return `has an unknown outcome: ${this.ended}`;
  }

  private fail(code: ErrorCode, what: string): AnyIPError {
    const printed = [this.output.readTail(MESSAGE_TAIL), this.stderr.toString().slice(-MESSAGE_TAIL)];
    const output = printed
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .join("\n");
    const command = this.command.length > 100 ? `${this.command.slice(0, 100)}…` : this.command;
    return new AnyIPError(code, `${this.host}: the command \`${command}\` ${what}.`, {
      retryable: code === "CONNECTION_LOST" || code === "COMMAND_TIMEOUT",
      facts: {
        host: this.host,
        command,
        ...(this.exit?.code === undefined ? {} : { exitCode: this.exit.code }),
        ...(output === "" ? {} : { output }),
      },
    });
  }
}
