// Which resource of this run has which route: what keeps one resource's delete from another's route. Pure.
import type { RouteKey } from "../host/route";

/**
 * The routes that this process has created, updated or found in order, by machine. The engine makes a replacement
 * before it deletes what is replaced, and a resource that was renamed without an alias before its predecessor; where
 * both mean the same route, the claim tells that it has passed on.
 */
export class RouteClaims {
  private readonly owners = new Map<string, string>();

  /** The id of the resource that has the route now; undefined when none of this run has touched it. */
  find(machine: string, route: RouteKey): string | undefined {
    return this.owners.get(claimKey(machine, route));
  }

  claim(machine: string, route: RouteKey, id: string): void {
    this.owners.set(claimKey(machine, route), id);
  }

  release(machine: string, route: RouteKey, id: string): void {
    if (this.find(machine, route) === id) this.owners.delete(claimKey(machine, route));
  }
}

function claimKey(machine: string, { prefix, table, metric }: RouteKey): string {
  return `${machine} ${prefix} ${table} ${metric}`;
}
