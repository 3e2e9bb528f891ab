// Plays many histories on a few hosts at once, and counts what came of them.
import { readFileSync } from "node:fs";
import { createSandbox, type Sandbox } from "../../sandbox";
import { generateHistory } from "./generate";
import { describeHistory, type History, type Kind } from "./history";
import { type Flavour, flavours } from "./host-facts";
import { playHistory, type Stage } from "./play";
import type { Verdict } from "./verdict";

export interface Order {
  readonly kinds: readonly Kind[];
  /** Of each kind. */
  readonly histories: number;
  /** Of the first history of each kind; the next have the next seeds. */
  readonly seed: number;
}

export interface Tally {
  readonly kind: Kind;
  histories: number;
  failed: number;
  /** Histories in which something struck, and those in which it did while a change was under way. */
  struck: number;
  struckAmidChange: number;
  lockouts: number;
  lost: number;
  leaked: number;
  /** How often what struck. */
  readonly blows: Map<string, number>;
}

interface Turn {
  readonly tally: Tally;
  readonly history: History;
}

/** How many hosts of a flavour play at once: they wait more than they compute. */
const hostCounts: Readonly<Record<Flavour, number>> = { root: 8, systemd: 2, openrc: 2, ifupdown: 2 };

const progressMs = 10_000;

/**
 * Plays them all. Reports how far it is, and each failure when it comes: its seed, and all of it.
 *
 * @param report takes a text for a person
 */
export async function playAll(
  { kinds, histories, seed }: Order,
  report: (text: string) => void,
): Promise<Tally[]> {
  const tallies = kinds.map(makeTally);
  const turns = Array.from({ length: histories }, (_, index) =>
    tallies.map((tally): Turn => ({ tally, history: generateHistory(tally.kind, seed + index) })),
  ).flat();
  const sandbox = await createSandbox({ hosts: [] });
  const progress = setInterval(() => report(describeProgress(tallies, turns.length)), progressMs);
  try {
    await Promise.all(
      flavours.flatMap((flavour) => {
        const fit = turns.filter(({ history }) => history.flavour === flavour);
        return Array.from({ length: hostCounts[flavour] }, () => takeTurns(sandbox, flavour, fit, report));
      }),
    );
  } finally {
    clearInterval(progress);
    await sandbox.close();
  }
  return tallies;
}

/** One host's part of the turns, which others take from as well. */
async function takeTurns(
  sandbox: Sandbox,
  flavour: Flavour,
  turns: Turn[],
  report: (text: string) => void,
): Promise<void> {
  let stage: Stage | undefined;
  for (let turn = turns.shift(); turn; turn = turns.shift()) {
    const { tally, history } = turn;
    stage ??= await makeStage(sandbox, flavour);
    const verdict = await playHistory(stage, history);
    count(tally, verdict);
    if (!verdict.hasFailed) continue;
    report(describeFailure(history, verdict));
    // What is left on the host would be the next history's.
    stage = undefined;
  }
}

let stageCount = 0;

async function makeStage(sandbox: Sandbox, flavour: Flavour): Promise<Stage> {
  const host = await sandbox.addHost({ name: `stage${++stageCount}`, flavour });
  const hostKey = readFileSync(host.path("/etc/ssh/ssh_host_ed25519_key.pub"), "utf8").trim();
  const login = {
    user: host.user,
    privateKeyPath: sandbox.keyPath,
    hostKey,
    // Short, but long enough for a machine that all cores are busy on.
    dialErrorLimit: 3,
    perDialTimeout: 20,
    commandTimeout: 15,
  };
  const machineId = readFileSync(host.path("/etc/machine-id"), "utf8").trim();
  return { host, login, sshPeer: sandbox.addresses.machine4, machineId };
}

function makeTally(kind: Kind): Tally {
  return {
    kind,
    histories: 0,
    failed: 0,
    struck: 0,
    struckAmidChange: 0,
    lockouts: 0,
    lost: 0,
    leaked: 0,
    blows: new Map(),
  };
}

function count(tally: Tally, verdict: Verdict): void {
  tally.histories++;
  if (verdict.hasFailed) tally.failed++;
  if (verdict.struck.length > 0) tally.struck++;
  if (verdict.amidChanges > 0) tally.struckAmidChange++;
  tally.lockouts += verdict.lockouts.length;
  tally.lost += verdict.lost.length;
  tally.leaked += verdict.leaked.length;
  for (const what of verdict.struck) tally.blows.set(what, (tally.blows.get(what) ?? 0) + 1);
}

function describeFailure(history: History, { lockouts, lost, leaked, log }: Verdict): string {
  return [
    `FAILED: npm run test:faults -- --kind ${history.kind} --seed ${history.seed} --histories 1`,
    ...lockouts.map((what) => `  locked out: ${what}`),
    ...lost.map((what) => `  lost: ${what}`),
    ...leaked.map((what) => `  leaked: ${what}`),
    describeHistory(history),
    "what came of the steps:",
    ...log.map((line) => `  ${line}`),
  ].join("\n");
}

function describeProgress(tallies: readonly Tally[], total: number): string {
  const [played, failed] = [sum(tallies, "histories"), sum(tallies, "failed")];
  return `faults: ${played} of ${total} histories${failed > 0 ? `, ${failed} failed` : ""}`;
}

/** True where the faults came too seldom amid what they are about: little was tried then. */
export function hasMissed({ kind, histories, struck, struckAmidChange }: Tally): boolean {
  // Hands are at work between runs.
  const wanted = kind === "drift" ? struck : struckAmidChange;
  return wanted < histories / 4;
}

/** A line for each kind: how often its faults have struck. */
export function describeTally(tally: Tally): string {
  const { kind, histories, struck, struckAmidChange, blows } = tally;
  const amid = kind === "drift" ? "" : `, amid a change in ${struckAmidChange}`;
  const counts = [...blows].map(([what, times]) => `${what} ${times}`).sort();
  const missed = hasMissed(tally) ? "; TOO SELDOM" : "";
  return `${kind}: ${histories} histories, struck in ${struck}${amid}${missed} (${counts.join(", ")})`;
}

/** The last line. */
export function describeTotal(tallies: readonly Tally[]): string {
  const total = (name: "histories" | "lockouts" | "lost" | "leaked") => sum(tallies, name);
  return `${total("histories")} histories, ${total("lockouts")} lockouts, ${total("lost")} lost, ${total("leaked")} leaked`;
}

function sum(
  tallies: readonly Tally[],
  name: "histories" | "failed" | "lockouts" | "lost" | "leaked",
): number {
  return tallies.reduce((total, tally) => total + tally[name], 0);
}
