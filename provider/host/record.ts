// The ownership record of a route: what the host itself knows of whose a route is. Pure; its text is record-text.ts.
import { storeDirectory } from "./persistence/paths";
import { isSameLocalRoute, type LocalRoute, type RouteKey } from "./route";

/** How a route came to be a resource's: made by it (or taken over), or there before. */
export type Origin = "created" | "adopted";

/**
 * How a prefix is held: by a `route` of its own, `covered` by a larger local route that is there, or `released`: it is nobody's
 * until so many seconds after 1970, and not handed out before but to the same key.
 */
export type Hold =
  | { readonly kind: "route" }
  | { readonly kind: "covered" }
  | { readonly kind: "released"; readonly untilSeconds: number };

/** Kept on the host for each managed route, under the route's key. */
export interface OwnershipRecord {
  /** As it should be on the host. */
  readonly route: LocalRoute;
  /** `project/stack/name` of the resource. */
  readonly owner: string;
  readonly origin: Origin;
  /** The id of the resource in its state. A resource that was made anew for the same route has another one. */
  readonly token: string;
  /** The machine's own id (machine-id(5)), or `-`: a record that came with a copied disk is nobody's. */
  readonly machineId: string;
  /** Whether the host restores the route at boot. What it restores has its record on the disk, all else in memory. */
  readonly persists: boolean;
  readonly hold: Hold;
  /** For whom the prefix was chosen, and out of what; a route that was given its prefix has none. */
  readonly choice?: RecordedChoice;
}

export interface RecordedChoice {
  /** Canonical CIDR text. */
  readonly pool: string;
  readonly key: string;
}

/** A file in a record's place that is none, or not one that this version can read. */
export interface UnreadableRecord {
  readonly path: string;
  /** What is wrong with it, in words that follow its path. */
  readonly problem: string;
}

export function isUnreadable(found: OwnershipRecord | UnreadableRecord): found is UnreadableRecord {
  return "problem" in found;
}

/** What becomes of the record at a route's key when a change is kept. */
export type RecordChange =
  | { readonly kind: "write"; readonly record: OwnershipRecord }
  | { readonly kind: "remove"; readonly key: RouteKey };

/** The name of the record's file: `2001:db8:100::_64-table-255-metric-1024`. No character of it means anything to a shell. */
export function recordName({ prefix, table, metric }: RouteKey): string {
  return `${prefix.replace("/", "_")}-table-${table}-metric-${metric}`;
}

/** What the provider keeps on a host: the lock, the records, and the batch under way. Only root can open it. */
export const hostDirectory = "/run/pulumi-anyip";

/** Where records are: those of routes that outlast a reboot on the disk, the others in memory, as their routes are. */
export function recordDirectory(persists: boolean): string {
  return `${persists ? storeDirectory : hostDirectory}/routes`;
}

export function recordPath({ route, persists }: OwnershipRecord): string {
  return `${recordDirectory(persists)}/${recordName(route)}`;
}

export function changedName(change: RecordChange): string {
  return recordName(change.kind === "write" ? change.record.route : change.key);
}

/** True when what was found in a record's place is exactly this one. */
export function isExactly(
  found: OwnershipRecord | UnreadableRecord | undefined,
  record: OwnershipRecord,
): boolean {
  return found !== undefined && !isUnreadable(found) && isSameRecord(found, record);
}

export function isSameRecord(one: OwnershipRecord, other: OwnershipRecord): boolean {
  return (
    isSameLocalRoute(one.route, other.route) &&
    one.owner === other.owner &&
    one.origin === other.origin &&
    one.token === other.token &&
    one.machineId === other.machineId &&
    one.persists === other.persists &&
    one.choice?.pool === other.choice?.pool &&
    one.choice?.key === other.choice?.key &&
    one.hold.kind === other.hold.kind &&
    untilOf(one.hold) === untilOf(other.hold)
  );
}

function untilOf(hold: Hold): number | undefined {
  return hold.kind === "released" ? hold.untilSeconds : undefined;
}

/** True where both machine ids are known and differ. A host without a machine id cannot be told from another. */
export function isOtherMachine(recorded: string | undefined, observed: string): boolean {
  return recorded !== undefined && recorded !== "-" && observed !== "-" && recorded !== observed;
}

/** `project/stack` of an owner; the name of a resource may have slashes of its own. */
export function stackOf(owner: string): string {
  return owner.split("/", 2).join("/");
}
