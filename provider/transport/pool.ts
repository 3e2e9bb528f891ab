// Shares connections: one per connection spec, dialled by its first user, ended soon after its last.
// Knows no transport. How many handshakes run at once is the transport's business (handshake-gate.ts).

import { createHash } from "node:crypto";
import type { CommandRunner, Connect } from "./command-runner";

/** A keepalive timer holds the Node process (facts S13): an idle connection must not outlive its use by much. */
const IDLE_MS = 3_000;

interface Entry {
  readonly dial: Promise<CommandRunner>;
  /** Set once the dial has succeeded. */
  runner: CommandRunner | undefined;
  users: number;
  idleTimer: NodeJS.Timeout | undefined;
}

export class ConnectionPool<Spec> {
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly connect: Connect<Spec>,
    private readonly idleMs = IDLE_MS,
  ) {}

  /**
   * Runs `work` with the connection for `spec`, which is dialled unless one is open. The connection stays open
   * at least until `work` has ended, and is shared with everybody who uses an equal spec meanwhile.
   *
   * @throws whatever the dial threw, to each of those who waited for it; the next use dials anew.
   */
  async use<T>(spec: Spec, work: (runner: CommandRunner) => Promise<T>): Promise<T> {
    const key = hashSpec(spec);
    const entry = this.findUsable(key) ?? this.startDial(key, spec);
    clearTimeout(entry.idleTimer);
    entry.users++;
    try {
      return await work(await entry.dial);
    } finally {
      entry.users--;
      if (entry.users === 0) this.retire(key, entry);
    }
  }

  /** Ends every connection now, in use or not. */
  close(): void {
    for (const entry of this.entries.values()) {
      clearTimeout(entry.idleTimer);
      // One that is still being dialled is ended when it comes.
      void entry.dial.then((runner) => runner.close()).catch(() => {});
    }
    this.entries.clear();
  }

  private findUsable(key: string): Entry | undefined {
    const entry = this.entries.get(key);
    return entry?.runner === undefined || entry.runner.isOpen ? entry : undefined;
  }

  private startDial(key: string, spec: Spec): Entry {
    const dial = this.connect(spec);
    const entry: Entry = { dial, runner: undefined, users: 0, idleTimer: undefined };
    const replaced = this.entries.get(key);
    if (replaced?.users === 0) this.end(replaced);
    this.entries.set(key, entry);
    dial.then(
      (runner) => {
        entry.runner = runner;
      },
      () => {
        if (this.entries.get(key) === entry) this.entries.delete(key);
      },
    );
    return entry;
  }

  private retire(key: string, entry: Entry): void {
    if (entry.runner === undefined) return;
    if (this.entries.get(key) !== entry || !entry.runner.isOpen) {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      this.end(entry);
      return;
    }
    entry.idleTimer = setTimeout(() => {
      this.entries.delete(key);
      this.end(entry);
    }, this.idleMs);
    // The connection itself holds the process until then; the timer need not.
    entry.idleTimer.unref();
  }

  private end(entry: Entry): void {
    clearTimeout(entry.idleTimer);
    entry.runner?.close();
  }
}

/** The key under which a spec is shared: of all it says, secrets too, whatever the order of its properties. */
export function hashSpec(spec: unknown): string {
  return createHash("sha256").update(JSON.stringify(spec, sortProperties)).digest("base64");
}

function sortProperties(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
