// What the managed routes of a host, and what runs have left there, mean to a person. Pure.
import { findRisks } from "../host/guard";
import type { PersistenceFacts } from "../host/host";
import { backendNames } from "../host/persistence/paths";
import { hostDirectory, stackOf } from "../host/record";
import { type LocalRoute, ownProtocol } from "../host/route";
import type { Surroundings } from "../host/surroundings";
import { enumerate, type Finding } from "./finding";
import { type HostFacts, hasBusyboxIp, hasUsableIp } from "./host-facts";
import { type FailedLook, isFailedLook, type ManagedListing } from "./inspection";
import type { ManagedRoute, RouteStatus } from "./managed-routes";

export function judgeManaged({ routes, unreadable }: ManagedListing): Finding[] {
  const own = routes.filter(({ isOfOtherMachine }) => !isOfOtherMachine);
  const others = routes.filter(({ isOfOtherMachine }) => isOfOtherMachine);
  const found =
    routes.length === 0 ? "nothing is managed here" : `managed routes by stack: ${countStacks(routes)}`;
  return [
    { check: "records", level: "ok", found },
    ...judgeStatus(own, "missing", "managed but not there"),
    ...judgeStatus(own, "altered", "managed but not as recorded"),
    ...judgeUnreadable(unreadable.map(({ path, problem }) => `${path} ${problem}`)),
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

/** What restores routes at boot, and whether it is set up where there are some to restore. */
export function judgePersistence(
  { runs, installed }: PersistenceFacts,
  managed: ManagedListing | FailedLook | undefined,
): Finding[] {
  const routes = managed && !isFailedLook(managed) ? managed.routes : [];
  const stored = routes.filter(({ record, isOfOtherMachine }) => record.persists && !isOfOtherMachine);
  if (stored.length > 0 && installed.length === 0) {
    const found = `what restores at boot what is recorded to persist is missing or does not run: ${enumerate(stored.map(describeManaged))}`;
    const advice = "`pulumi up --refresh` of that stack puts it right";
    return [{ check: "persistence", level: "problem", found, advice }];
  }
  const [best] = runs;
  if (best === undefined) {
    return [
      {
        check: "persistence",
        level: "note",
        found: `none of what could restore routes at boot is there (${backendNames.join(", ")})`,
        advice: 'bind with persist: "none"; the routes are gone after a reboot then',
        code: "HOST_UNSUPPORTED",
      },
    ];
  }
  const state = installed.length === 0 ? "as soon as there are some" : "and is set up for it";
  return [{ check: "persistence", level: "ok", found: `${best} restores routes at boot, ${state}` }];
}

function judgeStatus(
  routes: readonly ManagedRoute[],
  status: Extract<RouteStatus, "missing" | "altered">,
  words: string,
): Finding[] {
  const concerned = routes.filter((managed) => managed.status === status).map(describeManaged);
  if (concerned.length === 0) return [];
  const advice = "`pulumi up --refresh` of that stack puts it right";
  return [{ check: status, level: "problem", found: `${words}: ${enumerate(concerned)}`, advice }];
}

/**
 * Routes that nobody finds, because they lie in an on-link IPv6 subnet. Only a note: whether a router sends the prefix to
 * the host all the same cannot be seen from here.
 */
export function judgeDead({ routes }: ManagedListing, surroundings: Surroundings): Finding[] {
  const dead = routes
    .filter(
      ({ status, isOfOtherMachine }) => (status === "present" || status === "altered") && !isOfOtherMachine,
    )
    .flatMap((managed) =>
      findRisks(managed.record.route, surroundings, [], [])
        .filter(({ reason }) => reason === "onLink")
        .map(({ found }) => `${describeManaged(managed)} ${found}`),
    );
  if (dead.length === 0) return [];
  return [
    {
      check: "dead",
      level: "note",
      found: `managed but dead, unless a router sends the prefix to this host: ${enumerate(dead, "; ")}`,
      advice:
        "have the prefix routed via one of the host's addresses; or answer for it on the link, by " +
        "`ip -6 neigh add proxy ADDRESS dev DEVICE` for single addresses or ndppd for all, with proxy_ndp and forwarding " +
        "on DEVICE; or bind a prefix that is not on-link",
      code: "PREFIX_ON_LINK",
    },
  ];
}

function judgeUnreadable(names: readonly string[]): Finding[] {
  if (names.length === 0) return [];
  return [
    {
      check: "unreadable",
      level: "problem",
      found: `records that cannot be read: ${enumerate(names, "; ")}`,
      advice:
        "unless a newer version wrote it, remove the file; " +
        "`pulumi up --refresh` of its stack writes it again",
      code: "RECORD_UNREADABLE",
    },
  ];
}

export function judgeUnrecorded(facts: HostFacts, routes: readonly LocalRoute[] | undefined): Finding[] {
  if (hasUsableIp(facts) && facts.ownRoutes === undefined) {
    const found = hasBusyboxIp(facts)
      ? `busybox's \`ip\` does not say which local routes are of protocol ${ownProtocol}, so none without a record is found`
      : `the local routes of protocol ${ownProtocol} could not be listed`;
    return [{ check: "unrecorded", level: "note", found }];
  }
  if (!routes || routes.length === 0) return [];
  const names = routes.map(({ prefix, device, table }) => `${prefix} dev ${device} table ${table}`);
  return [
    {
      check: "unrecorded",
      level: "note",
      found: `local routes of protocol ${ownProtocol} without a record: ${enumerate(names)}`,
      advice:
        "if a stack has it, its `pulumi up --refresh` writes the record again; if none has, an AnyIPRoute adopts it, " +
        "and `ip route del local PREFIX dev DEVICE table TABLE` takes it away",
    },
  ];
}

export function judgeRun({ pending, isLocked }: HostFacts): Finding[] {
  if (isLocked) {
    const found = "a run is changing this host at this moment, so that what is said here may be over already";
    return [{ check: "run", level: "note", found }];
  }
  if (pending.length === 0) return [];
  const found = `a run was killed amid a change (${pending.join(", ")} in ${hostDirectory})`;
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
