// One batch over one command: observe, plan, apply, wait for the report, confirm, verify.
// It decides nothing about routes (the operations do) and nothing about retries (the host does).
import { randomBytes } from "node:crypto";
import { AnyIPError } from "../errors";
import type { CommandChannel, CommandRunner } from "../transport/command-runner";
import {
  batchMarkers,
  confirmTimeoutSeconds,
  formatApplyScript,
  formatFinishScript,
  formatObserveScript,
  lockTimeoutSeconds,
  rootShellCommand,
} from "./batch-script";
import { explainSilentShell, explainStepFailure } from "./explain";
import type { ObservedTable, RouteOperation, RoutePlan, TableName } from "./host";
import { parseBatchReport, parseTable } from "./iproute2";
import type { Step } from "./route";

/** An operation on its way, with the plan of an earlier attempt whose outcome stayed unknown. */
export interface PendingOperation {
  readonly operation: RouteOperation<unknown>;
  readonly earlier?: RoutePlan<unknown>;
}

/** What became of one operation. `unknown`: the step was sent and nobody can say whether it was kept. */
export type OperationOutcome =
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "unknown"; readonly plan: RoutePlan<unknown>; readonly cause: AnyIPError };

interface PlannedStep {
  readonly index: number;
  readonly plan: RoutePlan<unknown>;
  readonly step: Step;
}

/** What a batch needs to know of the host it runs on. */
export interface BatchTarget {
  readonly runner: CommandRunner;
  /** How messages name the host. */
  readonly label: string;
  readonly commandTimeoutMs: number;
}

/** Reads tables without the lock. @throws AnyIPError */
export async function readTables(target: BatchTarget, tables: readonly TableName[]): Promise<ObservedTable[]> {
  return await withShell(target, async (shell) => {
    const observed = await shell.observe(tables, false);
    await shell.finish();
    return observed;
  });
}

/**
 * Runs the operations as one batch; the answer has an outcome for each, in order.
 *
 * @throws AnyIPError only for what happened before any change was sent: nothing has been done then.
 */
export async function runBatch(
  target: BatchTarget,
  operations: readonly PendingOperation[],
): Promise<OperationOutcome[]> {
  return await withShell(target, async (shell) => {
    const tables = distinctTables(operations.map(({ operation }) => operation.reads));
    const observed = lookUpBy(tables, await shell.observe(tables, true));
    const outcomes: OperationOutcome[] = [];
    const planned: PlannedStep[] = [];
    operations.forEach(({ operation, earlier }, index) => {
      try {
        const plan = operation.plan(observed(operation.reads), earlier);
        outcomes[index] = { kind: "done", result: plan.result };
        if (plan.step) planned.push({ index, plan, step: plan.step });
      } catch (error) {
        outcomes[index] = { kind: "failed", error };
      }
    });
    if (planned.length === 0) {
      await shell.finish();
      return outcomes;
    }
    const verified = planned.filter(({ index }) => operations[index]?.operation.verify !== undefined);
    const verifyTables = distinctTables(verified.map(({ index }) => readsOf(operations, index)));
    try {
      const steps = planned.map(({ step }) => step);
      const report = await shell.apply(steps, verifyTables);
      planned.forEach(({ index, step }, line) => {
        const message = report.failures.get(line + 1);
        if (message === undefined) return;
        const error = explainStepFailure(target.label, step, message);
        if (error) outcomes[index] = { kind: "failed", error };
      });
      const after = lookUpBy(verifyTables, await shell.confirm(verifyTables));
      for (const { index } of verified) {
        const outcome = outcomes[index];
        if (outcome?.kind !== "done") continue;
        const problem = operations[index]?.operation.verify?.(after(readsOf(operations, index)), outcome.result);
        if (problem !== undefined) {
          const message = `${target.label}: after the change was made and confirmed, ${problem}`;
          outcomes[index] = { kind: "failed", error: new AnyIPError("VERIFY_FAILED", message) };
        }
      }
    } catch (error) {
      if (!(error instanceof AnyIPError)) throw error;
      for (const { index, plan } of planned) outcomes[index] = { kind: "unknown", plan, cause: error };
    }
    return outcomes;
  });
}

function readsOf(operations: readonly PendingOperation[], index: number): TableName {
  const pending = operations[index];
  if (!pending) throw new RangeError(`no operation ${index}`);
  return pending.operation.reads;
}

/** Opens a root shell, runs the work and gives the shell up whatever happens. */
async function withShell<T>(target: BatchTarget, work: (shell: BatchShell) => Promise<T>): Promise<T> {
  const channel = await target.runner.open(rootShellCommand);
  try {
    return await work(new BatchShell(channel, target));
  } finally {
    channel.close();
  }
}

/** The conversation with one shell, a part at a time. */
class BatchShell {
  private readonly nonce = `anyip-${randomBytes(9).toString("hex")}`;
  private readonly markers = batchMarkers(this.nonce);
  private locked = false;

  constructor(
    private readonly channel: CommandChannel,
    private readonly target: BatchTarget,
  ) {}

  async observe(tables: readonly TableName[], lock: boolean): Promise<ObservedTable[]> {
    this.locked = lock;
    this.channel.write(formatObserveScript(this.nonce, tables, lock));
    const { commandTimeoutMs, label } = this.target;
    try {
      await this.channel.readUntilLine(this.markers.ready, commandTimeoutMs, maxChatterBytes);
    } catch (error) {
      throw explainSilentShell(label, error);
    }
    const wait = commandTimeoutMs + (lock ? lockTimeoutSeconds * 1000 : 0);
    const text = await this.channel.readUntilLine(this.markers.observed, wait);
    return readSections(label, text, tables);
  }

  async apply(steps: readonly Step[], verify: readonly TableName[]) {
    this.channel.write(formatApplyScript(this.nonce, steps, verify));
    const wait = this.target.commandTimeoutMs + confirmTimeoutSeconds * 1000;
    const report = parseBatchReport(await this.channel.readUntilLine(this.markers.applied, wait));
    if (!report.complete) {
      const message = `${this.target.label}: \`ip -batch\` gave up before its end: ${report.lastWords}`;
      throw new AnyIPError("ROUTE_REJECTED", message, { facts: { output: report.lastWords } });
    }
    return report;
  }

  async confirm(verify: readonly TableName[]): Promise<ObservedTable[]> {
    this.channel.write(`${this.markers.confirmation}\n`);
    return readSections(this.target.label, await this.finished(), verify);
  }

  async finish(): Promise<void> {
    this.channel.write(formatFinishScript(this.nonce, this.locked));
    await this.finished();
  }

  /** The end marker and exit code 0, both: a channel that merely closes proves nothing. */
  private async finished(): Promise<string> {
    const { commandTimeoutMs, label } = this.target;
    const text = await this.channel.readUntilLine(this.markers.done, commandTimeoutMs);
    const { exitCode, stderr } = await this.channel.waitForExit(commandTimeoutMs);
    if (exitCode === 0) return text;
    const code = exitCode === undefined ? {} : { exitCode };
    throw new AnyIPError("CONNECTION_LOST", `${label}: the shell ended without success`, {
      retryable: true,
      facts: { host: label, output: stderr, ...code },
    });
  }
}

const maxChatterBytes = 1024 * 1024;

function distinctTables(tables: readonly TableName[]): TableName[] {
  return [...new Map(tables.map((name) => [tableKey(name), name])).values()];
}

function lookUpBy(tables: readonly TableName[], observed: readonly ObservedTable[]) {
  const byKey = new Map(tables.map((name, index) => [tableKey(name), observed[index]]));
  return (name: TableName): ObservedTable => {
    const table = byKey.get(tableKey(name));
    if (!table) throw new RangeError(`table ${tableKey(name)} was not read`);
    return table;
  };
}

function tableKey({ family, table }: TableName): string {
  return `${family} ${table}`;
}

/** Reads `@table I`, the listing, `@exit N` for each table; `@missing WHAT` and `@busy` instead of them. */
function readSections(label: string, text: string, tables: readonly TableName[]): ObservedTable[] {
  const missing = /^@missing (.*)$/m.exec(text);
  if (missing) {
    const what = missing[1] ?? "";
    const message = what.startsWith("/")
      ? `${label}: cannot make the directory ${what} for the lock; /run must be writable for root`
      : `${label}: no \`${what}\` in PATH or /usr/sbin:/sbin; install ${what === "ip" ? "iproute2" : "util-linux"}`;
    throw new AnyIPError("HOST_UNSUPPORTED", message, { facts: { host: label } });
  }
  if (/^@busy$/m.test(text)) {
    const message = `${label}: another run has held the lock for ${lockTimeoutSeconds} s; let it finish and run again`;
    throw new AnyIPError("HOST_BUSY", message, { retryable: true, facts: { host: label } });
  }
  return tables.map((name, index) => {
    const start = text.indexOf(`@table ${index}\n`);
    const end = text.indexOf("\n@exit ", start);
    const listing = start < 0 || end < 0 ? undefined : text.slice(text.indexOf("\n", start) + 1, end + 1);
    const exitCode = /^\n@exit ([0-9]+)$/m.exec(text.slice(end))?.[1];
    if (listing === undefined || !isUsableListing(listing, exitCode)) {
      const output = (listing ?? text).slice(0, 500);
      const message = `${label}: could not list table ${name.table} of ${name.family}: ${output}`;
      throw new AnyIPError("UNEXPECTED_OUTPUT", message, { facts: { host: label, output } });
    }
    return parseTable(listing, name);
  });
}

/** A table that nothing was ever put into does not exist, which `ip` calls an error and we call empty. */
function isUsableListing(listing: string, exitCode: string | undefined): boolean {
  return exitCode === "0" || /FIB table does not exist/.test(listing);
}
