// What hands do to a host between runs, as shell text, and what a run should say of it. Pure.

import type { Dice } from "./dice";
import type { Drift } from "./history";
import { type Flavour, restoreProgram, type Service, services } from "./host-facts";
import { besideOurs } from "./programs";
import { formatCommand, isIpv6, persists, type RouteSpec, recordPath, specOf } from "./routes";
import type { Program, Properties, Verb } from "./stack";

type What = Drift["what"];

interface Kind {
  /** Shell text. `file` is the route's record. */
  readonly apply: (route: RouteSpec, file: string, flavour: Flavour) => readonly string[];
  /** How a run must refuse it, and what a person then does. Without it a run puts it right. */
  readonly refused?: {
    readonly verb: "refresh" | "up --refresh";
    readonly code: string;
    readonly mend: (route: RouteSpec, file: string) => readonly string[];
  };
  /**
   * What the next program must be like: `same` to this resource; or `named`: under another name it has not this route. Or
   * `service`: the host is to restore this route.
   */
  readonly needs?: "same" | "named" | "service";
}

const unreadable: Pick<Kind, "refused" | "needs"> = {
  refused: {
    verb: "refresh",
    code: "RECORD_UNREADABLE",
    mend: (_route, file) => [`rm -f '${file}' '${file}.elsewhere'`],
  },
  needs: "named",
};

/** Damage to what restores routes: all that the host is to restore are concerned. */
function damage(format: (service: Service) => string): Kind {
  return {
    apply: (_route, _file, flavour) => (flavour === "root" ? [] : [format(services[flavour])]),
    needs: "service",
  };
}

function exchange(route: RouteSpec, other: RouteSpec): string[] {
  return [formatCommand("del", route), formatCommand("add", other)];
}

function blackhole(verb: "add" | "del", route: RouteSpec): string {
  const { prefix, table, metric } = route;
  return `ip ${isIpv6(route) ? "-6" : "-4"} route ${verb} blackhole ${prefix} table ${table} metric ${metric}`;
}

const drifts: Readonly<Record<What, Kind>> = {
  "delete the route": { apply: (route) => [formatCommand("del", route)] },
  "change the metric": { apply: (route) => exchange(route, { ...route, metric: 7 }) },
  "change the protocol": { apply: (route) => exchange(route, { ...route, protocol: 99 }) },
  "change the device": {
    apply: (route) => exchange(route, { ...route, device: route.device === "lo" ? "eth0" : "lo" }),
  },
  "put a blackhole in its place": {
    apply: (route) => [formatCommand("del", route), blackhole("add", route)],
    refused: { verb: "up --refresh", code: "ROUTE_CONFLICT", mend: (route) => [blackhole("del", route)] },
    needs: "same",
  },
  // Only the record could say that a resource with another name is the same.
  "delete the record": { apply: (_route, file) => [`rm '${file}'`], needs: "named" },
  "cut the record": { apply: (_route, file) => [`truncate -s 40 '${file}'`], ...unreadable },
  "edit the record into nonsense": {
    apply: (_route, file) => [`sed -i 's/^owner .*/owner/' '${file}'`],
    ...unreadable,
  },
  "edit the record's owner": {
    apply: (_route, file) => [`sed -i 's,^owner ,&other,; s,^token ,&other-,' '${file}'`],
    refused: {
      verb: "up --refresh",
      code: "ROUTE_CONFLICT",
      mend: (_route, file) => [`sed -i 's,^owner other,owner ,; s,^token other-,token ,' '${file}'`],
    },
    needs: "same",
  },
  "make the record of a newer version": {
    apply: (_route, file) => [`sed -i 's/^pulumi-anyip .*/pulumi-anyip 99/' '${file}'`],
    ...unreadable,
  },
  "put a link in the record's place": {
    apply: (_route, file) => [`mv '${file}' '${file}.elsewhere'`, `ln -s '${file}.elsewhere' '${file}'`],
    ...unreadable,
  },
  "add a route next to it": {
    apply: ({ prefix, table }) => [formatCommand("add", addedNextTo(prefix, table))],
  },
  "change the record's protocol": {
    apply: (_route, file) => [`sed -i 's/ proto [0-9]* / proto 99 /' '${file}'`],
  },
  "remove the restore program": damage(() => `rm -f ${restoreProgram}`),
  "remove the service": damage(({ file }) => `rm -f ${file}`),
  "disable the service": damage(({ disableCommand }) => disableCommand),
  "stop the service": damage(({ stopCommand }) => stopCommand),
};

/** Someone else's route, which stays. */
export function addedNextTo(prefix: string, table: number): RouteSpec {
  return { ...besideOurs(prefix, table), metric: 778 };
}

/** Shell text that does it to what a resource with these arguments has. */
export function formatDrift({ what }: Drift, args: Properties, flavour: Flavour): string {
  return drifts[what].apply(specOf(args), recordPath(args), flavour).join("\n");
}

/** Shell text that takes back what a refusal was about. */
export function formatMending({ what }: Drift, args: Properties): string {
  return drifts[what].refused?.mend(specOf(args), recordPath(args)).join("\n") ?? "";
}

export function mendedByHand({ what }: Drift): boolean {
  return drifts[what].refused !== undefined;
}

export function refusalOf({ what }: Drift): { readonly verb: Verb; readonly code: string } | undefined {
  return drifts[what].refused;
}

/** One for some of the resources that the program has made; what they adopted is not theirs. */
export function chooseDrifts(
  dice: Dice,
  flavour: Flavour,
  program: Program,
  next: Program,
): { readonly name: string; readonly drift: Drift }[] {
  const names = Object.keys(program).filter((name) => name !== "adopted");
  return dice.some(names, 0.5).map((name) => {
    const whats = Object.keys(drifts) as [What, ...What[]];
    const possible = whats.filter((what) => isFit(drifts[what].needs, name, program, next, flavour));
    return { name, drift: { what: dice.pick(possible as [What, ...What[]]) } };
  });
}

function isFit(
  needs: Kind["needs"],
  name: string,
  program: Program,
  next: Program,
  flavour: Flavour,
): boolean {
  const [now, then] = [program[name] ?? {}, next[name]];
  const isSame = JSON.stringify(now) === JSON.stringify(then);
  const isRenamed = !then && Object.values(next).some(({ prefix }) => prefix === now.prefix);
  switch (needs) {
    case "same":
      return isSame;
    case "named":
      return !isRenamed;
    case "service":
      return flavour !== "root" && persists(now);
    default:
      return true;
  }
}
