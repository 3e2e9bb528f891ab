// Plays one history on one host and judges what has become of it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../sandbox";
import { addedNextTo, formatDrift, formatMending } from "./drifts";
import type { Blow, Command, Fault, History, Refusals, Step } from "./history";
import { hostFacts } from "./host-facts";
import { compareState, compareWorlds, type Differences, expectWorld, type World } from "./model";
import { canBeReached, observeWorld } from "./observe";
import { cutOffPrefix } from "./programs";
import { ProviderChild } from "./provider-child";
import { formatCommand, formatLine, type RouteSpec, specOf } from "./routes";
import { type Failure, type Program, type Properties, Stack } from "./stack";
import { mountDisk, strike, unmountDisk } from "./strike";
import { TappedLink } from "./tapped-link";

/** A host that histories are played on, one after the other. */
export interface Stage {
  readonly host: Host;
  /** Properties of a connection, without where it leads. */
  readonly login: Readonly<Record<string, unknown>>;
  /** Where its ssh comes from. */
  readonly sshPeer: string;
  readonly machineId: string;
}

/** What came of a history. */
export interface Verdict {
  readonly lockouts: readonly string[];
  readonly lost: readonly string[];
  readonly leaked: readonly string[];
  /** What struck or was done by hand, in words. */
  readonly struck: readonly string[];
  /** How many of those came while a create, update or delete was under way. */
  readonly amidChanges: number;
  /** What each step came to. */
  readonly log: readonly string[];
}

/** What a host may take to end what it is at: a change that nobody confirms, and a shell that nobody talks to. */
const settleMs = 15_000;
const owners = ["shop/prod", "blog/prod"];

/** Never rejects: what fails the history is in the verdict, or is the host's end. */
export async function playHistory(stage: Stage, history: History): Promise<Verdict> {
  const play = await Play.begin(stage, history);
  try {
    await play.run();
  } catch (error) {
    play.lost.push(`the history could not be played: ${error instanceof Error ? error.stack : error}`);
  } finally {
    play.end();
  }
  return play;
}

/** A stack, and what its last program that succeeded asks for. */
interface Side {
  readonly stack: Stack;
  program: Program;
  isSettled: boolean;
}

class Play implements Verdict {
  readonly lockouts: string[] = [];
  readonly lost: string[] = [];
  readonly leaked: string[] = [];
  readonly struck: string[] = [];
  readonly log: string[] = [];
  amidChanges = 0;
  private readonly stacks: Side[] = owners.map((owner) => ({
    stack: new Stack(owner),
    program: {},
    isSettled: true,
  }));
  private others: RouteSpec[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly history: History,
    /** One for each stack, so that each run can be cut by itself. */
    private readonly links: readonly TappedLink[],
    private readonly untouched: readonly string[],
  ) {}

  static async begin(stage: Stage, history: History): Promise<Play> {
    const links = await Promise.all(owners.map(() => TappedLink.open(stage.host)));
    const { routes } = await observeWorld(stage.host);
    return new Play(stage, history, links, routes);
  }

  end(): void {
    for (const link of this.links) link.close();
  }

  async run(): Promise<void> {
    const { host } = this.stage;
    const { kind, others, steps } = this.history;
    await this.addOthers(others);
    if (kind === "disk-full") await mountDisk(host);
    for (const [index, step] of steps.entries()) {
      const outcome = await this.take(step);
      this.log.push(`${index + 1}. ${step.step}: ${outcome || "done"}`);
      if (this.lockouts.length + this.lost.length + this.leaked.length > 0) return;
    }
    if (kind === "disk-full") await unmountDisk(host);
    await this.byHand(this.others.map((route) => formatCommand("del", route)).join("\n"));
    const nothing: World = { routes: this.untouched, records: new Map(), leftovers: [] };
    this.judge(compareWorlds(nothing, await observeWorld(host)));
  }

  private async take(step: Step): Promise<string> {
    switch (step.step) {
      case "run":
        return await this.takeRun(step.commands, step.blow);
      case "quiet run":
        return await this.takeQuietRun(step.commands, step.refusals ?? {});
      case "by hand":
        await this.byHand(formatDrift(step.drift, step.route));
        this.struck.push(step.drift.what);
        if (step.drift.what === "add a route next to it") {
          this.others.push(addedNextTo(step.route.prefix, step.route.table));
        }
        return step.drift.what;
      case "mend by hand":
        await this.byHand(formatMending(step.drift, step.route));
        return step.drift.what;
      case "reboot":
        await this.stage.host.reboot(step.how);
        this.others = [];
        this.struck.push("reboot between runs");
        await this.compareAfterReboot();
        return step.how;
    }
  }

  /** Before any run has looked. */
  private async compareAfterReboot(): Promise<void> {
    if (!hostFacts.survivesReboot) {
      return this.compare({ routes: this.untouched, records: new Map(), leftovers: [] });
    }
    if (this.isCalm) await this.compare(this.expectSettled());
  }

  private async addOthers(routes: readonly RouteSpec[]): Promise<void> {
    await this.byHand(routes.map((route) => formatCommand("add", route)).join("\n"));
    this.others.push(...routes);
  }

  private async byHand(script: string): Promise<void> {
    await this.stage.host.execOrThrow(["sh", "-ec", script]);
  }

  /** The commands, all at once; the blow falls on the first. */
  private async takeRun(commands: readonly Command[], blow: Blow | undefined): Promise<string> {
    for (const { stack } of commands) this.unsettle(stack);
    const { host } = this.stage;
    const early = blow && !blow.moment ? blow.fault : undefined;
    const runs: Run[] = [];
    const strikes: Promise<() => Promise<void>>[] = [];
    const fall = (fault: Fault, { link, provider }: Run): void => {
      this.struck.push(fault.what);
      if (provider.isChanging) this.amidChanges++;
      if (fault.what === "reboot") this.others = [];
      strikes.push(strike(fault, { host, link, provider }));
    };
    for (const command of commands) {
      const run = this.start(command);
      runs.push(run);
      if (run !== runs[0] || !blow) continue;
      if (early) fall(early, run);
      else if (blow.moment) run.link.expect(blow.moment, () => fall(blow.fault, run));
    }
    if (runs.length > 1) void this.noteMeeting(runs);
    const outcomes = await this.finish(runs);
    for (const { link } of runs) link.forget();
    for (const lift of await Promise.all(strikes)) await lift();
    for (const { link } of runs) link.restore();
    if (!(await canBeReached(host))) this.lockouts.push("nobody answers at the host's ssh port");
    for (const { failures } of outcomes) this.judgeFailures(failures, commands.length > 1);
    return outcomes.map(({ failures }) => describeFailures(failures)).join(" | ");
  }

  /** When the first of them ends, is another amid its changes? */
  private async noteMeeting(runs: readonly Run[]): Promise<void> {
    await Promise.race(runs.map(({ failures }) => failures));
    if (!runs.some(({ provider }) => provider.isChanging)) return;
    this.struck.push("another run");
    this.amidChanges++;
  }

  private unsettle(stack: number): void {
    const side = this.stacks[stack];
    if (side) side.isSettled = false;
  }

  /** Amid faults a run may fail, but not by a word that blames somebody who has nothing to do with it. */
  private judgeFailures(failures: readonly Failure[], hasRival: boolean): void {
    for (const { name, code, message } of failures) {
      const isConflict = code === "ROUTE_CONFLICT" && !hasRival;
      if (code === undefined || isConflict || code === "RECORD_UNREADABLE" || code === "STATE_UNREADABLE") {
        this.lost.push(`${name}: ${message}`);
      }
    }
  }

  private async takeQuietRun(commands: readonly Command[], refusals: Refusals): Promise<string> {
    const before = await this.observe();
    const wasCalm = this.isCalm;
    const outcomes = await this.finish(commands.map((command) => this.start(command)));
    for (const { command, failures } of outcomes) {
      this.judgeRefusals(failures, refusals);
      if (failures.length === 0) this.settle(command);
    }
    const isLook = commands.every(({ verb }) => verb === "refresh");
    if (isLook && wasCalm) await this.compare(before);
    else if (Object.keys(refusals).length > 0) await this.compareRefused(commands, refusals, before);
    else if (this.isCalm) await this.compare(this.expectSettled());
    return outcomes.map(({ failures }) => describeFailures(failures)).join(" | ");
  }

  /** From a success on, a stack is what its program says, until something happens. */
  private settle({ stack, verb, program }: Command): void {
    const side = this.stacks[stack];
    if (!side || verb === "refresh") return;
    side.program = verb === "destroy" ? {} : program;
    side.isSettled = true;
    this.judge(compareState({ owner: side.stack.owner, program: side.program, entries: side.stack.entries }));
  }

  /** True while nothing is under way on the host, and what the programs want is there. */
  private get isCalm(): boolean {
    return this.stacks.every(({ isSettled }) => isSettled);
  }

  private judgeRefusals(failures: readonly Failure[], refusals: Refusals): void {
    for (const { name, code, message } of failures) {
      if (refusals[name] !== undefined && refusals[name] === code) continue;
      if (code === "HOST_UNREACHABLE") this.lockouts.push(message);
      else this.lost.push(`${name}: refused without a reason: ${message}`);
    }
    for (const [name, code] of Object.entries(refusals)) {
      if (!failures.some((failure) => failure.name === name)) this.lost.push(`${name}: no ${code}`);
    }
  }

  /** What was refused must be as it was. */
  private async compareRefused(
    commands: readonly Command[],
    refusals: Refusals,
    before: World,
  ): Promise<void> {
    const programs = commands.map(({ program }) => program);
    const prefixes = Object.keys(refusals).flatMap((name) =>
      programs.flatMap((program) => (program[name] ? [specOf(program[name]).prefix] : [])),
    );
    const isAbout = (text: string) =>
      prefixes.some(
        (prefix) => text.includes(` ${prefix} `) || text.startsWith(`${prefix.replace("/", "_")}-`),
      );
    const about = ({ routes, records }: World): World => ({
      routes: routes.filter(isAbout),
      records: new Map([...records].filter(([name]) => isAbout(name))),
      leftovers: [],
    });
    this.judge(compareWorlds(about(before), about(await this.observe())));
  }

  private expectSettled(): World {
    const settled = this.stacks.map(({ stack, program }) => ({
      owner: stack.owner,
      program,
      entries: stack.entries,
    }));
    const lines = [...this.untouched, ...this.others.map(formatLine)];
    return expectWorld(lines, this.others, settled, this.stage.machineId);
  }

  private observe(): Promise<World> {
    const isMounted = this.history.kind === "disk-full";
    return observeWorld(this.stage.host, isMounted ? [hostFacts.diskDirectory] : []);
  }

  /** The host has some time to end what it is at. */
  private async compare(expected: World): Promise<void> {
    const deadline = performance.now() + settleMs;
    for (;;) {
      const differences = compareWorlds(expected, await this.observe());
      const isSame = differences.lost.length + differences.leaked.length === 0;
      if (isSame || performance.now() > deadline) return this.judge(differences);
      await sleep(100);
    }
  }

  private judge({ lost, leaked }: Differences): void {
    this.lost.push(...lost);
    this.leaked.push(...leaked);
  }

  private start(command: Command): Run {
    const link = this.links[command.stack];
    const side = this.stacks[command.stack];
    if (!link || !side) throw new Error(`there is no stack ${command.stack}`);
    const provider = new ProviderChild();
    const connection = { ...this.stage.login, host: "127.0.0.1", port: link.port };
    const program = Object.fromEntries(
      Object.entries(command.program).map(([name, args]) => [name, { ...this.place(args), connection }]),
    );
    return { command, link, provider, failures: side.stack.run(command.verb, program, provider) };
  }

  private place(args: Properties): Properties {
    return args.prefix === cutOffPrefix ? { ...args, prefix: `${this.stage.sshPeer}/32` } : args;
  }

  private async finish(runs: readonly Run[]): Promise<{ command: Command; failures: Failure[] }[]> {
    return await Promise.all(
      runs.map(async ({ command, provider, failures }) => {
        const outcome = { command, failures: await failures };
        if (provider.crash !== undefined) this.lost.push(provider.crash);
        await provider.kill();
        return outcome;
      }),
    );
  }
}

/** A command under way. */
interface Run {
  readonly command: Command;
  readonly link: TappedLink;
  readonly provider: ProviderChild;
  readonly failures: Promise<Failure[]>;
}

function describeFailures(failures: readonly Failure[]): string {
  return failures.map(({ name, code, message }) => `${name} ${code ?? message}`).join(", ");
}
