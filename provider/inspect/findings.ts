// What a look at a host means to the person who will bind prefixes to it: a level, what was found, what to do. Pure.
import { formatAddress } from "../../net/address";
import { formatPrefix } from "../../net/prefix";
import type { AnyIPError } from "../errors";
import { stackOf } from "../host/record";
import type { LocalRoute } from "../host/route";
import type { Surroundings } from "../host/surroundings";
import { type HostFacts, isIproute2 } from "./host-facts";
import { type FailedLook, type Inspection, isFailedLook, type ManagedListing } from "./inspection";
import type { ManagedRoute, RouteStatus } from "./managed-routes";

/** `problem`: something will fail, or is not as it should be. `note`: good to know before it surprises. */
export type FindingLevel = "ok" | "note" | "problem";

/** What was looked at. */
export type CheckName =
  | "login"
  | "ip"
  | "flock"
  | "ipv6"
  | "onLink"
  | "mustReach"
  | "forwarding"
  | "bind"
  | "records"
  | "unreadable"
  | "missing"
  | "altered"
  | "otherMachine"
  | "unrecorded"
  | "run";

export interface Finding {
  readonly check: CheckName;
  readonly level: FindingLevel;
  /** What was found: a sentence without its full stop. */
  readonly found: string;
  /** What to do about it, likewise. */
  readonly advice?: string;
  /** The code of the error that a resource has failed or would fail with. */
  readonly code?: string;
}

/** How the host was reached. */
export interface Login {
  readonly user: string;
  /** Names or addresses. */
  readonly jumpHosts: readonly string[];
}

/** All that a look has found, what concerns the host before what concerns its routes. */
export function judgeInspection(inspection: Inspection, { user, jumpHosts }: Login): Finding[] {
  const { facts, surroundings, managed, unrecorded } = inspection;
  return [
    judgeLogin(facts, user),
    judgeIp(facts),
    judgeFlock(facts),
    judgeIpv6(facts),
    ...(surroundings === undefined
      ? []
      : judgeOr(surroundings, "mustReach", (look) => judgeSurroundings(look, jumpHosts))),
    judgeForwarding(facts),
    ...judgeBind(facts),
    ...(managed === undefined ? [] : judgeOr(managed, "records", judgeManaged)),
    ...judgeUnrecorded(facts, unrecorded),
    ...judgeRun(facts),
  ];
}

/** A host that could not be looked at: the provider's own words, which say what to do. */
export function judgeFailure(error: AnyIPError): Finding[] {
  return [{ check: "login", level: "problem", found: error.message, code: error.code }];
}

function judgeOr<T extends object>(
  look: T | FailedLook,
  check: CheckName,
  judge: (look: T) => Finding[],
): Finding[] {
  if (!isFailedLook(look)) return judge(look);
  return [{ check, level: "problem", found: look.message, code: look.code }];
}

function judgeLogin({ root }: HostFacts, user: string): Finding {
  const found = root === "login" ? `${user} has root's rights` : `${user} gets root's rights by ${root}`;
  return { check: "login", level: "ok", found };
}

function judgeIp(facts: HostFacts): Finding {
  const { ipVersion } = facts;
  if (isIproute2(facts)) return { check: "ip", level: "ok", found: ipVersion ?? "" };
  return {
    check: "ip",
    level: "problem",
    found:
      ipVersion === undefined
        ? "there is no `ip` in PATH or /usr/sbin:/sbin"
        : "the host's `ip` is not iproute2's, and cannot change routes in batches",
    advice: "install iproute2",
    code: "HOST_UNSUPPORTED",
  };
}

function judgeFlock({ hasFlock }: HostFacts): Finding {
  if (hasFlock) return { check: "flock", level: "ok", found: "`flock` is there" };
  return {
    check: "flock",
    level: "problem",
    found: "there is no `flock`, by which runs wait for each other",
    advice: "install util-linux",
    code: "HOST_UNSUPPORTED",
  };
}

function judgeIpv6({ settings: { loDisabled, allDisabled } }: HostFacts): Finding {
  if (loDisabled === undefined) {
    const found = "the kernel has no IPv6, so only IPv4 prefixes can be bound";
    return { check: "ipv6", level: "note", found };
  }
  if (loDisabled !== 0) {
    const names = ["lo", ...(allDisabled ? ["all"] : [])];
    const switches = names.map((name) => `net.ipv6.conf.${name}.disable_ipv6`);
    return {
      check: "ipv6",
      level: "problem",
      found: `IPv6 is disabled on lo (${switches.join(" and ")}), so no IPv6 prefix can be bound there`,
      advice: `set ${switches.map((name) => `${name}=0`).join(" and ")}, and see to it in /etc/sysctl.d`,
      code: "ROUTE_REJECTED",
    };
  }
  if (allDisabled) {
    const found = "net.ipv6.conf.all.disable_ipv6 is set, although IPv6 is not disabled on lo";
    return { check: "ipv6", level: "note", found, advice: "look whether the other links have IPv6" };
  }
  return { check: "ipv6", level: "ok", found: "IPv6 is enabled on lo" };
}

function judgeSurroundings(
  { sshPeer, gateways, resolvers, onLink }: Surroundings,
  jumpHosts: readonly string[],
): Finding[] {
  const named = [
    ...(sshPeer ? [`${formatAddress(sshPeer)} (from which this login comes)`] : []),
    ...jumpHosts.map((name) => `${name} (a jump host)`),
    ...gateways.map(({ address, device }) => `${formatAddress(address)} (a gateway on ${device})`),
    ...resolvers.map((address) => `${formatAddress(address)} (a nameserver)`),
  ];
  const dead = onLink
    .filter(({ prefix, usesNeighborDiscovery }) => prefix.family === "ipv6" && usesNeighborDiscovery)
    .map(({ prefix, device }) => `${formatPrefix(prefix)} on ${device}`);
  return [
    dead.length === 0
      ? { check: "onLink", level: "ok", found: "no IPv6 subnet is on-link" }
      : {
          check: "onLink",
          level: "note",
          found: `on-link: ${enumerate(dead)}; nobody would find an IPv6 prefix inside of them`,
          advice:
            "bind a prefix that is routed to the host; where a router does route one of these to it, " +
            'allowUnsafe: ["onLink"] says so',
          code: "PREFIX_ON_LINK",
        },
    named.length === 0
      ? { check: "mustReach", level: "ok", found: "no gateway, no nameserver and no SSH peer is known" }
      : {
          check: "mustReach",
          level: "note",
          found: `no prefix may cover ${enumerate(named)}`,
          code: "LOCKOUT_RISK",
        },
  ];
}

function judgeForwarding({ settings: { ipv4Forwarding, ipv6Forwarding } }: HostFacts): Finding {
  const families = [...(ipv4Forwarding ? ["IPv4"] : []), ...(ipv6Forwarding ? ["IPv6"] : [])];
  if (families.length === 0) {
    return { check: "forwarding", level: "ok", found: "forwarding is off; AnyIP does not need it" };
  }
  return {
    check: "forwarding",
    level: "note",
    found: `the host forwards ${families.join(" and ")}; what it forwards to a prefix now, it keeps once that is bound`,
  };
}

function judgeBind({ settings: { ipv6NonlocalBind } }: HostFacts): Finding[] {
  if (ipv6NonlocalBind === undefined) return [];
  if (ipv6NonlocalBind !== 0) {
    return [{ check: "bind", level: "ok", found: "net.ipv6.ip_nonlocal_bind is set" }];
  }
  return [
    {
      check: "bind",
      level: "note",
      found: "a program cannot bind() to one IPv6 address of a prefix (net.ipv6.ip_nonlocal_bind=0)",
      advice: "listen on [::], use IPV6_FREEBIND in the program, or set net.ipv6.ip_nonlocal_bind=1",
    },
  ];
}

function judgeManaged({ routes, unreadable }: ManagedListing): Finding[] {
  const own = routes.filter(({ isOfOtherMachine }) => !isOfOtherMachine);
  const others = routes.filter(({ isOfOtherMachine }) => isOfOtherMachine);
  const found =
    routes.length === 0 ? "nothing is managed here" : `managed routes by stack: ${countStacks(routes)}`;
  return [
    { check: "records", level: "ok", found },
    ...judgeStatus(own, "missing", "managed but not there"),
    ...judgeStatus(own, "altered", "managed but not as recorded"),
    ...judgeUnreadable(unreadable.map(({ name, problem }) => `${name} ${problem}`)),
    ...(others.length === 0
      ? []
      : [
          {
            check: "otherMachine",
            level: "note",
            found: `records of another machine, whose disk was copied: ${enumerate(others.map(describeManaged))}`,
            advice: "they are nobody's here; whoever binds the prefix next writes a new one",
          } as const,
        ]),
  ];
}

function judgeStatus(
  routes: readonly ManagedRoute[],
  status: Exclude<RouteStatus, "present">,
  words: string,
): Finding[] {
  const concerned = routes.filter((managed) => managed.status === status).map(describeManaged);
  if (concerned.length === 0) return [];
  const advice = "`pulumi up --refresh` of that stack puts it right";
  return [{ check: status, level: "problem", found: `${words}: ${enumerate(concerned)}`, advice }];
}

function judgeUnreadable(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  return [
    {
      check: "unreadable",
      level: "problem",
      found: `records that cannot be read: ${enumerate(names, "; ")}`,
      advice:
        "unless a newer version wrote it, remove the file under /run/pulumi-anyip/routes; `pulumi up --refresh` of its stack writes it again",
      code: "RECORD_UNREADABLE",
    },
  ];
}

function judgeUnrecorded(facts: HostFacts, routes: readonly LocalRoute[] | undefined): Finding[] {
  if (isIproute2(facts) && facts.ownRoutes === undefined) {
    const found = "the local routes of protocol 177 could not be listed";
    return [{ check: "unrecorded", level: "note", found }];
  }
  if (!routes || routes.length === 0) return [];
  const names = routes.map(({ prefix, device, table }) => `${prefix} dev ${device} table ${table}`);
  return [
    {
      check: "unrecorded",
      level: "note",
      found: `local routes of protocol 177 without a record: ${enumerate(names)}`,
      advice:
        "if a stack has it, its `pulumi up --refresh` writes the record again; if none has, an AnyIPRoute adopts it, " +
        "and `ip route del local PREFIX dev DEVICE table TABLE` takes it away",
    },
  ];
}

function judgeRun({ pending, isLocked }: HostFacts): Finding[] {
  if (isLocked) {
    const found = "a run is changing this host at this moment, so that what is said here may be over already";
    return [{ check: "run", level: "note", found }];
  }
  if (pending.length === 0) return [];
  const found = `a run was killed amid a change (${pending.join(", ")} in /run/pulumi-anyip)`;
  const advice = pending.includes("kept")
    ? "nothing: the change was confirmed, and the next run finishes it first"
    : "nothing: the next run takes the change back first";
  return [{ check: "run", level: "note", found, advice }];
}

function describeManaged({ record: { route, owner } }: ManagedRoute): string {
  return `${route.prefix} (${owner})`;
}

/** `shop/prod 12, shop/dev 3`, by name. */
function countStacks(routes: readonly ManagedRoute[]): string {
  const counts = new Map<string, number>();
  for (const { record } of routes) {
    const stack = stackOf(record.owner);
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  return [...counts].map(([stack, count]) => `${stack} ${count}`).join(", ");
}

/** A host may have thousands of routes; a line has a few. */
const mostNamed = 10;

function enumerate(items: readonly string[], separator = ", "): string {
  const distinct = [...new Set(items)];
  const more = distinct.length - mostNamed;
  return distinct.slice(0, mostNamed).join(separator) + (more > 0 ? ` and ${more} more` : "");
}
