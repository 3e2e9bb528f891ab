// A Linux host reached through a command runner: batches, what to do when an outcome is unknown, read cache.
import { AnyIPError } from "../errors";
import { type OperationOutcome, runBatch } from "./batch";
import { GroupCommit } from "./group-commit";
import {
  type Host,
  longestConfirmTimeoutSeconds,
  type Observation,
  type RouteOperation,
  type RoutePlan,
  type TableName,
  tableKey,
} from "./host";
import type { RootShell } from "./root-shell";
import { type HostReach, ShellLender } from "./shell-lender";

/** The engine hands over what it has within a few milliseconds of each other; waiting longer gains nothing. */
const gatherTimes = { quietMs: 20, maxMs: 100 };
/** One table serves all resources that a refresh reads one after the other. */
const readCacheMs = 2000;
const maxAttempts = 3;

export class LinuxHost implements Host {
  private readonly changes: GroupCommit<RouteOperation<unknown>, OperationOutcome>;
  private readonly reads = new Map<
    string,
    { finishedMs: number | undefined; observed: Promise<Observation> }
  >();

  private readonly shells: ShellLender;

  constructor(private readonly options: HostReach) {
    this.shells = new ShellLender(options);
    this.changes = new GroupCommit((operations) => this.commit(operations), gatherTimes);
  }

  async change<Result>(operation: RouteOperation<Result>): Promise<Result> {
    const outcome = await this.changes.submit(operation);
    switch (outcome.kind) {
      case "done":
        return outcome.result as Result;
      case "failed":
        throw outcome.error;
      case "unknown":
        throw explainReverted(this.options.label, outcome.cause);
    }
  }

  observe(name: TableName): Promise<Observation> {
    const key = tableKey(name);
    const cached = this.reads.get(key);
    if (cached && (cached.finishedMs === undefined || performance.now() - cached.finishedMs < readCacheMs)) {
      return cached.observed;
    }
    const entry: { finishedMs: number | undefined; observed: Promise<Observation> } = {
      finishedMs: undefined,
      observed: this.attempt((shell) => shell.observe(name)),
    };
    this.reads.set(key, entry);
    entry.observed.then(
      () => {
        entry.finishedMs = performance.now();
      },
      () => this.reads.delete(key),
    );
    return entry.observed;
  }

  /**
   * Runs a batch to its end. When the connection went while a change was unconfirmed, the host takes the change
   * back; each operation is then tried once more by itself, so that one route that cuts the host off fails alone.
   */
  private async commit(operations: readonly RouteOperation<unknown>[]): Promise<OperationOutcome[]> {
    this.reads.clear();
    const outcomes = await this.attempt((shell) => runBatch(shell, operations));
    const afterSeconds = longestConfirmTimeoutSeconds(operations);
    for (const [index, outcome] of outcomes.entries()) {
      const operation = operations[index];
      if (outcome.kind !== "unknown" || !operation) continue;
      try {
        const [second] = await this.attempt((shell) => runBatch(shell, [operation]));
        if (second?.kind === "unknown") outcomes[index] = await this.lookAgain(operation, second);
        else if (second) outcomes[index] = second;
      } catch (error) {
        outcomes[index] = { kind: "failed", error: explainUnknown(error, afterSeconds) };
      }
    }
    this.reads.clear();
    return outcomes;
  }

  /** What became of a change whose outcome is unknown once more: under the lock, its time to take it back is over. */
  private async lookAgain(
    operation: RouteOperation<unknown>,
    unknown: Extract<OperationOutcome, { kind: "unknown" }>,
  ): Promise<OperationOutcome> {
    const inspect = (plan: RoutePlan<unknown>): RoutePlan<unknown> => {
      if (plan.step || plan.record) throw new StillMissing();
      return plan;
    };
    const look = {
      ...operation,
      plan: (observed: Observation) => inspect(operation.plan(observed)),
    };
    const [seen] = await this.attempt((shell) => runBatch(shell, [look]));
    return !seen || (seen.kind === "failed" && seen.error instanceof StillMissing) ? unknown : seen;
  }

  /** Repeats work that lost its connection before it had changed anything. */
  private async attempt<T>(work: (shell: RootShell) => Promise<T>): Promise<T> {
    for (let made = 1; ; made++) {
      try {
        return await this.shells.use(work);
      } catch (error) {
        const isLost = error instanceof AnyIPError && error.code === "CONNECTION_LOST";
        if (!isLost || made >= maxAttempts) throw error;
      }
    }
  }
}

/** For a host that cannot be asked what became of a change. */
function explainUnknown(error: unknown, afterSeconds: number): unknown {
  if (!(error instanceof AnyIPError)) return error;
  return new AnyIPError(
    error.code,
    `the connection was lost while a change was unconfirmed, and the host could not be asked again: ${error.message} ` +
      `The host takes an unconfirmed change back after ${afterSeconds} s; run again to see and to complete it`,
    { retryable: true, facts: error.facts, cause: error },
  );
}

/** Says that an operation would have to take its step again. */
class StillMissing extends Error {}

function explainReverted(label: string, cause: AnyIPError): AnyIPError {
  if (cause.code === "ROUTE_REJECTED") return cause;
  return new AnyIPError(
    "CHANGE_REVERTED",
    `${label}: the change was applied, but its confirmation could not reach the host, twice; ` +
      "the host takes an unconfirmed change back by itself. Does the prefix hold an address that the " +
      `connection needs (yours, a gateway's, a jump host's)? The connection said: ${cause.message}`,
    { cause, facts: { host: label } },
  );
}
