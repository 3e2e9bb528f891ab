// What a host should have: other people's routes, and a route and a record for each resource of the programs. Pure.
import { type Flavour, serviceParts } from "./host-facts";
import {
  formatLine,
  formatRoute,
  hasSameKey,
  lineOf,
  persists,
  type RouteSpec,
  recordPath,
  specOf,
} from "./routes";
import type { Program, StateEntry } from "./stack";

/** What is seen of a host. */
export interface World {
  /** Lines of all tables. */
  readonly routes: readonly string[];
  /** What the records say, by their files' paths. */
  readonly records: ReadonlyMap<string, string>;
  /** What restores routes after a reboot: its files and processes. */
  readonly service: readonly string[];
  /** What is in the provider's own directories besides, those that should not be there, and processes of its runs. */
  readonly leftovers: readonly string[];
}

/** A stack's program beside its state, after a run without a fault. */
export interface Settled {
  readonly owner: string;
  readonly program: Program;
  readonly entries: readonly StateEntry[];
}

export interface Differences {
  readonly lost: readonly string[];
  readonly leaked: readonly string[];
}

/** Where it is, and who it is. */
export interface Place {
  readonly flavour: Flavour;
  readonly machineId: string;
}

/** What the host should look like. `others` are the local routes among `otherLines` that a resource may adopt. */
export function expectWorld(
  otherLines: readonly string[],
  others: readonly RouteSpec[],
  stacks: readonly Settled[],
  { flavour, machineId }: Place,
): World {
  const routes = [...otherLines];
  const records = new Map<string, string>();
  for (const { owner, program, entries } of stacks) {
    for (const [name, args] of Object.entries(program)) {
      const wanted = specOf(args);
      const found = others.find((other) => hasSameKey(other, wanted));
      if (!found) routes.push(formatLine(wanted));
      const id = entries.find((entry) => entry.name === name && !entry.isCondemned)?.id;
      const origin = found ? "adopted" : "created";
      const fields = { owner: `${owner}/${name}`, origin, token: id, machine: machineId };
      records.set(recordPath(args), summarize({ route: formatRoute(found ?? wanted), ...fields }));
    }
  }
  const isServed = stacks.some(({ program }) => Object.values(program).some(persists));
  return {
    routes: routes.sort(),
    records,
    service: isServed ? serviceParts(flavour) : [],
    leftovers: [],
  };
}

/** As it is after a reboot: what does not persist is gone. */
export function dropVolatile(settled: Settled): Settled {
  const kept = Object.entries(settled.program).filter(([, args]) => persists(args));
  return { ...settled, program: Object.fromEntries(kept) };
}

/** Of other people's routes, a reboot leaves those that a resource has adopted, if that persists. */
export function keepRestored(others: readonly RouteSpec[], stacks: readonly Settled[]): RouteSpec[] {
  const restored = stacks.flatMap(({ program }) => Object.values(program).filter(persists).map(specOf));
  return others.filter((other) => restored.some((route) => hasSameKey(other, route)));
}

/** After a reboot, whatever was under way when it came: what is on record is there, and of ours nothing else. */
export function compareRecordsWithRoutes(
  { routes, records }: World,
  isOthers: (line: string) => boolean,
): Differences {
  const recorded = [...records.values()].map(lineOf);
  return {
    lost: subtract(recorded, routes).map((line) => `${line}, which is on record`),
    leaked: subtract(routes, recorded)
      .filter((line) => !isOthers(line))
      .map((line) => `${line}, without a record`),
  };
}

/**
 * What a run was told is done is there after a reboot. `isInDoubt` where the last word about a prefix was none. A route that
 * may have been adopted, from `others`, is as its record says.
 */
export function compareConfirmed(
  { routes, records }: World,
  entries: readonly StateEntry[],
  isInDoubt: (prefix: unknown) => boolean,
  others: readonly RouteSpec[],
): Differences {
  const confirmed = entries.filter(
    ({ inputs, isCondemned }) =>
      !isCondemned &&
      persists(inputs) &&
      !isInDoubt(inputs.prefix) &&
      entries.filter((other) => other.inputs.prefix === inputs.prefix).length === 1,
  );
  const wanted = confirmed.flatMap(({ inputs }) => {
    const route = specOf(inputs);
    const mayBeAdopted = others.some((other) => hasSameKey(other, route));
    return mayBeAdopted ? [recordPath(inputs)] : [formatLine(route), recordPath(inputs)];
  });
  const lost = subtract(wanted, [...routes, ...records.keys()]);
  return { lost: lost.map((what) => `${what}, which was confirmed`), leaked: [] };
}

/** The fields of a record's text that matter here. */
export function readRecord(text: string): string {
  const field = (name: string) => new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
  const names = ["route", "owner", "origin", "token", "machine"];
  return summarize(Object.fromEntries(names.map((name) => [name, field(name)])));
}

function summarize(fields: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

export function compareWorlds(expected: World, seen: World): Differences {
  const describe = (records: ReadonlyMap<string, string>) =>
    [...records].map(([path, text]) => `record ${path}: ${text}`);
  const [wanted, present] = [expected, seen].map(({ routes, records, service }) => [
    ...routes,
    ...describe(records),
    ...service,
  ]);
  return {
    lost: subtract(wanted ?? [], present ?? []),
    leaked: [...subtract(present ?? [], wanted ?? []), ...subtract(seen.leftovers, expected.leftovers)],
  };
}

/** A state that a successful run leaves has a resource for each of the program, and no other. */
export function compareState({ owner, program, entries }: Settled): Differences {
  const wanted = Object.keys(program);
  const present = entries.map(({ name, isCondemned }) => (isCondemned ? `${name} (to be deleted)` : name));
  const inState = (name: string) => `${owner}/${name} in the state`;
  return {
    lost: subtract(wanted, present).map(inState),
    leaked: subtract(present, wanted).map(inState),
  };
}

/** What is in `all` more often than in `some`. */
function subtract(all: readonly string[], some: readonly string[]): string[] {
  const left = [...some];
  return all.filter((item) => {
    const index = left.indexOf(item);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
