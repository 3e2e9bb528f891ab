// 1,000 AnyIPRoutes on one host beside what the engine alone costs, and beside a login for each operation.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { repository } from "../scripts/setup/paths.mjs";
import { setUp } from "../scripts/setup.mjs";
import { median, printMachine, runRounds } from "./figures.mjs";
import { measureOnHost, phases } from "./on-host.mjs";

/** AnyIPRoutes that outlast a reboot, on a host that systemd has booted; those of the other sides do not. */
const persistent = "persistent";
const crowded = "crowded host";
/** Ownership records of other routes that the crowded host has. */
const crowd = 10_000;

/** What, of which side, against which, at most. */
const goals = [
  ["create", "AnyIPRoute", "floor", 1.15],
  ["create", "AnyIPRoute", "same inputs", 1.05],
  ["no change", "AnyIPRoute", "same inputs", 1.05],
  ["refresh", "AnyIPRoute", "floor", 1.25],
  ["destroy", "AnyIPRoute", "floor", 1.6],
  ["create", persistent, "floor", 1.2],
  ["create", crowded, "AnyIPRoute", 1.15],
];

/** @param args --count N (1000), --rounds N (3), --logins N (100), --parallel N (the engine's default) */
export async function benchUp(args) {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: "string", default: "1000" },
      rounds: { type: "string", default: "3" },
      logins: { type: "string", default: "100" },
      parallel: { type: "string" },
    },
  });
  const [count, rounds, logins] = [Number(values.count), Number(values.rounds), Number(values.logins)];
  const flags = values.parallel === undefined ? [] : ["--parallel", values.parallel];
  await setUp({ debianTrees: true });
  const { createSandbox } = createRequire(import.meta.url)(`${repository}/dist/sandbox`);
  const sandbox = await createSandbox({
    hosts: [{ name: "web1" }, { name: "web2" }, { name: "web3", flavour: "systemd" }],
  });
  try {
    writeCrowd(sandbox.host("web2"));
    printMachine(
      `${count} routes on one host, the crowded one with ${crowd} records of others; medians of ${rounds}; checkpoints skipped; ` +
        `--parallel ${values.parallel ?? "at the engine's default"}`,
    );
    const allSides = ["floor", "same inputs", "AnyIPRoute", persistent, crowded];
    const sides = await runRounds(allSides, rounds, `${count} routes`, (side) =>
      measure(sandbox, side, count, flags),
    );
    const loginSides = new Map();
    for (const side of ["a login each", ...(hasRemoteCommand() ? ["remote.Command"] : [])]) {
      process.stderr.write(`${side} …\n`);
      loginSides.set(side, await measure(sandbox, side, logins, flags));
    }
    printTimes(sides);
    printCounts(sides, count);
    for (const [side, run] of loginSides) printLogins(side, run, sides, count, logins);
    printGoals(sides);
  } finally {
    await sandbox.close();
  }
}

/** @pulumi/command's plugin, which is not ours to install. */
function hasRemoteCommand() {
  return process.env.PATH.split(":").some((folder) => existsSync(join(folder, "pulumi-resource-command")));
}

/** Records as the provider writes them, of routes that another stack has. */
function writeCrowd(host) {
  const folder = host.path("/run/pulumi-anyip/routes");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let index = 1; index <= crowd; index++) {
    const network = `3fff:${index.toString(16)}::`;
    const lines = [
      "pulumi-anyip 1",
      `route local ${network}/64 dev lo table 255 proto 177 metric 1024`,
      `owner blog/prod/site-${index}`,
      "origin created",
      `token anyip-${index.toString(16).padStart(20, "0")}`,
      "machine -",
      "end",
    ];
    writeFileSync(`${folder}/${network}_64-table-255-metric-1024`, `${lines.join("\n")}\n`);
  }
}

function measure(sandbox, side, count, flags) {
  return measureOnHost({
    sandbox,
    host: sandbox.host({ [crowded]: "web2", [persistent]: "web3" }[side] ?? "web1"),
    side: side === crowded || side === persistent ? "AnyIPRoute" : side,
    persist: side === persistent ? "auto" : "none",
    count,
    flags,
  });
}

function medianSeconds(runs, phase) {
  return median(runs.map((run) => run.seconds[phase]));
}

function printTimes(sides) {
  console.log(`${"seconds".padEnd(14)}${phases.map((phase) => phase.padStart(12)).join("")}`);
  for (const [side, runs] of sides) {
    console.log(
      `${side.padEnd(14)}${phases.map((phase) => medianSeconds(runs, phase).toFixed(2).padStart(12)).join("")}`,
    );
  }
  for (const base of ["floor", "same inputs"]) {
    const ratios = phases
      .map((phase) => ratio(sides, phase, "AnyIPRoute", base).toFixed(2).padStart(12))
      .join("");
    console.log(`${`÷ ${base}`.padEnd(14)}${ratios}`);
  }
}

function ratio(sides, phase, side, base) {
  return medianSeconds(sides.get(side), phase) / medianSeconds(sides.get(base), phase);
}

function printCounts(sides, count) {
  const runs = sides.get("AnyIPRoute");
  for (const [what, key] of [
    ["connections", "connections"],
    ["execs", "execs"],
  ]) {
    const counts = phases.map((phase) => String(median(runs.map((run) => run[key][phase]))).padStart(12));
    console.log(`${what.padEnd(14)}${counts.join("")}`);
  }
  const bytes = (side) => median(sides.get(side).map((run) => run.stateBytes)) / count;
  const beyond = Math.round(bytes("AnyIPRoute") - bytes("floor"));
  console.log(`\nstate a route: ${Math.round(bytes("AnyIPRoute"))} bytes, ${beyond} beyond the floor's`);
}

function printLogins(side, login, sides, count, logins) {
  for (const phase of ["create", "destroy"]) {
    const each = login.seconds[phase] / logins;
    const ours = medianSeconds(sides.get("AnyIPRoute"), phase) / count;
    console.log(
      `${phase}, ${side}, ${logins} routes: ${login.seconds[phase].toFixed(1)} s, ` +
        `${(each * 1000).toFixed(0)} ms a route, ${(each / ours).toFixed(1)} × AnyIPRoute's; ` +
        `${login.connections[phase]} connections`,
    );
  }
}

function printGoals(sides) {
  console.log("");
  for (const [phase, side, base, most] of goals) {
    const reached = ratio(sides, phase, side, base);
    const verdict = reached <= most ? "reached" : "missed";
    console.log(`${verdict}: ${phase}, ${side} ${reached.toFixed(2)} × ${base}, the goal is ≤ ${most}`);
  }
}
