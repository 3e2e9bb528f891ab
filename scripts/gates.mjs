// The quality gates: each one program with its arguments. What they demand is in their own configuration files.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuild } from "./setup/build.mjs";
import { repository } from "./setup/paths.mjs";
import { run } from "./setup/process.mjs";

const codeFolders = ["net", "sdk", "provider", "sandbox", "bin", "bench", "examples", "test"];
const tool = (path) => join(repository, "node_modules", path);

// The output is collected and printed later, so nobody can see that it goes to a terminal or not.
const withoutColours = { ...process.env, NO_COLOR: "1", FORCE_COLOR: "0" };

/** Runs a program of node_modules. */
async function runTool(path, ...args) {
  const { code, output } = await run(process.execPath, [tool(path), ...args], {
    cwd: repository,
    env: withoutColours,
  });
  return { ok: code === 0, output };
}

/** The package as it would be published, for those that judge it from outside. */
async function withTarball(judge) {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-pack-"));
  try {
    await ensureBuild();
    const args = ["pack", "--ignore-scripts", "--pack-destination", folder, "--loglevel=error"];
    const { code, output } = await run("npm", args, { cwd: repository });
    if (code !== 0) return { ok: false, output };
    return await judge(join(folder, readdirSync(folder)[0]));
  } catch (error) {
    return { ok: false, output: error.message };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const biome = "@biomejs/biome/bin/biome";

const gates = [
  {
    name: "biome (format and lint)",
    // A warning that fails nothing is never read.
    start: () => runTool(biome, "ci", ".", "--colors=off", "--diagnostic-level=warn", "--error-on-warnings"),
  },
  { name: "tsc (types)", start: () => runTool("typescript/bin/tsc", "--noEmit") },
  {
    name: "dependency-cruiser (layers)",
    start: () => {
      const present = readdirSync(repository).filter((name) => codeFolders.includes(name));
      return runTool(
        "dependency-cruiser/bin/dependency-cruise.mjs",
        "--config",
        ".dependency-cruiser.cjs",
        ...present,
      );
    },
  },
  { name: "knip (dead code)", start: () => runTool("knip/bin/knip.js", "--no-progress") },
  {
    name: "publint and attw (the package)",
    start: () =>
      withTarball(async (tarball) => {
        const publint = await runTool("publint/src/cli.js", "run", tarball, "--strict");
        // node16 leaves out resolution that knows no "exports" (TypeScript's node10): no Node that is supported does
        // that, and "pulumi-anyip/provider" exists only there.
        const attw = await runTool(
          "@arethetypeswrong/cli/dist/index.js",
          tarball,
          "--profile",
          "node16",
          "--no-emoji",
        );
        return { ok: publint.ok && attw.ok, output: `${publint.output}\n${attw.output}` };
      }),
  },
];

/**
 * Runs every gate, two at a time, and reports each with one line; a failed one's output follows it.
 *
 * @returns how many passed and failed
 */
export async function runGates() {
  const waiting = [...gates];
  const counts = { passed: 0, failed: 0 };
  const worker = async () => {
    for (let gate = waiting.shift(); gate !== undefined; gate = waiting.shift()) {
      const startedAt = performance.now();
      const { ok, output } = await gate.start();
      counts[ok ? "passed" : "failed"] += 1;
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      console.log(`${ok ? "ok    " : "FAILED"} ${gate.name} (${seconds} s)${ok ? "" : `\n${output}\n`}`);
    }
  };
  await Promise.all([worker(), worker()]);
  return counts;
}
