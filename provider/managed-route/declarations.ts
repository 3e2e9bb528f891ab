// Which resource of the program asks for what on which host: two that ask for the same are told so at preview. No I/O.
import type { ConnectionSpec } from "../connection/spec";

/** What `check` has seen in this process: the engine asks it once for each resource of the program, in every run. */
export class Declarations {
  private readonly owners = new Map<string, string>();

  /**
   * The other resource that asks for the same on the same host; undefined when there is none. Two names for one host are
   * two hosts here; what is made of them in one run, claims.ts tells apart.
   *
   * @param what names what is asked for, and nothing else.
   */
  findOther(connection: ConnectionSpec, owner: string, what: readonly unknown[]): string | undefined {
    // One private address may lead to several hosts, by the jump host that it is reached through.
    const hops = [...connection.proxies, connection].map(({ host, port }) => `${host} ${port}`);
    const name = JSON.stringify([hops, what]);
    const other = this.owners.get(name);
    if (other === undefined) this.owners.set(name, owner);
    return other === owner ? undefined : other;
  }
}
