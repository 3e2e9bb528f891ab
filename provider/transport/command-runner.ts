// What the host layer needs of a connection: channels that run one command and talk with it.
// It knows nothing of routes, and nothing of what the text means.

/** One running command with its standard input, output and error. */
export interface CommandChannel {
  /** Sends text to the command's standard input. Never throws; a lost channel shows in the next read. */
  write(text: string): void;
  /** Closes the command's standard input. */
  end(): void;
  /**
   * Waits for a line of standard output that equals `marker` and returns what was printed before it since
   * the last such read, without the marker's line.
   *
   * @throws AnyIPError CONNECTION_LOST when the channel or connection ends first (its facts carry the exit
   *   code if one came, and the tail of both outputs), COMMAND_TIMEOUT when `timeoutMs` pass without it,
   *   UNEXPECTED_OUTPUT when more than `maxBytes` (default 64 MiB) arrive without it. The channel is closed
   *   in each of these cases.
   */
  readUntilLine(marker: string, timeoutMs: number, maxBytes?: number): Promise<string>;
  /**
   * Waits for the command to end and returns its exit code; `undefined` when the channel closed without
   * one, which means that the outcome is unknown. Standard error's tail (at most 16 KiB) comes with it.
   *
   * @throws AnyIPError COMMAND_TIMEOUT
   */
  waitForExit(timeoutMs: number): Promise<{ exitCode: number | undefined; stderr: string }>;
  /** Gives the channel up without waiting. Safe to call at any time, more than once. */
  close(): void;
}

/** An open, authenticated connection to one host. */
export interface CommandRunner {
  /** The host key the host proved, as `TYPE BASE64`; undefined for transports that have none. */
  readonly hostKey: string | undefined;
  /** False once the connection has ended or has been given up. */
  readonly isOpen: boolean;
  /** Starts `command` through the user's login shell. @throws AnyIPError CONNECTION_LOST */
  open(command: string): Promise<CommandChannel>;
  /** Ends the connection and every channel of it. */
  close(): void;
}

/** Opens connections; one implementation per transport. */
export type Connect<Spec> = (spec: Spec) => Promise<CommandRunner>;
