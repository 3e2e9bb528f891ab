// A Host without a host: a kernel's routing tables as a map, with the refusals that matter. No transport, no batch.
import { AnyIPError } from "../../provider/errors";
import type { Host, Observation, ObservedTable, RouteOperation, TableName } from "../../provider/host/host";
import type { BackendName } from "../../provider/host/persistence/paths";
import {
  changedName,
  isExactly,
  type OwnershipRecord,
  type RecordChange,
  recordName,
} from "../../provider/host/record";
import { hasKey, isSameRoute, type LocalRoute, type ObservedRoute } from "../../provider/host/route";
import { noSurroundings } from "../../provider/host/surroundings";

const localRouteType = 2;

export class MemoryHost implements Host {
  private routes: readonly ObservedRoute[] = [];
  private installed: readonly BackendName[] = [];
  private readonly records = new Map<string, OwnershipRecord>();

  constructor(
    private readonly devices: readonly string[],
    /** The host's own addresses, which alone can be a source. */
    private readonly addresses: readonly string[],
  ) {}

  async change<Result>(operation: RouteOperation<Result>): Promise<Result> {
    const [{ family, table }] = operation.reads;
    const { step, record, install, result } = operation.plan(await this.observe({ family, table }));
    if (step?.kind === "delete") this.remove(step.route);
    else if (step) this.put(step.route, step.kind === "replace");
    if (record) this.keep(record);
    if (install) this.installed = [...this.installed, install];
    const problem = operation.verify?.(this.look({ family, table }), result);
    if (problem !== undefined) throw new AnyIPError("VERIFY_FAILED", problem);
    return result;
  }

  async observe(name: TableName): Promise<Observation> {
    return {
      table: this.look(name),
      findRecord: (key) => this.records.get(recordName(key)),
      hasRecord: (record) => isExactly(this.records.get(recordName(record.route)), record),
      listRecords: () => [...this.records],
      listCovered: () => [...this.records.values()].filter(({ hold }) => hold.kind === "covered"),
      lockHold: this,
      machine: "memory",
      machineId: "-",
      surroundings: noSurroundings,
      persistence: { runs: ["systemd"], installed: this.installed },
    };
  }

  /** Equal texts mean equal tables. */
  print(): string {
    const lines = this.routes.map((route) => JSON.stringify(route, Object.keys(route).sort()));
    return [...lines, ...this.records.keys()].sort().join("\n");
  }

  private keep(change: RecordChange): void {
    if (change.kind === "write") this.records.set(changedName(change), change.record);
    else this.records.delete(changedName(change));
  }

  private look(name: TableName): ObservedTable {
    const routes = this.routes.filter(({ family, table }) => family === name.family && table === name.table);
    return {
      prefixes: () => routes.map(({ prefix }) => prefix),
      find: (prefix) => routes.filter((route) => route.prefix === prefix),
    };
  }

  private put(route: LocalRoute, mayReplace: boolean): void {
    if (!this.devices.includes(route.device)) throw rejected(`no device ${route.device}`);
    if (route.source !== undefined && !this.addresses.includes(route.source)) {
      throw rejected(`source ${route.source} is not an address of the host`);
    }
    const others = this.routes.filter((present) => !hasKey(present, route));
    if (others.length < this.routes.length && !mayReplace) {
      throw new AnyIPError("ROUTE_CONFLICT", `${route.prefix} is there already`, { retryable: true });
    }
    this.routes = [...others, { ...route, type: localRouteType }];
  }

  private remove(route: LocalRoute): void {
    this.routes = this.routes.filter((present) => !isSameRoute(present, route));
  }
}

function rejected(why: string): AnyIPError {
  return new AnyIPError("ROUTE_REJECTED", why);
}
