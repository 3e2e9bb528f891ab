// Lends out root shells on one host: a login costs more than a batch, so a shell serves the batches that follow.
import type { CommandRunner } from "../transport/command-runner";
import { RootAccess, type RootRights } from "./root-access";
import { RootShell } from "./root-shell";

/** How a Linux host is reached. */
export interface HostReach {
  /** How messages name the host, `user@host:port`. */
  readonly label: string;
  readonly commandTimeoutMs: number;
  readonly rights: RootRights;
  /** Lends an open connection for the time of `work`. */
  withRunner<T>(work: (runner: CommandRunner) => Promise<T>): Promise<T>;
}

/** Shorter than a connection may idle, long enough for the engine to come with the next operations. */
const idleMs = 500;

interface Lease {
  readonly shell: RootShell;
  end(): void;
}

export class ShellLender {
  private readonly idle: { lease: Lease; timer: NodeJS.Timeout }[] = [];

  private readonly access: RootAccess;

  constructor(private readonly reach: HostReach) {
    this.access = new RootAccess(reach.label, reach.rights, reach.commandTimeoutMs);
  }

  /** Runs `work` with a shell of its own. After a failure the shell is ended: nobody knows what it still does. */
  async use<T>(work: (shell: RootShell) => Promise<T>): Promise<T> {
    const lease = this.takeIdle() ?? (await this.openLease());
    try {
      const result = await work(lease.shell);
      if (lease.shell.isOpen) this.keep(lease);
      else lease.end();
      return result;
    } catch (error) {
      lease.end();
      throw error;
    }
  }

  /** First in, first out, so that the oldest entry's timer is always the next to fire. */
  private keep(lease: Lease): void {
    this.idle.push({ lease, timer: setTimeout(() => this.takeIdle()?.end(), idleMs) });
  }

  private takeIdle(): Lease | undefined {
    const entry = this.idle.shift();
    clearTimeout(entry?.timer);
    return entry?.lease;
  }

  /** Opens a shell, and holds the connection for as long as the shell is there. */
  private openLease(): Promise<Lease> {
    const { label, commandTimeoutMs } = this.reach;
    return new Promise((resolve, reject) => {
      this.reach
        .withRunner(async (runner) => {
          const shell = await RootShell.open(runner, this.access, label, commandTimeoutMs);
          await new Promise<void>((release) => {
            const end = () => {
              shell.close();
              release();
            };
            resolve({ shell, end });
          });
        })
        .catch(reject);
    });
  }
}
