// What one hold of the host's lock has shown, and what need not be looked at again under it. Pure.
import type { HostChange } from "./batch-script";
import {
  distinctTables,
  emptyTable,
  type ObservedTable,
  type RouteOperation,
  type TableName,
  tableKey,
} from "./host";
import { recordName } from "./record";
import { RecordListing } from "./record-listing";
import type { RecordSelection } from "./record-script";
import type { Surroundings } from "./surroundings";

/** What an operation wants to be shown. */
export type Wish = Pick<RouteOperation<unknown>, "reads" | "look" | "records">;

/** Made anew whenever the lock is taken, and so one object for each hold of it. */
export class SeenUnderLock {
  /** What the host must go on reaching. */
  surroundings: Surroundings | undefined;
  /** Only who has the lock changes a record, so that those which were seen stay known. */
  readonly records = new RecordListing();
  private hasLookedForRecords = false;
  private readonly tables = new Map<string, ObservedTable>();
  /** Tables that still show what was deleted since. */
  private readonly outdated = new Set<string>();

  /** The tables of which no earlier look will do. */
  chooseTables(wishes: readonly Wish[]): TableName[] {
    return distinctTables(wishes.filter((wish) => !this.isSatisfied(wish)).map(({ reads }) => reads[0]));
  }

  /** Those that are not known yet; all there are where it would be the second time, since operations come in masses. */
  chooseRecords(wishes: readonly Wish[]): RecordSelection {
    if (wishes.some(({ records }) => records === "all")) return this.records.isWhole ? [] : "all";
    const names = [...new Set(wishes.flatMap(({ reads }) => reads.map(recordName)))];
    const unknown = names.filter((name) => !this.records.knows(name));
    return unknown.length > 0 && this.hasLookedForRecords ? "all" : unknown;
  }

  findTable(name: TableName): ObservedTable {
    return this.tables.get(tableKey(name)) ?? emptyTable;
  }

  addTables(names: readonly TableName[], observed: readonly ObservedTable[]): void {
    for (const [index, name] of names.entries()) {
      this.tables.set(tableKey(name), observed[index] ?? emptyTable);
      this.outdated.delete(tableKey(name));
    }
  }

  addRecords(records: RecordListing): void {
    this.records.add(records);
    this.hasLookedForRecords = true;
  }

  /** The steps are about to be taken. */
  noteSteps(changes: readonly HostChange[]): void {
    for (const { step } of changes) {
      if (step?.kind === "delete") this.outdated.add(tableKey(step.route));
      else if (step) this.tables.delete(tableKey(step.route));
    }
  }

  /** The changes were kept. */
  noteRecords(changes: readonly HostChange[]): void {
    for (const { record } of changes) if (record) this.records.apply(record);
  }

  private isSatisfied({ reads: [key], look = "new" }: Wish): boolean {
    const name = tableKey(key);
    return look !== "new" && this.tables.has(name) && (look === "earlier" || !this.outdated.has(name));
  }
}
