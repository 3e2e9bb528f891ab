// What a look at a host means to the person who will bind prefixes to it: a level, what was found, what to do. Pure.
import { formatAddress } from "../../net/address";
import { formatPrefix } from "../../net/prefix";
import type { AnyIPError } from "../errors";
import type { Surroundings } from "../host/surroundings";
import { type CheckName, enumerate, type Finding } from "./finding";
import { type HostFacts, hasBusyboxIp, hasUsableIp } from "./host-facts";
import { type FailedLook, type Inspection, isFailedLook } from "./inspection";
import { judgeDead, judgeManaged, judgePersistence, judgeRun, judgeUnrecorded } from "./managed-findings";

/** How the host was reached. */
export interface Login {
  readonly user: string;
  /** Names or addresses. */
  readonly jumpHosts: readonly string[];
}

/** All that a look has found, what concerns the host before what concerns its routes. */
export function judgeInspection(inspection: Inspection, { user, jumpHosts }: Login): Finding[] {
  const { facts, surroundings, persistence, managed, unrecorded } = inspection;
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
    ...(persistence === undefined ? [] : judgePersistence(persistence, managed)),
    ...(managed === undefined ? [] : judgeOr(managed, "records", judgeManaged)),
    ...(managed && surroundings && !isFailedLook(managed) && !isFailedLook(surroundings)
      ? judgeDead(managed, surroundings)
      : []),
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
  const { ipVersion = "" } = facts;
  if (hasBusyboxIp(facts)) {
    const found =
      `${ipVersion.replace(/ \(.*/, "")}: its \`ip\` takes no table above 255, and does not say a route's protocol, ` +
      "for which the record on the host is believed";
    return { check: "ip", level: "note", found, advice: "install iproute2 where that is not enough" };
  }
  if (hasUsableIp(facts)) return { check: "ip", level: "ok", found: ipVersion };
  return {
    check: "ip",
    level: "problem",
    found:
      facts.ipVersion === undefined
        ? "there is no `ip` in PATH or /usr/sbin:/sbin"
        : "the host's `ip` is neither iproute2's nor busybox's",
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
