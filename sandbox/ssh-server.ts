// What a test host's SSH server is to the rest of the sandbox, whichever it is.

import type { HostFile } from "./host-files";
import type { HostOptions } from "./host-record";
import type { Machine } from "./machine";
import type { KeyPair } from "./ssh-keys";

/** What a host's SSH server has seen, over all its restarts. */
export interface SshCounters {
  /** TCP connections, logged in or not. */
  readonly attempts: number;
  /** Connections that logged in. */
  readonly connections: number;
  /** Sessions in them: commands, shells and subsystems. */
  readonly sessions: number;
}

export interface SshServer {
  /** Its configuration and keys in the host. @throws Error for options that it has nothing for */
  makeFiles(
    options: HostOptions,
    users: readonly string[],
    hostKeys: readonly KeyPair[],
  ): Promise<HostFile[]>;
  /** Starts it, and resolves once it listens. `logPath` is outside of the host. */
  start(machine: Machine, logPath: string): Promise<void>;
  /** Ends what listens; sessions go on. Resolves once the port is closed. */
  stop(machine: Machine): Promise<void>;
  /** Ends the process of every connection, without a word to the client. What runs in the sessions goes on. */
  killSessions(machine: Machine): Promise<void>;
  /** Counts what it has logged so far. */
  readCounters(machine: Machine, logPath: string): SshCounters;
}
