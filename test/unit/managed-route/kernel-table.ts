// A host for plans: an IPv6 routing table as the kernel keeps it (`add`, `replace` and `del` by key, in the order of the
// table), and the ownership records.
import type { Observation, ObservedTable, PersistenceFacts, RoutePlan } from "../../../provider/host/host";
import {
  changedName,
  isExactly,
  isUnreadable,
  type OwnershipRecord,
  recordName,
  type UnreadableRecord,
} from "../../../provider/host/record";
import { hasKey, type ObservedRoute, type RouteKey, type Step } from "../../../provider/host/route";
import { noSurroundings, type Surroundings } from "../../../provider/host/surroundings";

export class KernelTable implements ObservedTable {
  constructor(readonly routes: readonly ObservedRoute[]) {}

  find(prefix: string): readonly ObservedRoute[] {
    return this.routes.filter((route) => route.prefix === prefix);
  }

  prefixes(): Iterable<string> {
    return this.routes.map(({ prefix }) => prefix);
  }

  /** The table after the step. Throws where the kernel answers `File exists`; what is to be deleted may be gone. */
  apply(step: Step | undefined): KernelTable {
    if (!step) return this;
    const { kind, route } = step;
    const at = this.routes.findIndex((other) => hasKey(other, route));
    const after: ObservedRoute = { ...route, type: 2 };
    if (kind === "add") {
      if (at >= 0) throw new Error("File exists");
      return new KernelTable([...this.routes, after]);
    }
    if (kind === "replace") {
      return at < 0 ? new KernelTable([...this.routes, after]) : new KernelTable(this.routes.with(at, after));
    }
    const found = this.routes.findIndex(
      (other) =>
        other.type === 2 &&
        hasKey(other, route) &&
        other.device === route.device &&
        other.protocol === route.protocol,
    );
    return found < 0 ? this : new KernelTable(this.routes.toSpliced(found, 1));
  }
}

/** A host as an operation is shown it. `apply` answers with the host after a plan. */
export class ModelHost implements Observation {
  readonly machine = "boot net:[1]";

  constructor(
    readonly table: KernelTable,
    readonly records: ReadonlyMap<string, OwnershipRecord | UnreadableRecord> = new Map(),
    readonly machineId = thisMachine,
    readonly surroundings: Surroundings = noSurroundings,
    readonly persistence: PersistenceFacts = { runs: ["systemd"], installed: ["systemd"] },
  ) {}

  findRecord(key: RouteKey): OwnershipRecord | UnreadableRecord | undefined {
    return this.records.get(recordName(key));
  }

  hasRecord(record: OwnershipRecord): boolean {
    return isExactly(this.findRecord(record.route), record);
  }

  listRecords() {
    return [...this.records];
  }

  listCovered(): OwnershipRecord[] {
    return [...this.records.values()].flatMap((found) =>
      !isUnreadable(found) && found.hold.kind === "covered" ? [found] : [],
    );
  }

  readonly lockHold = {};

  apply({ step, record, install }: RoutePlan<unknown>): ModelHost {
    const records = new Map(this.records);
    if (record?.kind === "write") records.set(changedName(record), record.record);
    else if (record) records.delete(changedName(record));
    const { runs, installed } = this.persistence;
    const persistence = { runs, installed: install ? [...installed, install] : installed };
    return new ModelHost(this.table.apply(step), records, this.machineId, this.surroundings, persistence);
  }
}

export const thisMachine = "0123456789abcdef0123456789abcdef";
