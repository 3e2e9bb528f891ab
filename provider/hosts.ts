// The hosts of one provider process: one Linux host per connection, over one pool of connections.
import type { ConnectionSpec } from "./connection/spec";
import { describeHop } from "./connection/spec";
import { AnyIPError, type ErrorCode } from "./errors";
import { LinuxHost } from "./host/linux-host";
import type { HostAccess } from "./host-access";
import type { CommandRunner } from "./transport/command-runner";
import { ConnectionPool } from "./transport/pool";
import { connectSsh2 } from "./transport/ssh2";

/** What a dial, and nothing after it, fails with. */
const dialCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "HOST_UNREACHABLE",
  "HOST_KEY_UNKNOWN",
  "HOST_KEY_MISMATCH",
  "BAD_CREDENTIALS",
  "LOGIN_REFUSED",
  "ALGORITHM_MISMATCH",
]);

/**
 * A host that could not be dialled is not dialled again for this long: the engine comes with a few resources at a
 * time, and each lot would wait, or be counted as a failed login, anew.
 */
const refusalMs = 60_000;

export class Hosts {
  private readonly pool = new ConnectionPool<ConnectionSpec>((spec) => connectSsh2(spec));
  private readonly entries = new Map<string, HostEntry>();

  /** The host that a connection leads to. Resources with equal connections get the same one, and one batch. */
  find(connection: ConnectionSpec, acceptedHostKey: string | undefined): HostAccess {
    const key = JSON.stringify(connection);
    const entry = this.entries.get(key) ?? new HostEntry(connection, this.pool);
    this.entries.set(key, entry);
    if (acceptedHostKey !== undefined && connection.hostKeyPolicy === "acceptNew") entry.pin(acceptedHostKey);
    return entry;
  }
}

/** One host, and the key it must have when hostKeyPolicy acceptNew has accepted one before. */
class HostEntry implements HostAccess {
  readonly host: LinuxHost;
  private pinned: string | undefined;
  private dialSpec: ConnectionSpec | undefined;
  private refusal: { readonly error: AnyIPError; readonly atMs: number } | undefined;

  constructor(
    private readonly connection: ConnectionSpec,
    pool: ConnectionPool<ConnectionSpec>,
  ) {
    this.host = new LinuxHost({
      label: describeHop(connection),
      commandTimeoutMs: connection.commandTimeoutSeconds * 1000,
      rights: connection,
      withRunner: (work) => this.withRunner(pool, work),
    });
  }

  private async withRunner<T>(
    pool: ConnectionPool<ConnectionSpec>,
    work: (runner: CommandRunner) => Promise<T>,
  ): Promise<T> {
    if (this.refusal && performance.now() - this.refusal.atMs < refusalMs) throw this.refusal.error;
    try {
      return await pool.use(this.chooseDialSpec(), (runner) => {
        this.checkPin(runner);
        return work(runner);
      });
    } catch (error) {
      if (error instanceof AnyIPError && dialCodes.has(error.code)) {
        this.refusal = { error, atMs: performance.now() };
      }
      throw error;
    }
  }

  pin(acceptedHostKey: string): void {
    this.pinned ??= acceptedHostKey;
    if (this.pinned !== acceptedHostKey) throw this.mismatch(acceptedHostKey, this.pinned);
  }

  acceptedHostKey(): string | undefined {
    return this.connection.hostKeyPolicy === "acceptNew" ? this.pinned : undefined;
  }

  /** Chosen once, so that all share one connection; a key that is pinned by then is checked before the login. */
  private chooseDialSpec(): ConnectionSpec {
    const { connection, pinned } = this;
    this.dialSpec ??=
      pinned === undefined ? connection : { ...connection, hostKey: pinned, hostKeyPolicy: "strict" };
    return this.dialSpec;
  }

  private checkPin(runner: CommandRunner): void {
    if (this.connection.hostKeyPolicy !== "acceptNew" || runner.hostKey === undefined) return;
    this.pinned ??= runner.hostKey;
    if (this.pinned !== runner.hostKey) throw this.mismatch(this.pinned, runner.hostKey);
  }

  private mismatch(expected: string, found: string): AnyIPError {
    return new AnyIPError(
      "HOST_KEY_MISMATCH",
      `${describeHop(this.connection)}: the host key is ${found}, but ${expected} was accepted earlier and is ` +
        "recorded. If the host was reinstalled, set connection.hostKey to its new key",
    );
  }
}
