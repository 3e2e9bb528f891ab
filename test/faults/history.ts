// What a history is made of. Everything in it is chosen before it begins, so that a seed repeats it.
import type { Flavour } from "./host-facts";
import { type RouteSpec, specOf } from "./routes";
import type { Program, Properties, Verb } from "./stack";
import type { Moment } from "./tapped-link";

export const kinds = [
  "provider-killed",
  "session-killed",
  "sshd-stopped",
  "link-cut",
  "rebooted",
  "disk-full",
  "two-stacks",
  "drift",
] as const;

export type Kind = (typeof kinds)[number];

/** `memory`: what a reboot empties. `store`: what routes are restored from. */
export type Disk = "memory" | "store";

export type Fault =
  /** `sendsRest`: what is on its way reaches the host; the end comes so much later. */
  | { readonly what: "kill the provider"; readonly sendsRest: boolean; readonly delayMs: number }
  | { readonly what: "kill the ssh sessions"; readonly isHeld: boolean }
  | { readonly what: "stop sshd"; readonly endsSessions: boolean; readonly downMs: number }
  /** `reset`: both ends are told. `silence`: neither is. `port`: the host's own link, which loses packets. */
  | {
      readonly what: "cut the link";
      readonly how: "reset" | "silence" | "port";
      readonly downMs: number;
    }
  | { readonly what: "reboot"; readonly how: "orderly" | "hard" }
  | { readonly what: "fill the disk"; readonly disks: readonly Disk[]; readonly freePages: number };

/** What happens during a run; without a moment, before it begins. */
export interface Blow {
  readonly fault: Fault;
  readonly moment?: Moment;
}

/** One command of a person's. */
export interface Command {
  readonly stack: number;
  readonly verb: Verb;
  readonly program: Program;
}

/** Codes of the errors that a run must end with, by resource; nothing else may fail, and none may be missing. */
export type Refusals = Readonly<Record<string, string>>;

export type Drift =
  | { readonly what: "delete the route" }
  | { readonly what: "change the metric" }
  | { readonly what: "change the protocol" }
  | { readonly what: "change the device" }
  | { readonly what: "put a blackhole in its place" }
  | { readonly what: "delete the record" }
  | { readonly what: "cut the record" }
  | { readonly what: "edit the record into nonsense" }
  | { readonly what: "edit the record's owner" }
  | { readonly what: "make the record of a newer version" }
  | { readonly what: "put a link in the record's place" }
  | { readonly what: "add a route next to it" }
  | { readonly what: "change the record's protocol" }
  | { readonly what: "remove the restore program" }
  | { readonly what: "remove the service" }
  | { readonly what: "disable the service" }
  | { readonly what: "stop the service" };

export type Step =
  /** Commands that run at the same time, amid faults: they may fail. */
  | { readonly step: "run"; readonly commands: readonly Command[]; readonly blow?: Blow }
  /** A command that must succeed, or fail as said; then host, state and model must agree. */
  | { readonly step: "quiet run"; readonly commands: readonly Command[]; readonly refusals?: Refusals }
  | { readonly step: "by hand"; readonly drift: Drift; readonly args: Properties }
  /** Takes back what a refusal was about. */
  | { readonly step: "mend by hand"; readonly drift: Drift; readonly args: Properties }
  | { readonly step: "reboot"; readonly how: "orderly" | "hard" };

export interface History {
  readonly kind: Kind;
  readonly seed: number;
  readonly flavour: Flavour;
  /** Other people's routes, which are there before and must be there after. */
  readonly others: readonly RouteSpec[];
  readonly steps: readonly Step[];
}

/** One line a step. */
export function describeHistory({ flavour, others, steps }: History): string {
  const before = `${flavour}, others: ${others.map(describeRoute).join("; ")}`;
  return [before, ...steps.map(describeStep)].map((line, index) => `  ${index}. ${line}`).join("\n");
}

function describeStep(step: Step): string {
  switch (step.step) {
    case "run":
      return `run ${step.commands.map(describeCommand).join(" | ")} ${describeBlow(step.blow)}`.trimEnd();
    case "quiet run":
      return `quiet run ${step.commands.map(describeCommand).join(" | ")} ${describeFields(step.refusals)}`.trimEnd();
    case "by hand":
    case "mend by hand":
      return `${step.step}: ${step.drift.what}, ${describeRoute(specOf(step.args))}`;
    case "reboot":
      return `reboot, ${step.how}`;
  }
}

function describeCommand({ stack, verb, program }: Command): string {
  const resources = Object.entries(program).map(([name, args]) => `${name}(${describeFields(args)})`);
  const what = `${["first", "second"][stack]} stack ${verb}`;
  return verb.startsWith("up") ? `${what} ${resources.join(" ")}` : what;
}

function describeBlow(blow: Blow | undefined): string {
  if (!blow) return "";
  return `<- ${describeFields(blow.fault)} ${describeMoment(blow.moment)}`;
}

function describeMoment(moment: Moment | undefined): string {
  if (!moment) return "before it";
  const where = "turn" in moment ? `of turn ${moment.turn}` : moment.direction;
  return `after ${moment.bytes} bytes ${where}`;
}

function describeRoute({ prefix, device, table, metric, protocol }: RouteSpec): string {
  return `${prefix} dev ${device} table ${table} metric ${metric} proto ${protocol}`;
}

function describeFields(fields: object = {}): string {
  return Object.entries(fields)
    .map(([name, value]) => (name === "what" ? value : `${name} ${value}`))
    .join(", ");
}
