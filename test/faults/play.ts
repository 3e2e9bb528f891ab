// Plays one history on one host and judges what has become of it.
import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "../../sandbox";
import { addedNextTo, formatDrift, formatMending } from "./drifts";
import type { Blow, Command, Fault, History, Refusals, Step } from "./history";
import { isOfService, ownDirectories } from "./host-facts";
import {
  compareConfirmed,
  compareRecordsWithRoutes,
  compareState,
  compareWorlds,
  type Differences,
  dropVolatile,
  expectWorld,
  keepRestored,
  type Settled,
  type World,
} from "./model";
import { canBeReached, findIdleWatcher, observeWorld } from "./observe";
import { cutOffPrefix } from "./programs";
import { ProviderChild } from "./provider-child";
import { formatCommand, formatLine, persists, type RouteSpec, specOf } from "./routes";
import { type Failure, type Program, type Properties, Stack } from "./stack";
import { mountDisks, strike, unmountDisks } from "./strike";
import { TappedLink } from "./tapped-link";
import { Verdict } from "./verdict";

/** A host that histories are played on, one after the other. */
export interface Stage {
  readonly host: Host;
  /** Properties of a connection, without where it leads. */
  readonly login: Readonly<Record<string, unknown>>;
  /** Where its ssh comes from. */
  readonly sshPeer: string;
  readonly machineId: string;
}

/** What a host may take to end what it is at: a change that nobody confirms, and a shell that nobody talks to. */
const settleMs = 15_000;
const owners = ["shop/prod", "blog/prod"];

/** Never rejects: whatever goes wrong is in the verdict. */
export async function playHistory(stage: Stage, history: History): Promise<Verdict> {
  const verdict = new Verdict(history.kind);
  try {
    await Play.play(stage, history, verdict);
  } catch (error) {
    verdict.lost.push(`the history could not be played: ${error instanceof Error ? error.stack : error}`);
  }
  return verdict;
}

/** A stack, and what its last program that succeeded asks for. */
interface Side {
  readonly stack: Stack;
  program: Program;
  isSettled: boolean;
}

class Play {
  private readonly sides: Side[] = owners.map((owner) => ({
    stack: new Stack(owner),
    program: {},
    isSettled: true,
  }));
  private others: RouteSpec[] = [];
  /** Directories that have a disk of their own. */
  private disks: readonly string[] = [];
  /** Prefixes of operations that have failed amid a fault: what became of those, nobody has said. */
  private readonly inDoubt = new Set<unknown>();
  /** A reboot came when the service may just have come or gone: what is left of it and does not start, the next run removes. */
  private isRemovalCut = false;
  /** Until a run has put it right. */
  private isServiceStopped = false;

  private constructor(
    private readonly stage: Stage,
    private readonly history: History,
    private readonly verdict: Verdict,
    /** One for each stack, so that each run can be cut by itself. */
    private readonly links: readonly TappedLink[],
    private readonly untouched: World,
  ) {}

  static async play(stage: Stage, history: History, verdict: Verdict): Promise<void> {
    const untouched = await observeWorld(stage.host, history.flavour);
    const links = await Promise.all(owners.map(() => TappedLink.open(stage.host)));
    try {
      await new Play(stage, history, verdict, links, untouched).run();
    } finally {
      for (const link of links) link.close();
    }
  }

  private async run(): Promise<void> {
    const { host } = this.stage;
    const { kind, flavour, others, steps } = this.history;
    await this.byHand(others.map((route) => formatCommand("add", route)).join("\n"));
    this.others = [...others];
    if (kind === "disk-full") this.disks = ownDirectories(flavour);
    await mountDisks(host, this.disks);
    for (const [index, step] of steps.entries()) {
      const outcome = await this.take(step);
      this.verdict.log.push(`${index + 1}. ${step.step}: ${outcome || "done"}`);
      if (this.verdict.hasFailed) return;
    }
    await unmountDisks(host, this.disks);
    this.disks = [];
    await this.byHand(this.others.map((route) => formatCommand("del", route)).join("\n"));
    await this.compare(this.untouched);
  }

  private async take(step: Step): Promise<string> {
    switch (step.step) {
      case "run":
        return await this.takeRun(step.commands, step.blow);
      case "quiet run":
        return await this.takeQuietRun(step.commands, step.refusals ?? {});
      case "by hand":
        await this.waitForWatcher();
        await this.byHand(formatDrift(step.drift, step.args, this.history.flavour));
        this.verdict.struck.push(step.drift.what);
        if (step.drift.what === "stop the service") this.isServiceStopped = true;
        if (step.drift.what === "add a route next to it") {
          const { prefix, table } = specOf(step.args);
          this.others.push(addedNextTo(prefix, table));
        }
        return step.drift.what;
      case "mend by hand":
        await this.byHand(formatMending(step.drift, step.args));
        return step.drift.what;
      case "reboot":
        await this.stage.host.reboot(step.how);
        this.others = keepRestored(this.others, this.sides.map(describeSide));
        this.verdict.struck.push("reboot between runs");
        await this.compareAfterReboot();
        return step.how;
    }
  }

  /** Before any run has looked. */
  private async compareAfterReboot(): Promise<void> {
    if (this.isCalm) await this.compare(this.expectWorld(this.sides.map(describeSide).map(dropVolatile)));
  }

  /** After one amid a run, which may have gone on: what is done is done, what is not is not, and nothing is halfway. */
  private async compareAfterFault(): Promise<void> {
    const entries = this.sides.flatMap(({ stack }) => stack.entries);
    const { others } = this.history;
    // What was adopted and restored stays when its resource goes.
    const isOthers = (line: string) => [...this.untouched.routes, ...others.map(formatLine)].includes(line);
    await this.compareUntilSame((world) => {
      const whole = compareRecordsWithRoutes(world, isOthers);
      const confirmed = compareConfirmed(world, entries, (prefix) => this.inDoubt.has(prefix), others);
      const leftovers = world.leftovers.filter((what) => !isOfService(what));
      return { lost: [...whole.lost, ...confirmed.lost], leaked: [...whole.leaked, ...leftovers] };
    });
  }

  /** What has just been installed restores once; hands that come earlier may be too early. */
  private async waitForWatcher(): Promise<void> {
    const { host } = this.stage;
    const deadline = performance.now() + settleMs;
    let idle: string | undefined;
    while (this.expectSettled().service.length > 0 && !this.isServiceStopped) {
      const before = idle;
      idle = findIdleWatcher(host);
      if ((idle !== undefined && idle === before) || performance.now() > deadline) return;
      await sleep(300);
    }
  }

  private async byHand(script: string): Promise<void> {
    await this.stage.host.execOrThrow(["sh", "-ec", script]);
  }

  /** The commands, all at once; the blow falls on the first. */
  private async takeRun(commands: readonly Command[], blow: Blow | undefined): Promise<string> {
    for (const { stack } of commands) this.unsettle(stack);
    const { host } = this.stage;
    const { kind, others } = this.history;
    const early = blow && !blow.moment ? blow.fault : undefined;
    const runs: Run[] = [];
    const strikes: Promise<() => Promise<void>>[] = [];
    const fall = (fault: Fault, { link, provider }: Run): void => {
      this.verdict.struck.push(fault.what);
      if (provider.isChanging) this.verdict.amidChanges++;
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
    if (!(await canBeReached(host))) this.verdict.lockouts.push("nobody answers at the host's ssh port");
    for (const { command, failures } of outcomes) {
      this.verdict.judgeStruckRun(failures);
      this.doubt(command, failures);
    }
    if (blow?.fault.what === "reboot" && strikes.length > 0) {
      this.isRemovalCut = !this.sides.some(({ stack }) =>
        stack.entries.some(({ inputs }) => persists(inputs)),
      );
      await this.compareAfterFault();
    }
    if (kind === "rebooted") {
      const { routes } = await this.observe();
      this.others = others.filter((other) => routes.includes(formatLine(other)));
    }
    return outcomes.map(({ failures }) => describeFailures(failures)).join(" | ");
  }

  private doubt({ stack, program }: Command, failures: readonly Failure[]): void {
    for (const { name } of failures) {
      const entries = this.sides[stack]?.stack.entries ?? [];
      const known = entries.flatMap((entry) => (entry.name === name ? [entry.inputs] : []));
      for (const { prefix } of [...known, program[name] ?? {}]) this.inDoubt.add(prefix);
    }
  }

  /** When the first of them ends, is another amid its changes? */
  private async noteMeeting(runs: readonly Run[]): Promise<void> {
    await Promise.race(runs.map(({ failures }) => failures));
    if (!runs.some(({ provider }) => provider.isChanging)) return;
    this.verdict.struck.push("another run");
    this.verdict.amidChanges++;
  }

  private unsettle(stack: number): void {
    const side = this.sides[stack];
    if (side) side.isSettled = false;
  }

  private async takeQuietRun(commands: readonly Command[], refusals: Refusals): Promise<string> {
    const before = await this.observe();
    const wasCalm = this.isCalm;
    const outcomes = await this.finish(commands.map((command) => this.start(command)));
    for (const { command, failures } of outcomes) {
      this.verdict.judgeQuietRun(failures, refusals);
      if (failures.length === 0) this.settle(command);
    }
    const isLook = commands.every(({ verb }) => verb === "refresh");
    if (isLook && wasCalm) await this.compare(before);
    else if (Object.keys(refusals).length > 0) {
      const resources = commands.flatMap(({ program }) => Object.entries(program));
      const refused = resources.filter(([name]) => refusals[name] !== undefined);
      const prefixes = refused.map(([, args]) => specOf(args).prefix);
      this.verdict.judgeRefused(prefixes, before, await this.observe());
    } else if (this.isCalm) await this.compare(this.expectSettled());
    return outcomes.map(({ failures }) => describeFailures(failures)).join(" | ");
  }

  /** From a success on, a stack is what its program says, until something happens. */
  private settle({ stack, verb, program }: Command): void {
    const side = this.sides[stack];
    if (!side || verb === "refresh") return;
    side.program = verb === "destroy" ? {} : program;
    side.isSettled = true;
    this.inDoubt.clear();
    this.isServiceStopped = false;
    if (Object.keys(side.program).length > 0) this.isRemovalCut = false;
    this.verdict.addDifferences(compareState(describeSide(side)));
  }

  /** True while nothing is under way on the host, and what the programs want is there. */
  private get isCalm(): boolean {
    return this.sides.every(({ isSettled }) => isSettled);
  }

  private expectSettled(): World {
    return this.expectWorld(this.sides.map(describeSide));
  }

  private expectWorld(settled: readonly Settled[]): World {
    const lines = [...this.untouched.routes, ...this.others.map(formatLine)];
    const { flavour } = this.history;
    return expectWorld(lines, this.others, settled, { flavour, machineId: this.stage.machineId });
  }

  private observe(): Promise<World> {
    return observeWorld(this.stage.host, this.history.flavour, this.disks);
  }

  private compare(expected: World): Promise<void> {
    return this.compareUntilSame((seen) => {
      const { lost, leaked } = compareWorlds(expected, seen);
      return { lost, leaked: this.isRemovalCut ? leaked.filter((what) => !isOfService(what)) : leaked };
    });
  }

  /** The host has some time to end what it is at. */
  private async compareUntilSame(compare: (seen: World) => Differences): Promise<void> {
    const deadline = performance.now() + settleMs;
    for (;;) {
      const differences = compare(await this.observe());
      const isSame = differences.lost.length + differences.leaked.length === 0;
      if (isSame || performance.now() > deadline) return this.verdict.addDifferences(differences);
      await sleep(100);
    }
  }

  private start(command: Command): Run {
    const link = this.links[command.stack];
    const side = this.sides[command.stack];
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
        if (provider.crash !== undefined) this.verdict.lost.push(provider.crash);
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

function describeSide({ stack, program }: Side): Settled {
  return { owner: stack.owner, program, entries: stack.entries };
}

function describeFailures(failures: readonly Failure[]): string {
  return failures.map(({ name, code, message }) => `${name} ${code ?? message}`).join(", ");
}
