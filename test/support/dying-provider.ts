// An `up` whose provider process is killed at a random moment.
import { setTimeout as sleep } from "node:timers/promises";
import { killProcess, waitForProvider } from "./provider-process";
import type { CliResult, PulumiProject, RunningCli } from "./pulumi-project";

// The stack itself is created before the provider starts.
const isWork = /dynamic\/anyip:\w+ \S+ (creating|updating|deleting|replacing) /;

/** How long a provider that nobody kills waits for work, and how long it works. */
export interface ProviderLife {
  readonly idleMs: number;
  readonly workMs: number;
}

/** How such an `up` went. */
export interface BrokenUp extends CliResult {
  /** When the provider died, in words. */
  readonly when: string;
  /** True where it died amid work. */
  readonly isHit: boolean;
  /** What is known of a provider's life now. */
  readonly life: ProviderLife;
}

/** Lets an `up` succeed, and takes its times; the end of it is the engine's own. */
export async function measureProvider(pulumi: PulumiProject): Promise<ProviderLife> {
  const running = pulumi.startUp();
  await waitForProvider(running.pid, running.finished);
  const startedAt = performance.now();
  await waitForWork(running);
  const workingAt = performance.now();
  const { code, output } = await running.finished;
  if (code !== 0) throw new Error(output);
  return { idleMs: workingAt - startedAt, workMs: (performance.now() - workingAt) * 0.6 };
}

/** Most deaths come amid the work, which is counted from its first sign: the machine is now faster, now slower. */
export async function upWhileProviderDies(
  pulumi: PulumiProject,
  random: () => number,
  life: ProviderLife,
): Promise<BrokenUp> {
  const isEarly = random() < 0.2;
  const delayMs = random() * (isEarly ? life.idleMs : life.workMs);
  const when = `killed ${delayMs.toFixed(0)} ms after ${isEarly ? "its start" : "its first work"}`;
  const running = pulumi.startUp();
  const provider = await waitForProvider(running.pid, running.finished);
  if (provider === undefined) throw new Error(`${when}: no provider process\n${running.readOutput()}`);
  if (!isEarly) await waitForWork(running);
  await sleep(delayMs);
  killProcess(provider);
  const result = await running.finished;
  const isHit = result.code !== 0 && isWork.test(result.output);
  const workMs = result.code === 0 ? Math.max(life.workMs * 0.9, 20) : life.workMs;
  return { ...result, when, isHit, life: { ...life, workMs } };
}

/** Waits until the engine has given the provider something to do, or is done. */
async function waitForWork(running: RunningCli): Promise<void> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  running.finished.then(end, end);
  while (!isOver && !isWork.test(running.readOutput())) await sleep(2);
}
