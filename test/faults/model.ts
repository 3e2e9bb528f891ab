// What a host should have: other people's routes, and a route and a record for each resource of the programs. Pure.
import { formatLine, formatRoute, hasSameKey, type RouteSpec, recordName, specOf } from "./routes";
import type { Program, StateEntry } from "./stack";

/** What is seen of a host. */
export interface World {
  /** Lines of all tables. */
  readonly routes: readonly string[];
  /** What the records say, by their files' names. */
  readonly records: ReadonlyMap<string, string>;
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

/** What the host should look like. `others` are the local routes among `otherLines` that a resource may adopt. */
export function expectWorld(
  otherLines: readonly string[],
  others: readonly RouteSpec[],
  stacks: readonly Settled[],
  machineId: string,
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
      records.set(recordName(wanted), summarize({ route: formatRoute(found ?? wanted), ...fields }));
    }
  }
  return { routes: routes.sort(), records, leftovers: [] };
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
    [...records].map(([name, text]) => `record ${name}: ${text}`);
  const [wanted, present] = [expected, seen].map(({ routes, records }) => [...routes, ...describe(records)]);
  return {
    lost: subtract(wanted ?? [], present ?? []),
    leaked: [...subtract(present ?? [], wanted ?? []), ...seen.leftovers],
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
