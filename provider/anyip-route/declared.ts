// Which resource of the program declares which route: two that bind the same one are told so at preview. No I/O.
import type { DesiredRoute } from "../managed-route/desired";

/** What `check` has seen in this process: the engine asks it once for each resource of the program, in every run. */
export class DeclaredRoutes {
  private readonly owners = new Map<string, string>();

  /**
   * The other resource that declares the route on the same host; undefined when there is none. Two names for one host are
   * two hosts here; what is made of them in one run, claims.ts tells apart.
   */
  findOther({ connection, route, owner }: DesiredRoute): string | undefined {
    // One private address may lead to several hosts, by the jump host that it is reached through.
    const hops = [...connection.proxies, connection].map(({ host, port }) => `${host} ${port}`);
    const key = [...hops, route.prefix, route.table, route.metric].join(" ");
    const other = this.owners.get(key);
    if (other === undefined) this.owners.set(key, owner);
    return other === owner ? undefined : other;
  }
}
