// Which resource of the program asks for which key of which pool: two that ask for the same are told so at preview. No I/O.
import { formatPrefix } from "../../net/prefix";
import type { DesiredAllocation } from "./inputs";

/** What `check` has seen in this process: the engine asks it once for each resource of the program, in every run. */
export class DeclaredKeys {
  private readonly owners = new Map<string, string>();

  /** The other resource that asks for the same on the same host; undefined when there is none. */
  findOther({ choice, options }: DesiredAllocation): string | undefined {
    const { connection, owner } = options;
    const hops = [...connection.proxies, connection].map(({ host, port }) => `${host} ${port}`);
    const key = JSON.stringify([...hops, formatPrefix(choice.pool), choice.length, choice.key]);
    const other = this.owners.get(key);
    if (other === undefined) this.owners.set(key, owner);
    return other === owner ? undefined : other;
  }
}
