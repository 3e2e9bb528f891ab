// What a resource can ask of a host. Many operations that arrive together become one batch on the wire.
import type { Family } from "../../net/address";
import type { BackendName } from "./persistence/paths";
import type { OwnershipRecord, RecordChange, UnreadableRecord } from "./record";
import type { ObservedRoute, RouteKey, Step } from "./route";
import type { Surroundings } from "./surroundings";

/** One routing table of one family. */
export interface TableName {
  readonly family: Family;
  readonly table: number;
}

/**
 * What an operation decided: the step to take, if any, what becomes of a record if the step is taken and kept, and
 * what the operation will answer then.
 */
export interface RoutePlan<Result> {
  readonly step?: Step;
  readonly record?: RecordChange;
  /** What has to be installed on the host before. Where that fails, the operation does. */
  readonly install?: BackendName;
  readonly result: Result;
}

/** Routes of one table of one family, looked up by prefix. */
export interface ObservedTable {
  /** Every route whose destination is exactly this canonical prefix, in the kernel's order. */
  find(prefix: string): readonly ObservedRoute[];
  /** The destinations of all its routes, as canonical CIDR text. */
  prefixes(): Iterable<string>;
}

export const emptyTable: ObservedTable = { find: () => [], prefixes: () => [] };

/** A text that is equal for two names exactly if they are of one table. */
export function tableKey({ family, table }: TableName): string {
  return `${family} ${table}`;
}

export function distinctTables(names: readonly TableName[]): TableName[] {
  return [...new Map(names.map((name) => [tableKey(name), name])).values()];
}

/** How a host can restore routes at boot. */
export interface PersistenceFacts {
  /** What its init is or runs; the best first, empty where there is nothing that we know. */
  readonly runs: readonly BackendName[];
  readonly installed: readonly BackendName[];
}

/** What a look at the host has shown: one table, and the ownership records that were asked for. */
export interface Observation {
  readonly table: ObservedTable;
  /** The record at a route's key; undefined when there is none. */
  findRecord(key: RouteKey): OwnershipRecord | UnreadableRecord | undefined;
  /** True when there is exactly this record. */
  hasRecord(record: OwnershipRecord): boolean;
  /** All records by file name, for an operation that reads them all; else those that happen to be known. */
  listRecords(): readonly (readonly [name: string, found: OwnershipRecord | UnreadableRecord])[];
  /** The records, of those that {@link listRecords} lists, of what is answered by a larger route alone. */
  listCovered(): readonly OwnershipRecord[];
  /** One object for each hold of the host's lock, under which nobody else changes a record. */
  readonly lockHold: object;
  /** Tells routing tables apart: equal for two connections exactly if they lead to the same ones. */
  readonly machine: string;
  /** The machine's own id (machine-id(5)), which outlasts a reboot; `-` for one that has none. */
  readonly machineId: string;
  /** What the host must go on reaching; at most two seconds old. May be empty for an operation with an `earlier` look. */
  readonly surroundings: Surroundings;
  readonly persistence: PersistenceFacts;
}

/** How long a host waits for the confirmation of a change before it takes it back, unless told otherwise. */
export const defaultConfirmTimeoutSeconds = 10;
export const maxConfirmTimeoutSeconds = 60;

/** Longer than a change of another run can stay unconfirmed, so that waiting for it is enough. */
export const lockTimeoutSeconds = maxConfirmTimeoutSeconds + 15;

/**
 * Which look at the table will do for an operation:
 * - `new`: one that is taken for it;
 * - `current`: one that was taken under the same hold of the lock, and shows what this run has changed since. It is at most
 *   two seconds old, and only hands can have changed the table meanwhile. For what the kernel refuses where they have;
 * - `earlier`: likewise, but it may still show what this run has deleted. For what only takes away what it finds.
 */
export type Look = "new" | "current" | "earlier";

/** One resource's wish: look at a table, decide, change, look again. */
export interface RouteOperation<Result> {
  /** The routes to look at, all of one table: the operation is shown the whole table, and these routes' records. */
  readonly reads: readonly [RouteKey, ...RouteKey[]];
  /** Which records to show it: those of the routes it reads (default), or all that the host has. */
  readonly records?: "own" | "all";
  /** Default `new`. */
  readonly look?: Look;
  /** 1–60, default 10. A batch has the longest of its operations'. */
  readonly confirmTimeoutSeconds?: number;
  /**
   * Pure: from what was found to what is to be done. Throwing an AnyIPError refuses this operation alone. It is asked
   * again where the outcome of a first attempt is unknown; a record with its own token then says that it was kept.
   */
  plan(observed: Observation): RoutePlan<Result>;
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
  /** Reads a table and all records without the lock and without changing anything; may be up to two seconds old. */
  observe(table: TableName): Promise<Observation>;
}
