// The allocator beside Python's ipaddress and netaddr at the same tasks, and an AddressPool beside resources that do nothing.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cache, repository } from "../scripts/setup/paths.mjs";
import { run } from "../scripts/setup/process.mjs";
import { setUp } from "../scripts/setup.mjs";
import { median, printMachine, runRounds } from "./figures.mjs";
import { measureOnHost, phases } from "./on-host.mjs";
import { BenchStack } from "./stack.mjs";

const netaddr = "netaddr==1.3.0";
const netaddrFolder = join(cache, "bench-netaddr-1.3.0");
/** Longer than this nobody waits for a side; longer than the other it is not repeated. */
const [giveUpMs, repeatSeconds] = [120_000, 5];

const tasks = ["keyed", "nextFree", "sparse"];
const counts = [1000, 10_000, 100_000];
const pythonTasks = { keyed: "keyed", nextFree: "next_free", sparse: "sparse" };
const ours = "pulumi-anyip";

const poolSides = ["names alone", "results out", "same payload", "AddressPool"];
const poolPhases = { create: "up", "no change": "up", destroy: "destroy" };
const poolGoal = 1.3;

/**
 * Single addresses on one host: with routes of their own and in a pool that has one, each beside what the engine alone costs.
 * What it costs the engine that all depend on one pool shows in the second floor.
 */
const floors = { AddressAllocation: "floor", "in a bound pool": "floor in a pool" };
const hostSides = [...Object.values(floors), ...Object.keys(floors)];
const hostGoal = 1.2;

/** @param args --rounds N (3), --names N (10000), --count N (1000) */
export async function benchAllocate(args) {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: "string", default: "3" },
      names: { type: "string", default: "10000" },
      count: { type: "string", default: "1000" },
    },
  });
  const [rounds, names, count] = [Number(values.rounds), Number(values.names), Number(values.count)];
  await setUp();
  const sides = [ours, ...(await findPythonLibraries())];
  printMachine(`a /64 filled from empty, address by address; medians of ${rounds}`);
  const times = await measureTasks(sides, rounds);
  printTimes(times, sides);
  const pools = await runRounds(poolSides, rounds, `a pool of ${names} names`, (side) =>
    measurePool(side, names),
  );
  printPools(pools, names);
  const allocations = await measureAllocations(count, rounds);
  printAllocations(allocations, count);
  printGoals(times, pools, allocations);
}

async function findPythonLibraries() {
  if ((await run("python3", ["--version"])).code !== 0) {
    console.error("without python3 there is nothing to compare with");
    return [];
  }
  if (!existsSync(netaddrFolder)) {
    console.error(`installing ${netaddr} into ${netaddrFolder} …`);
    const { code, output } = await run("python3", [
      "-m",
      "pip",
      "install",
      "--target",
      netaddrFolder,
      netaddr,
    ]);
    if (code !== 0) console.error(`netaddr is left out: ${output.trim().split("\n").at(-1)}`);
  }
  return existsSync(netaddrFolder) ? ["ipaddress", "netaddr"] : ["ipaddress"];
}

/** Seconds of CPU by task, count and side, which others on the machine change less than seconds; undefined where it took too long. */
async function measureTasks(sides, rounds) {
  const times = {};
  for (const task of tasks) {
    for (const count of counts) {
      const found = new Map();
      for (const side of sides) {
        process.stderr.write(`${task}, ${count}, ${side} …\n`);
        const before = times[`${task} ${count / 10}`]?.[side];
        // Ten times as many take it at least ten times as long.
        const isHopeless = count > counts[0] && (before === undefined || before * 10_000 > giveUpMs);
        found.set(side, isHopeless ? undefined : await measureTask(side, task, count, rounds));
      }
      const blocks = new Set([...found.values()].flatMap((answer) => (answer ? [answer.last] : [])));
      if (blocks.size > 1)
        throw new Error(`${task}: the sides end with different blocks, ${[...blocks].join(", ")}`);
      times[`${task} ${count}`] = Object.fromEntries(
        [...found].map(([side, answer]) => [side, answer?.seconds]),
      );
    }
  }
  return times;
}

async function measureTask(side, task, count, rounds) {
  const seconds = [];
  let last = "";
  for (let round = 0; round < rounds && (seconds[0] ?? 0) < repeatSeconds; round++) {
    const { code, output } = await (side === ours
      ? run(process.execPath, [join(repository, "bench/allocate-one.mjs"), task, String(count)])
      : run(
          "python3",
          [join(repository, "bench/python/allocate.py"), side, pythonTasks[task], String(count)],
          {
            env: { ...process.env, PYTHONPATH: netaddrFolder },
            timeoutMs: giveUpMs,
          },
        ));
    if (code !== 0 && side !== ours) return undefined;
    if (code !== 0) throw new Error(output);
    const [time, block] = output.trim().split(" ");
    seconds.push(Number(time));
    last = block.replace(/\/128$/, "");
  }
  return { seconds: median(seconds), last };
}

function printTimes(times, sides) {
  console.log(`${"seconds of CPU".padEnd(18)}${sides.map((side) => side.padStart(14)).join("")}`);
  for (const [what, row] of Object.entries(times)) {
    const cells = sides.map((side) => (row[side]?.toFixed(3) ?? `over ${giveUpMs / 1000}`).padStart(14));
    console.log(`${what.padEnd(18)}${cells.join("")}`);
  }
  console.log("");
}

async function measurePool(side, names) {
  const environment = { BENCH_SIDE: side, BENCH_COUNT: String(names) };
  const stack = new BenchStack({ environment, flags: [], main: "pool.js" });
  try {
    await stack.init();
    const seconds = {};
    for (const [phase, command] of Object.entries(poolPhases)) seconds[phase] = await stack.time(command);
    return seconds;
  } finally {
    stack.remove();
  }
}

function printPools(pools, names) {
  const phases = Object.keys(poolPhases);
  console.log(`${`seconds, ${names} names`.padEnd(22)}${phases.map((phase) => phase.padStart(14)).join("")}`);
  for (const side of pools.keys()) {
    const cells = phases.map((phase) => poolSeconds(pools, side, phase).toFixed(2).padStart(14));
    console.log(`${side.padEnd(22)}${cells.join("")}`);
  }
  for (const base of poolSides.slice(0, -1)) {
    const cells = phases.map((phase) => poolRatio(pools, base, phase).toFixed(2).padStart(14));
    console.log(`${`÷ ${base}`.padEnd(22)}${cells.join("")}`);
  }
  console.log("");
}

function poolSeconds(pools, side, phase) {
  return median(pools.get(side).map((seconds) => seconds[phase]));
}

function poolRatio(pools, base, phase) {
  return poolSeconds(pools, "AddressPool", phase) / poolSeconds(pools, base, phase);
}

async function measureAllocations(count, rounds) {
  const { createSandbox } = createRequire(import.meta.url)(`${repository}/dist/sandbox`);
  const sandbox = await createSandbox();
  try {
    return await runRounds(hostSides, rounds, `${count} allocations`, (side) =>
      measureOnHost({ sandbox, host: sandbox.host("web1"), side, persist: "none", count, flags: [] }),
    );
  } finally {
    await sandbox.close();
  }
}

function printAllocations(sides, count) {
  console.log(`${`${count} on a host`.padEnd(18)}${phases.map((phase) => phase.padStart(14)).join("")}`);
  for (const side of sides.keys()) {
    const cells = phases.map((phase) => secondsOf(sides, side, phase).toFixed(2).padStart(14));
    console.log(`${side.padEnd(18)}${cells.join("")}`);
  }
  for (const [side, floor] of Object.entries(floors)) {
    const cells = phases.map((phase) =>
      (secondsOf(sides, side, phase) / secondsOf(sides, floor, phase)).toFixed(2).padStart(14),
    );
    console.log(`${`÷ ${floor}`.padEnd(18)}${cells.join("")}  ${side}`);
  }
  for (const side of Object.keys(floors)) {
    const counts = phases.map((phase) => median(sides.get(side).map((run) => run.connections[phase])));
    console.log(`${side}: ${counts.join(", ")} connections`);
  }
  console.log("");
}

function secondsOf(sides, side, phase) {
  return median(sides.get(side).map((run) => run.seconds[phase]));
}

function printGoals(times, pools, allocations) {
  const say = (isReached, text) => console.log(`${isReached ? "reached" : "missed"}: ${text}`);
  const most = (100_000 * Math.log(100_000)) / (10_000 * Math.log(10_000));
  for (const task of tasks) {
    const growth = times[`${task} 100000`][ours] / times[`${task} 10000`][ours];
    say(
      growth <= most,
      `${task}, ten times 10000 take ${growth.toFixed(1)} × as long; n·log n would be ${most.toFixed(1)}`,
    );
  }
  const keyed = times["keyed 100000"][ours];
  say(keyed <= 2, `100000 keyed addresses in ${keyed.toFixed(2)} s of CPU, the goal is ≤ 2 s`);
  for (const base of ["same payload", "results out"]) {
    const ratio = poolRatio(pools, base, "create");
    say(ratio <= poolGoal, `AddressPool, create ${ratio.toFixed(2)} × ${base}, the goal is ≤ ${poolGoal}`);
  }
  for (const [side, floor] of Object.entries(floors)) {
    const ratio = secondsOf(allocations, side, "create") / secondsOf(allocations, floor, "create");
    say(ratio <= hostGoal, `${side}, create ${ratio.toFixed(2)} × ${floor}, the goal is ≤ ${hostGoal}`);
  }
}
