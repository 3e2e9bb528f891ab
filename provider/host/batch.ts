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

/** What became of one operation. `unknown`: the change was sent and nobody can say whether it was kept. */
export type OperationOutcome =
  | { readonly kind: "done"; readonly result: unknown }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "unknown"; readonly cause: AnyIPError };

interface PlannedChange {
  readonly index: number;
  readonly operation: RouteOperation<unknown>;
  readonly plan: RoutePlan<unknown>;
}

/**
 * Runs the operations as one batch; the answer has an outcome for each, in order.
 *
 * @throws AnyIPError only for what happened before any change was sent: nothing has been done then.
 */
export async function runBatch(
  shell: RootShell,
  operations: readonly RouteOperation<unknown>[],
): Promise<OperationOutcome[]> {
  const observed = await shell.look(operations);
  const outcomes: OperationOutcome[] = [];
  const planned: PlannedChange[] = [];
  operations.forEach((operation, index) => {
    try {
      const plan = operation.plan(observed(operation.reads));
      outcomes[index] = { kind: "done", result: plan.result };
      if (plan.step || plan.record || plan.install) planned.push({ index, operation, plan });
    } catch (error) {
      outcomes[index] = { kind: "failed", error };
    }
  });
  await installFor(shell, planned, outcomes);
  const applied = planned.filter(
    ({ index, plan }) => outcomes[index]?.kind === "done" && (plan.step || plan.record),
  );
  if (applied.length > 0) await applyAndConfirm(shell, applied, outcomes);
  return outcomes;
}

/** Makes the host restore routes at boot, where operations need it to; those fail for which it cannot. */
async function installFor(
  shell: RootShell,
  planned: readonly PlannedChange[],
  outcomes: OperationOutcome[],
): Promise<void> {
  for (const name of new Set(planned.flatMap(({ plan }) => plan.install ?? []))) {
    try {
      await shell.install(name);
    } catch (error) {
      if (!(error instanceof AnyIPError) || error.code !== "HOST_UNSUPPORTED") throw error;
      for (const { index, plan } of planned)
        if (plan.install === name) outcomes[index] = { kind: "failed", error };
    }
  }
}

async function applyAndConfirm(
  shell: RootShell,
  planned: readonly PlannedChange[],
  outcomes: OperationOutcome[],
): Promise<void> {
  const verified = planned.filter(({ operation }) => operation.verify !== undefined);
  const verifyTables = distinctTables(verified.map(({ operation }) => operation.reads[0]));
  try {
    const changes = planned.map(({ plan }) => plan);
    const confirmTimeoutSeconds = longestConfirmTimeoutSeconds(planned.map(({ operation }) => operation));
    const failures = await shell.apply(changes, verifyTables, confirmTimeoutSeconds);
    let line = 0;
    for (const { index, plan } of planned) {
      const message = plan.step && failures.get(++line);
      const error = message && explainStepFailure(shell.label, plan.step, message);
      if (error) outcomes[index] = { kind: "failed", error };
    }
    const dropped = planned.filter(({ index }) => outcomes[index]?.kind === "failed").map(({ plan }) => plan);
    const tables = await shell.confirm(changes, dropped, verifyTables);
    const after = new Map(verifyTables.map((name, index) => [tableKey(name), tables[index] ?? emptyTable]));
    for (const { index, operation } of verified) {
      const outcome = outcomes[index];
      if (outcome?.kind !== "done") continue;
      const problem = operation.verify?.(
        after.get(tableKey(operation.reads[0])) ?? emptyTable,
        outcome.result,
      );
      if (problem !== undefined) {
        const message = `${shell.label}: after the change was made and confirmed, ${problem}`;
        outcomes[index] = { kind: "failed", error: new AnyIPError("VERIFY_FAILED", message) };
      }
    }
  } catch (error) {
    shell.close();
    // A host that cannot keep records says so before it changes anything.
    if (!(error instanceof AnyIPError) || error.code === "HOST_UNSUPPORTED") throw error;
    for (const { index } of planned) outcomes[index] = { kind: "unknown", cause: error };
  }
}
