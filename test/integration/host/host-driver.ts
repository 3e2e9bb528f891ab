// What the conformance suite is given of a host, and how it speaks to it.
import { expect } from "vitest";
import type { Family } from "../../../net/address";
import type { Host } from "../../../provider/host/host";
import { isSameRoute, type LocalRoute, type ObservedRoute, type Step } from "../../../provider/host/route";
import { blindly } from "../../support/route-operations";

export interface HostFixture {
  readonly host: Host;
  /** A device besides lo. */
  readonly device: string;
  /** The highest table that it can put routes into. */
  readonly maxTable: number;
  /** An address of each family that the host has. */
  readonly sources: readonly [ipv4: string, ipv6: string];
  /** All routes of all tables: equal texts mean equal tables. */
  print(): Promise<string>;
  /** How often the host was logged in to, and how many commands it was told to run. */
  count(): { readonly connections: number; readonly sessions: number };
  remove(): Promise<void>;
}

export const families = ["ipv4", "ipv6"] as const;
let prefixCount = 0;

/** A prefix that no other test has, so that what a failed one has left doesn't fail the others. */
export function makePrefix(family: Family): string {
  prefixCount++;
  return family === "ipv4" ? `198.51.${prefixCount}.0/25` : `2001:db8:5:${prefixCount.toString(16)}::/64`;
}

export class HostDriver {
  constructor(private readonly host: Host) {}

  take(step: Step): Promise<string> {
    return this.host.change(blindly(step));
  }

  add(route: LocalRoute): Promise<string> {
    return this.take({ kind: "add", route });
  }

  remove(route: LocalRoute): Promise<string> {
    return this.take({ kind: "delete", route });
  }

  async find(route: LocalRoute): Promise<readonly ObservedRoute[]> {
    return (await this.host.observe(route)).table.find(route.prefix);
  }

  /** All routes of the first one's prefix and table are these, and no others. */
  async expectExactly(...routes: readonly [LocalRoute, ...LocalRoute[]]): Promise<void> {
    const found = await this.find(routes[0]);
    expect(found).toHaveLength(routes.length);
    for (const route of routes) {
      const isThere = found.some((other) => isSameRoute(other, route));
      expect(isThere, `${JSON.stringify(route)} in ${JSON.stringify(found)}`).toBe(true);
    }
  }
}
