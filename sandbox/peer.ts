// The second machine of the test network: it pings, and is the hosts' gateway and resolver.

import type { Host } from "./host";
import { Machine } from "./machine";
import type { MachineRecord } from "./machine-record";

export class Peer extends Machine {
  constructor(
    record: MachineRecord,
    readonly address: string,
    readonly address6: string,
  ) {
    super(record);
  }

  /** Whether the address answers one ping within `waitSeconds`; the default allows for K4's slow first answer. */
  async ping(address: string, waitSeconds = 2): Promise<boolean> {
    const result = await this.exec(["ping", "-n", "-q", "-c", "1", "-W", String(waitSeconds), address]);
    // 2 is an error such as an address that isn't one; an address without a route is just not reachable.
    if (result.code > 1 && !/unreachable/i.test(result.stderr)) {
      throw new Error(`ping ${address}: ${result.stderr.trim()}`);
    }
    return result.code === 0;
  }

  /** Routes a prefix via the host's address of the same family, as an upstream router does. */
  async routeVia(prefix: string, host: Host): Promise<void> {
    await this.replaceRoute(prefix, ["via", prefix.includes(":") ? host.address6 : host.address]);
  }

  /** Takes a prefix to be on-link: the peer asks by ARP or neighbour solicitation who has its addresses. */
  async routeOnLink(prefix: string): Promise<void> {
    await this.replaceRoute(prefix, []);
  }

  /** Takes back what routeVia or routeOnLink did. */
  async removeRoute(prefix: string): Promise<void> {
    await this.execOrThrow(["ip", "route", "del", prefix]);
  }

  private async replaceRoute(prefix: string, via: readonly string[]): Promise<void> {
    await this.execOrThrow(["ip", "route", "replace", prefix, ...via, "dev", "eth0"]);
  }
}
