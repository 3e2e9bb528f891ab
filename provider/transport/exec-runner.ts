// A command runner over any SSH library's client: opens channels, few enough at once, and ends them all together.

import { setTimeout as sleep } from "node:timers/promises";
import { AnyIPError } from "../errors";
import type { CommandChannel, CommandRunner } from "./command-runner";
import { ExecChannel, type ExecStream } from "./exec-channel";

/** What is needed of an authenticated client; `exec` throws or calls back with an error when it can't. */
export interface ExecClient {
  exec(command: string, callback: (error: Error | undefined, stream: ExecStream) => void): unknown;
  /** Ends the connection, and the jump connections it runs over. */
  end(): void;
}

/** sshd allows 10 sessions, but frees them late (facts S5). */
const MAX_CHANNELS = 4;
/** Pauses before another try when the host refuses one more session. */
const REFUSAL_PAUSES_MS = [100, 300, 900];

export class ExecRunner implements CommandRunner {
  private readonly channels = new Set<ExecChannel>();
  private readonly waiting: (() => void)[] = [];
  /** Those whom the host has refused a session while others were open. */
  private readonly refused: (() => void)[] = [];
  private busy = 0;
  /** How many of them wait for the host to answer. */
  private opening = 0;
  private lost: string | undefined;
  /** The host opens no more sessions on this connection: those that are open go on, new ones need another. */
  private exhausted = false;

  constructor(
    private readonly client: ExecClient,
    private readonly host: string,
    readonly hostKey: string,
  ) {}

  get isOpen(): boolean {
    return this.lost === undefined && !this.exhausted;
  }

  async open(command: string): Promise<CommandChannel> {
    await this.takePlace();
    try {
      return await this.openWithRetries(command);
    } catch (error) {
      this.freePlace();
      throw error;
    }
  }

  close(): void {
    if (this.lost !== undefined) return;
    this.loseConnection("the connection was given up");
    this.client.end();
  }

  /** Called by whoever made the client, when its connection has ended. */
  loseConnection(reason: string): void {
    this.lost ??= reason;
    for (const channel of [...this.channels]) channel.loseConnection(this.lost);
    for (const start of this.waiting.splice(0)) start();
    this.wakeRefused();
  }

  private wakeRefused(): void {
    for (const resume of this.refused.splice(0)) resume();
  }

  private async openWithRetries(command: string): Promise<CommandChannel> {
    for (let attempt = 0; ; attempt++) {
      if (this.lost !== undefined) throw this.fail(this.lost);
      if (this.exhausted) throw this.fail("the host refuses further sessions");
      this.opening++;
      const outcome = await this.tryOpen(command);
      this.opening--;
      if (outcome instanceof ExecChannel) return outcome;
      if (this.lost !== undefined) throw this.fail(this.lost);
      if (this.channels.size + this.opening > 0) {
        // sshd's MaxSessions may be lower than what is asked of it here: the next end of another makes room.
        await new Promise<void>((resume) => this.refused.push(resume));
        attempt = -1;
        continue;
      }
      const pause = REFUSAL_PAUSES_MS[attempt];
      if (pause === undefined) {
        this.exhausted = true;
        this.wakeRefused();
        throw this.fail(`the host refuses to run a command (${outcome.message})`);
      }
      await sleep(pause);
    }
  }

  private tryOpen(command: string): Promise<ExecChannel | Error> {
    return new Promise((resolve) => {
      try {
        this.client.exec(command, (error, stream) => {
          if (error) return resolve(error);
          // Listeners must be there before this turn ends, or the exit status can be missed.
          const channel: ExecChannel = new ExecChannel(stream, this.host, command, () => {
            this.channels.delete(channel);
            this.freePlace();
            this.wakeRefused();
          });
          this.channels.add(channel);
          if (this.lost !== undefined) channel.loseConnection(this.lost);
          resolve(channel);
        });
      } catch (error) {
        resolve(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  private async takePlace(): Promise<void> {
    if (this.busy >= MAX_CHANNELS && this.lost === undefined) {
      // Whoever frees a place hands it over: `busy` stays as it is.
      return new Promise<void>((start) => this.waiting.push(start));
    }
    this.busy++;
  }

  private freePlace(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.busy--;
  }

  private fail(reason: string): AnyIPError {
    return new AnyIPError("CONNECTION_LOST", `${this.host}: no command can be started, ${reason}.`, {
      retryable: true,
      facts: { host: this.host },
    });
  }
}
