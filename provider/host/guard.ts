// Whether a local route would cut its host off from what it needs, or would be dead. Pure; what is done about it is
// the resource's business.
import { type Address, formatAddress, parseAddress } from "../../net/address";
import { formatPrefix, holdsAddress, holdsPrefix, isPrefixProblem, parsePrefix } from "../../net/prefix";
import { type TableName, tableKey } from "./host";
import type { Surroundings } from "./surroundings";

/** Every reason to refuse a prefix that a program may lift by its name; in the order in which they are said. */
export const unsafeReasons = [
  "sshPeer",
  "jumpHost",
  "gateway",
  "resolver",
  "neighbor",
  "wholeFamily",
  "onLink",
] as const;

export type UnsafeReason = (typeof unsafeReasons)[number];

/** What a route would do that it should not. */
export interface Risk {
  readonly reason: UnsafeReason;
  /** What was found, in words that continue "the prefix …". */
  readonly found: string;
}

/** A route that is to be added. `prefix` is canonical. */
export interface GuardedRoute extends TableName {
  readonly prefix: string;
}

/** Tables that every host looks everything up in: local, main, default (ip-rule(8)). */
const commonTables: readonly number[] = [255, 254, 253];

/**
 * The risks of adding a local route, one a reason, without those that are allowed. A table that takes part in a lookup
 * only by a rule with selectors is exempt. `wholeFamily` needs no host and is left to the check of inputs.
 *
 * @param jumpHosts Addresses or names on the way to the host; names are passed over, for nobody knows here what they mean.
 */
export function findRisks(
  route: GuardedRoute,
  surroundings: Surroundings,
  jumpHosts: readonly string[],
  allowed: readonly UnsafeReason[],
): Risk[] {
  if (!isAlwaysLookedUp(route, surroundings)) return [];
  const prefix = parsePrefix(route.prefix);
  if (isPrefixProblem(prefix)) throw new RangeError(`the prefix ${route.prefix} ${prefix.problem}`);
  const { sshPeer, gateways, resolvers, neighbors, onLink } = surroundings;
  const jumps = jumpHosts.flatMap((text) => parseAddress(text.replace(/%.*$/, "")) ?? []);
  const covers = (address: Address) => holdsAddress(prefix, address);
  // Who is something else is that, and no neighbour besides: one name lifts one address.
  const named = [
    ...(sshPeer ? [sshPeer] : []),
    ...jumps,
    ...gateways.map(({ address }) => address),
    ...resolvers,
  ];

  const peer = sshPeer && covers(sshPeer) ? sshPeer : undefined;
  const jumpHost = jumps.find(covers);
  const gateway = gateways.find(({ address }) => covers(address));
  const resolver = resolvers.find(covers);
  const neighbor = neighbors.find(
    ({ address }) => covers(address) && !named.some((other) => isSameAddress(other, address)),
  );
  const subnet = onLink.find((link) => holdsPrefix(prefix, link.prefix));
  const around = onLink.find(
    (link) => prefix.family === "ipv6" && link.usesNeighborDiscovery && holdsPrefix(link.prefix, prefix),
  );
  const findings: Partial<Record<UnsafeReason, string | undefined>> = {
    sshPeer: peer && `covers ${formatAddress(peer)}, from which this SSH login comes`,
    jumpHost: jumpHost && `covers ${formatAddress(jumpHost)}, a jump host of this connection`,
    gateway: gateway && `covers ${formatAddress(gateway.address)}, a gateway on ${gateway.device}`,
    resolver: resolver && `covers ${formatAddress(resolver)}, a nameserver of the host`,
    neighbor:
      (neighbor && `covers ${formatAddress(neighbor.address)}, another host on ${neighbor.device}`) ??
      (subnet && `covers ${formatPrefix(subnet.prefix)}, and so all other hosts on ${subnet.device}`),
    onLink: around && `lies in ${formatPrefix(around.prefix)}, which is on-link on ${around.device}`,
  };
  return unsafeReasons.flatMap((reason) => {
    const found = findings[reason];
    return found === undefined || allowed.includes(reason) ? [] : [{ reason, found }];
  });
}

function isAlwaysLookedUp(route: GuardedRoute, { extraTables }: Surroundings): boolean {
  const key = tableKey(route);
  return commonTables.includes(route.table) || extraTables.some((table) => tableKey(table) === key);
}

function isSameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value;
}
