// What a resource can ask of a host. Many operations that arrive together become one batch on the wire.
import type { Family } from "../../net/address";
import type { ObservedRoute, Step } from "./route";
import type { Surroundings } from "./surroundings";

/** One routing table of one family. */
export interface TableName {
  readonly family: Family;
  readonly table: number;
}

/** What an operation decided: the step to take, if any, and what it will answer once it is taken. */
export interface RoutePlan<Result> {
  readonly step?: Step;
  readonly result: Result;
}

/** Routes of one table of one family, looked up by prefix. */
export interface ObservedTable {
  /** Every route whose destination is exactly this canonical prefix, in the kernel's order. */
  find(prefix: string): readonly ObservedRoute[];
}

export const emptyTable: ObservedTable = { find: () => [] };

/** A text that is equal for two names exactly if they are of one table. */
export function tableKey({ family, table }: TableName): string {
  return `${family} ${table}`;
}

export function distinctTables(names: readonly TableName[]): TableName[] {
  return [...new Map(names.map((name) => [tableKey(name), name])).values()];
}

/** What an operation is shown before it decides. */
export interface Observation {
  readonly table: ObservedTable;
  /** Tells routing tables apart: equal for two connections exactly if they lead to the same ones. */
  readonly machine: string;
  /** What the host must go on reaching; at most two seconds old. May be empty for an operation that acceptsEarlierLook. */
  readonly surroundings: Surroundings;
}

/** How long a host waits for the confirmation of a change before it takes it back, unless told otherwise. */
export const defaultConfirmTimeoutSeconds = 10;
export const maxConfirmTimeoutSeconds = 60;

/** One resource's wish: look at a table, decide, change, look again. */
export interface RouteOperation<Result> {
  /** The table to look at. */
  readonly reads: TableName;
  /**
   * True when a look taken earlier under the same lock will do: at most two seconds old, and nothing but this run and
   * hands have changed the table since. For operations that only take away what they find.
   */
  readonly acceptsEarlierLook?: boolean;
  /** 1–60, default 10. A batch has the longest of its operations'. */
  readonly confirmTimeoutSeconds?: number;
  /**
   * Pure: from what was found to what is to be done. Throwing an AnyIPError refuses this operation alone.
   * `earlier` is this operation's own plan of an attempt whose outcome stayed unknown.
   */
  plan(observed: Observation, earlier: RoutePlan<Result> | undefined): RoutePlan<Result>;
  /** Pure: what is wrong with the table after the change, in words; undefined when all is well. */
  verify?(observed: ObservedTable, result: Result): string | undefined;
}

/** How long the host waits for the confirmation of a batch of these operations. */
export function longestConfirmTimeoutSeconds(operations: readonly RouteOperation<unknown>[]): number {
  return Math.max(
    1,
    ...operations.map(({ confirmTimeoutSeconds = defaultConfirmTimeoutSeconds }) => confirmTimeoutSeconds),
  );
}

/** A host whose routes are managed. Implementations take concurrent calls and batch them. */
export interface Host {
  /**
   * Runs one operation under the host's lock: observe, plan, apply, confirm, verify.
   *
   * @throws AnyIPError whatever `plan` refused with; ROUTE_REJECTED for the kernel's refusal;
   *   CHANGE_REVERTED when the confirmation could not arrive; VERIFY_FAILED; and the transport's codes.
   */
  change<Result>(operation: RouteOperation<Result>): Promise<Result>;
  /** Reads a table without the lock and without changing anything; may be up to two seconds old. */
  observe(table: TableName): Promise<ObservedTable>;
}
