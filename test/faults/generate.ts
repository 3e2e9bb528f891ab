// From a kind of fault and a seed to a history. Pure: the same seed gives the same history.
import { Dice } from "./dice";
import { chooseDrifts, mendedByHand, refusalOf } from "./drifts";
import type { Blow, Disk, Drift, Fault, History, Kind, Step } from "./history";
import type { Flavour } from "./host-facts";
import { addMistake, adoption, chooseOthers, chooseProgram, evolve, withoutRoutesOf } from "./programs";
import type { Program, Verb } from "./stack";
import type { Moment } from "./tapped-link";

export function generateHistory(kind: Kind, seed: number): History {
  const dice = new Dice(seed);
  const others = chooseOthers(dice, kind !== "drift");
  const flavour = chooseFlavour(kind, dice);
  // What rebooted histories adopt has dice of its own, so that a seed from before they did repeats the rest.
  const adoptionDice = new Dice(~seed);
  return { kind, seed, flavour, others, steps: generateSteps(kind, flavour, dice, adoptionDice) };
}

/** How often routes can outlast a reboot, which takes a host that boots. */
const bootedShares: Partial<Record<Kind, number>> = { rebooted: 1, drift: 0.4, "disk-full": 0.4 };

function chooseFlavour(kind: Kind, dice: Dice): Flavour {
  return dice.chance(bootedShares[kind] ?? 0.1) ? dice.pick(["systemd", "openrc", "ifupdown"]) : "root";
}

function generateSteps(kind: Kind, flavour: Flavour, dice: Dice, adoptionDice: Dice): Step[] {
  switch (kind) {
    case "two-stacks":
      return generateRivals(flavour, dice);
    case "drift":
      return generateDrift(flavour, dice);
    default:
      return generateFaults(kind, flavour, dice, adoptionDice);
  }
}

/** Runs of one stack, amid faults. A person who sees a run fail says `up` again, at once or after some more changes. */
function generateFaults(kind: FaultKind, flavour: Flavour, dice: Dice, adoptionDice: Dice): Step[] {
  const choose = (): Program => {
    if (kind !== "rebooted") return chooseProgram(dice, flavour);
    const program = chooseProgram(dice, flavour, { adopts: false });
    return adoptionDice.chance(0.5) ? { ...program, ...adoption(adoptionDice, flavour) } : program;
  };
  const steps: Step[] = [];
  let program = choose();
  const isFirst = dice.chance(0.2);
  if (!isFirst) steps.push(...quiet("up", program));
  if (kind === "rebooted" && dice.chance(0.4)) steps.push({ step: "reboot", how: chooseReboot(dice) });
  const run = (verb: Verb): void => {
    const mistaken = dice.chance(0.2) && kind !== "rebooted" ? addMistake(program, flavour) : program;
    const command = { stack: 0, verb, program: mistaken };
    steps.push({ step: "run", commands: [command], blow: chooseBlow(kind, flavour, dice) });
  };
  if (!isFirst && dice.chance(0.15)) {
    run("destroy");
    if (dice.chance(0.5)) return [...steps, ...quiet("destroy", program)];
    program = choose();
    return [...steps, ...quiet("up --refresh", program), ...quiet("destroy", program)];
  }
  if (!isFirst) program = choose();
  run("up");
  // Without a refresh an `up` repairs what the run before was about; after more than that one looks first.
  const saysUpAgain = kind !== "rebooted" && dice.chance(0.5);
  if (!saysUpAgain) {
    for (let more = dice.below(3); more > 0; more--) {
      if (dice.chance(0.2)) run("refresh");
      program = evolve(program, dice, flavour);
      run("up");
    }
    if (dice.chance(0.5)) program = evolve(program, dice, flavour);
  }
  const verb = saysUpAgain ? "up" : "up --refresh";
  return [...steps, ...quiet(verb, program), ...quiet("destroy", program)];
}

/** Two stacks that want some of the same routes. In the end the first has what both want. */
function generateRivals(flavour: Flavour, dice: Dice): Step[] {
  let first = chooseProgram(dice, flavour);
  let second = chooseProgram(dice, flavour);
  const steps: Step[] = [];
  const rounds = 1 + dice.below(2);
  for (let round = 0; round < rounds; round++) {
    const commands = [first, second].map((program, stack) => ({ stack, verb: "up" as const, program }));
    const isKilled = dice.chance(0.5);
    steps.push({
      step: "run",
      commands,
      ...(isKilled ? { blow: chooseBlow("provider-killed", flavour, dice) } : {}),
    });
    if (round + 1 < rounds || dice.chance(0.3)) {
      first = evolve(first, dice, flavour);
      second = evolve(second, dice, flavour);
    }
  }
  second = withoutRoutesOf(second, first);
  const commands = [second, first].map((program, place) => ({ stack: 1 - place, program }));
  for (const command of commands) {
    steps.push({ step: "quiet run", commands: [{ ...command, verb: "up --refresh" }] });
  }
  return [...steps, { step: "quiet run", commands: commands.map((each) => ({ ...each, verb: "destroy" })) }];
}

/** Hands change the host between runs, each of which looks first and must put it right, or say why it does not. */
function generateDrift(flavour: Flavour, dice: Dice): Step[] {
  let program = chooseProgram(dice, flavour);
  const steps: Step[] = quiet("up", program);
  for (let round = 0; round < 2; round++) {
    const next = dice.chance(0.5) ? program : chooseProgram(dice, flavour);
    const drifts = dropFurtherRefusals(chooseDrifts(dice, flavour, program, next));
    for (const { name, drift } of drifts) {
      steps.push({ step: "by hand", drift, args: program[name] ?? {} });
    }
    const refused = drifts.filter(({ drift }) => mendedByHand(drift));
    if (refused.length > 0) steps.push(...refuse(next, refused));
    for (const { name, drift } of refused) {
      steps.push({ step: "mend by hand", drift, args: program[name] ?? {} });
    }
    program = next;
    steps.push(...quiet("up --refresh", program));
  }
  return [...steps, ...quiet("destroy", program)];
}

/** Once an `up` is refused for one resource, it starts no more: which others it still tells of is chance. */
function dropFurtherRefusals<D extends { readonly drift: Drift }>(drifts: readonly D[]): D[] {
  const isOfUp = ({ drift }: D) => refusalOf(drift)?.verb === "up --refresh";
  const first = drifts.find(isOfUp);
  return drifts.filter((each) => each === first || !isOfUp(each));
}

/** A run that says why it does not go on: the look at what is there already, if that is refused, else what follows it. */
function refuse(program: Program, refused: readonly { name: string; drift: Drift }[]): Step[] {
  const found = refused.flatMap(({ name, drift }) => {
    const refusal = refusalOf(drift);
    return refusal ? [{ name, ...refusal }] : [];
  });
  const verb = found.some((refusal) => refusal.verb === "refresh") ? "refresh" : "up --refresh";
  const refusals = found.filter((refusal) => refusal.verb === verb).map(({ name, code }) => [name, code]);
  const commands = [{ stack: 0, verb, program } as const];
  return [{ step: "quiet run", commands, refusals: Object.fromEntries(refusals) }];
}

function quiet(verb: Verb, program: Program): Step[] {
  return [{ step: "quiet run", commands: [{ stack: 0, verb, program }] }];
}

type FaultKind = Exclude<Kind, "two-stacks" | "drift">;

function chooseBlow(kind: FaultKind, flavour: Flavour, dice: Dice): Blow {
  const fault = chooseFault(kind, flavour, dice);
  const canComeBefore = ["sshd-stopped", "link-cut", "disk-full"].includes(kind);
  return canComeBefore && dice.chance(0.15) ? { fault } : { fault, moment: chooseMoment(dice) };
}

function chooseFault(kind: FaultKind, flavour: Flavour, dice: Dice): Fault {
  switch (kind) {
    case "provider-killed":
      return {
        what: "kill the provider",
        sendsRest: dice.chance(0.5),
        delayMs: dice.pick([0, 0, 5, 20, 60]),
      };
    case "session-killed":
      return { what: "kill the ssh sessions", isHeld: dice.chance(0.7) };
    case "sshd-stopped":
      return { what: "stop sshd", endsSessions: dice.chance(0.7), downMs: 200 + dice.below(2500) };
    case "link-cut": {
      const how = dice.pick(["reset", "reset", "silence", "port"]);
      return {
        what: "cut the link",
        how,
        downMs: how === "reset" ? dice.below(1500) : 300 + dice.below(6000),
      };
    }
    case "rebooted":
      return { what: "reboot", how: chooseReboot(dice) };
    case "disk-full":
      return {
        what: "fill the disk",
        disks: chooseDisks(flavour, dice),
        freePages: dice.pick([0, 0, 1, 2, 3, 5]),
      };
  }
}

function chooseDisks(flavour: Flavour, dice: Dice): readonly Disk[] {
  if (flavour === "root") return ["memory"];
  return dice.pick<readonly Disk[]>([["memory"], ["store"], ["store"], ["memory", "store"]]);
}

function chooseReboot(dice: Dice): "orderly" | "hard" {
  return dice.pick(["hard", "hard", "orderly"]);
}

/** How many bytes a run that changes a few routes exchanges, and how many of them before it is logged in. */
const usualBytes = { toHost: { login: 2100, all: 9000 }, fromHost: { login: 2700, all: 7500 } };
/** In which turns such a run asks for its shell, looks, changes, is asked to confirm, does, and hears of it. */
const usualTurns = { first: 17, count: 12 };

/** Any byte, most of them behind the login; or any turn, because the shortest part matters most: the confirmation. */
function chooseMoment(dice: Dice): Moment {
  if (dice.chance(0.5)) {
    const bytes = dice.pick([0, dice.below(90), dice.below(400), dice.below(2000)]);
    return { turn: usualTurns.first + dice.below(usualTurns.count), bytes };
  }
  const direction = dice.pick(["toHost", "fromHost"]);
  const { login, all } = usualBytes[direction];
  const bytes = dice.chance(0.12) ? dice.below(login) : login + dice.below(all - login);
  return { direction, bytes };
}
