// Random small programs over a few prefixes of both families, and how a person changes them between runs. Pure.
import type { Dice } from "./dice";
import type { Flavour } from "./host-facts";
import { foreignProtocol, ownProtocol, type RouteSpec } from "./routes";
import type { Program, Properties } from "./stack";

/** Stands for an address that cuts the host off, which is known only where there is a host. */
export const cutOffPrefix = "@ssh-peer";

const placeCount = 6;

function prefixAt(place: number): string {
  return place % 2 === 0 ? `2001:db8:f0:a${place}::/64` : `198.51.100.${place * 16}/28`;
}

/** There before the program: it adopts this route, and leaves it. */
const adopted: RouteSpec = {
  prefix: "203.0.113.0/24",
  device: "lo",
  table: 255,
  metric: 0,
  protocol: foreignProtocol,
};

/**
 * Other people's routes: one that may be adopted, some that differ from ours in the metric, one beside them. Some may have
 * our protocol, unless hands take our own routes away: then one that differs in the metric alone counts as ours, altered.
 */
export function chooseOthers(dice: Dice, mayHaveOurProtocol: boolean): RouteSpec[] {
  const places = Array.from({ length: placeCount }, (_, place) => place);
  const besides = dice.some(places, 0.5).map((place) => {
    const route = besideOurs(prefixAt(place), dice.pick([255, 255, 100]));
    return mayHaveOurProtocol && dice.chance(0.4) ? { ...route, protocol: ownProtocol } : route;
  });
  return [adopted, { ...adopted, prefix: "198.51.100.128/25" }, ...besides];
}

/** Someone's route with the prefix of one of ours. */
export function besideOurs(prefix: string, table: number): RouteSpec {
  return { prefix, device: "lo", table, metric: 777, protocol: foreignProtocol };
}

/** Any program: names that come and go, routes that change in place, and such as make another route necessary. */
export function chooseProgram(dice: Dice, flavour: Flavour, { adopts = true } = {}): Program {
  const program: Record<string, Properties> = {};
  for (let place = 0; place < placeCount; place++) {
    if (!dice.chance(0.6)) continue;
    // A resource under another name, without an alias, keeps its route.
    const name = `route${place}${dice.pick(["", "", "b"])}`;
    program[name] = {
      prefix: prefixAt(place),
      ...(dice.chance(0.25) ? { table: 100 } : {}),
      ...(dice.chance(0.3) ? { metric: 50 } : {}),
      ...chooseDetails(dice, flavour),
    };
  }
  if (adopts && dice.chance(0.3)) Object.assign(program, adoption(dice, flavour));
  return Object.keys(program).length > 0 ? program : chooseProgram(dice, flavour, { adopts });
}

/** A resource that adopts a route of other people's. */
export function adoption(dice: Dice, flavour: Flavour): Program {
  return { adopted: { prefix: adopted.prefix, confirmTimeout, ...choosePersist(dice, flavour) } };
}

/** Seconds; short, because a host that has been cut off waits for it, and longer than a busy machine needs. */
const confirmTimeout = 5;

/** What is changed in place. */
function chooseDetails(dice: Dice, flavour: Flavour): Properties {
  return {
    confirmTimeout,
    ...choosePersist(dice, flavour),
    ...(dice.chance(0.3) ? { protocol: 178 } : {}),
    ...(dice.chance(0.15) ? { device: "eth0" } : {}),
    ...(dice.chance(0.2) ? { onExisting: "takeOver" } : {}),
    ...(dice.chance(0.2) ? { verify: false } : {}),
  };
}

/** Left out, it is `auto`. */
function choosePersist(dice: Dice, flavour: Flavour): Properties {
  if (flavour === "root") return { persist: "none" };
  return dice.pick([
    {},
    {},
    { persist: "auto" },
    { persist: flavour },
    { persist: "none" },
    { persist: "none" },
  ]);
}

/**
 * A program that still wants each route of this one. What a run was about to make when it died, its state does not name:
 * only a program that goes on wanting it can have it completed.
 */
export function evolve(program: Program, dice: Dice, flavour: Flavour): Program {
  const kept = Object.entries(program).map(([name, args]): [string, Properties] => {
    if (name === "adopted" || !dice.chance(0.3)) return [name, args];
    const { prefix, table, metric } = args;
    return [
      name,
      {
        prefix,
        ...(table ? { table } : {}),
        ...(metric ? { metric } : {}),
        ...chooseDetails(dice, flavour),
      },
    ];
  });
  const bound = new Set(Object.values(program).map(({ prefix }) => prefix));
  const more = Object.entries(chooseProgram(dice, flavour, { adopts: false })).filter(
    ([, { prefix }]) => !bound.has(prefix) && dice.chance(0.3),
  );
  return Object.fromEntries([...kept, ...more]);
}

/** With a route that cuts the host off, its guard lifted: the host takes it back by itself. */
export function addMistake(program: Program, flavour: Flavour): Program {
  const mistake = {
    prefix: cutOffPrefix,
    allowUnsafe: ["sshPeer", "neighbor", "onLink"],
    confirmTimeout,
    persist: flavour === "root" ? "none" : "auto",
  };
  return { ...program, mistake };
}

/** Without the routes that the other program has. */
export function withoutRoutesOf(program: Program, other: Program): Program {
  const taken = new Set(Object.values(other).map(({ prefix }) => prefix));
  return Object.fromEntries(Object.entries(program).filter(([, { prefix }]) => !taken.has(prefix)));
}
