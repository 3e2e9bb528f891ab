// A Host without a host: a kernel's routing tables as a map, with the refusals that matter. No transport, no batch.
import { AnyIPError } from "../../provider/errors";
import type { Host, ObservedTable, RouteOperation, TableName } from "../../provider/host/host";
import { hasKey, isSameRoute, type LocalRoute, type ObservedRoute } from "../../provider/host/route";
import { noSurroundings } from "../../provider/host/surroundings";

const localRouteType = 2;

export class MemoryHost implements Host {
  private routes: readonly ObservedRoute[] = [];

  constructor(
    private readonly devices: readonly string[],
    /** The host's own addresses, which alone can be a source. */
    private readonly addresses: readonly string[],
  ) {}

  async change<Result>(operation: RouteOperation<Result>): Promise<Result> {
    const { step, result } = operation.plan(
      { table: this.look(operation.reads), machine: "memory", surroundings: noSurroundings },
      undefined,
    );
    if (!step) return result;
    if (step.kind === "delete") this.remove(step.route);
    else this.put(step.route, step.kind === "replace");
    const problem = operation.verify?.(this.look(operation.reads), result);
    if (problem !== undefined) throw new AnyIPError("VERIFY_FAILED", problem);
    return result;
  }

  async observe(table: TableName): Promise<ObservedTable> {
    return this.look(table);
  }

  /** Equal texts mean equal tables. */
  print(): string {
    const lines = this.routes.map((route) => JSON.stringify(route, Object.keys(route).sort()));
    return lines.sort().join("\n");
  }

  private look(name: TableName | undefined): ObservedTable {
    const { routes } = this;
    return {
      find: (prefix) =>
        routes.filter(
          (route) => route.prefix === prefix && route.family === name?.family && route.table === name.table,
        ),
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
