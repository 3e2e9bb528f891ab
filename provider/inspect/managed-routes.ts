// The managed routes of a host: each ownership record beside what the host's tables say. Pure.
import { comparePrefixes, isPrefixProblem, parsePrefix } from "../../net/prefix";
import { distinctTables, emptyTable, type ObservedTable, type TableName, tableKey } from "../host/host";
import { isOtherMachine, isUnreadable, type OwnershipRecord, type UnreadableRecord } from "../host/record";
import { hasKey, isSameRoute, type LocalRoute, type ObservedRoute, type RouteKey } from "../host/route";
import { findCover } from "../managed-route/cover";

/**
 * Whether the kernel has the route: as recorded, with other attributes under the same key, or not at all. An allocated prefix may
 * have none of its own: `covered` by a larger route that is there, or `released` and in quarantine.
 */
export type RouteStatus = "present" | "altered" | "missing" | "covered" | "released";

export interface ManagedRoute {
  readonly record: OwnershipRecord;
  readonly status: RouteStatus;
  /** What is there instead, of an altered route. */
  readonly found?: ObservedRoute;
  /** True where the record came with another machine's disk: it is nobody's here. */
  readonly isOfOtherMachine: boolean;
}

/** A file in a record's place that cannot be read. */
export interface UnreadableEntry extends UnreadableRecord {
  /** The file's, which says the route's key. */
  readonly name: string;
}

/** The records that can be read, and the others. */
export function sortEntries(entries: readonly (readonly [string, OwnershipRecord | UnreadableRecord])[]): {
  readonly records: OwnershipRecord[];
  readonly unreadable: UnreadableEntry[];
} {
  const records: OwnershipRecord[] = [];
  const unreadable: UnreadableEntry[] = [];
  for (const [name, found] of entries) {
    if (isUnreadable(found)) unreadable.push({ name, ...found });
    else records.push(found);
  }
  records.sort(compareRecords);
  unreadable.sort((one, other) => compareTexts(one.name, other.name));
  return { records, unreadable };
}

/** Looks each record's route up in `tables`, which has the table of each by {@link tableKey}. */
export function compareWithTables(
  records: readonly OwnershipRecord[],
  tables: ReadonlyMap<string, ObservedTable>,
  machineId: string,
): ManagedRoute[] {
  return records.map((record) => {
    const table = tables.get(tableKey(record.route)) ?? emptyTable;
    const found = table.find(record.route.prefix).find((route) => hasKey(route, record.route));
    const isOfOtherMachine = isOtherMachine(record.machineId, machineId);
    if (record.hold.kind === "released") return { record, status: "released", isOfOtherMachine };
    if (record.hold.kind === "covered" && isCovered(record, table))
      return { record, status: "covered", isOfOtherMachine };
    if (found === undefined) return { record, status: "missing", isOfOtherMachine };
    if (isSameRoute(found, record.route)) return { record, status: "present", isOfOtherMachine };
    return { record, status: "altered", found, isOfOtherMachine };
  });
}

function isCovered({ choice }: OwnershipRecord, table: ObservedTable): boolean {
  const pool = parsePrefix(choice?.pool ?? "");
  return !isPrefixProblem(pool) && findCover(table, pool) !== undefined;
}

/** The routes that no record is of. An unreadable record, which is known by its name only, is one, too. */
export function findUnrecorded(routes: readonly LocalRoute[], isRecorded: (key: RouteKey) => boolean) {
  return routes.filter((route) => !isRecorded(route)).sort(compareKeys);
}

/** The tables that these records' routes are in. */
export function tablesOf(records: readonly OwnershipRecord[]): TableName[] {
  return distinctTables(records.map(({ route: { family, table } }) => ({ family, table })));
}

function compareRecords(one: OwnershipRecord, other: OwnershipRecord): number {
  return compareTexts(one.owner, other.owner) || compareKeys(one.route, other.route);
}

/** IPv4 first, then by address, length, table and metric. */
function compareKeys(one: RouteKey, other: RouteKey): number {
  return (
    compareTexts(one.family, other.family) ||
    comparePrefixTexts(one.prefix, other.prefix) ||
    one.table - other.table ||
    one.metric - other.metric
  );
}

function comparePrefixTexts(one: string, other: string): number {
  const [a, b] = [parsePrefix(one), parsePrefix(other)];
  if (isPrefixProblem(a) || isPrefixProblem(b)) return compareTexts(one, other);
  return comparePrefixes(a, b);
}

function compareTexts(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}
