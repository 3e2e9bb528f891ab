// What the managed routes of a host, and what runs have left there, mean to a person. Pure.
import { hostDirectory, stackOf } from "../host/record";
import { type LocalRoute, ownProtocol } from "../host/route";
import { enumerate, type Finding } from "./finding";
import { type HostFacts, hasBusyboxIp, hasUsableIp } from "./host-facts";
import type { ManagedListing } from "./inspection";
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
        `unless a newer version wrote it, remove the file under ${hostDirectory}/routes; ` +
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
