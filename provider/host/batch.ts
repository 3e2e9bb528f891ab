// One batch over one root shell: observe, plan, apply, wait for the report, confirm, verify.
// It decides nothing about routes (the operations do) and nothing about retries (the host does).
import { AnyIPError } from "../errors";
import { explainStepFailure } from "./explain";
import {
  distinctTables,
  emptyTable,
  longestConfirmTimeoutSeconds,
  type RouteOperation,
  type RoutePlan,
  tableKey,
} from "./host";
import type { RootShell } from "./root-shell";
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
  readonly operation: RouteOperation<unknown>;
  readonly plan: RoutePlan<unknown>;
  readonly step: Step;
}

/**
 * Runs the operations as one batch; the answer has an outcome for each, in order.
 *
 * @throws AnyIPError only for what happened before any change was sent: nothing has been done then.
 */
export async function runBatch(
  shell: RootShell,
  operations: readonly PendingOperation[],
): Promise<OperationOutcome[]> {
  const lookedAt = (earlierWillDo: boolean) =>
    operations
      .filter(({ operation }) => (operation.acceptsEarlierLook ?? false) === earlierWillDo)
      .map(({ operation }) => operation.reads);
  const observed = await shell.look(lookedAt(false), lookedAt(true));
  const outcomes: OperationOutcome[] = [];
  const planned: PlannedStep[] = [];
  operations.forEach(({ operation, earlier }, index) => {
    try {
      const { machine, surroundings } = shell;
      const plan = operation.plan({ table: observed(operation.reads), machine, surroundings }, earlier);
      outcomes[index] = { kind: "done", result: plan.result };
      if (plan.step) planned.push({ index, operation, plan, step: plan.step });
    } catch (error) {
      outcomes[index] = { kind: "failed", error };
    }
  });
  if (planned.length === 0) return outcomes;
  const verified = planned.filter(({ operation }) => operation.verify !== undefined);
  const verifyTables = distinctTables(verified.map(({ operation }) => operation.reads));
  try {
    const steps = planned.map(({ step }) => step);
    const confirmTimeoutSeconds = longestConfirmTimeoutSeconds(planned.map(({ operation }) => operation));
    const failures = await shell.apply(steps, verifyTables, confirmTimeoutSeconds);
    planned.forEach(({ index, step }, line) => {
      const message = failures.get(line + 1);
      const error = message === undefined ? undefined : explainStepFailure(shell.label, step, message);
      if (error) outcomes[index] = { kind: "failed", error };
    });
    const tables = await shell.confirm(verifyTables);
    const after = new Map(verifyTables.map((name, index) => [tableKey(name), tables[index] ?? emptyTable]));
    for (const { index, operation } of verified) {
      const outcome = outcomes[index];
      if (outcome?.kind !== "done") continue;
      const problem = operation.verify?.(after.get(tableKey(operation.reads)) ?? emptyTable, outcome.result);
      if (problem !== undefined) {
        const message = `${shell.label}: after the change was made and confirmed, ${problem}`;
        outcomes[index] = { kind: "failed", error: new AnyIPError("VERIFY_FAILED", message) };
      }
    }
  } catch (error) {
    shell.close();
    if (!(error instanceof AnyIPError)) throw error;
    for (const { index, plan } of planned) outcomes[index] = { kind: "unknown", plan, cause: error };
  }
  return outcomes;
}
