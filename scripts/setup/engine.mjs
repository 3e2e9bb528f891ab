// The engine (design: the CLI, its Node.js language host, the dynamic-provider launcher): finds one that
// works or makes one. It never reads or writes ~/.pulumi.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { buildEngine, runOfficialInstaller } from "./engine-sources.mjs";
import { cache, engineFolder, engineVersion } from "./paths.mjs";
import { findCommand, hasExecutables, report, SetupError, timed } from "./process.mjs";

const parts = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"];
const oldest = [3, 200];

/** `pulumi version`, or undefined if it does not run. PULUMI_HOME keeps it away from ~/.pulumi. */
function versionOf(pulumi) {
  const env = { ...process.env, PULUMI_HOME: join(cache, "home"), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const { status, stdout } = spawnSync(pulumi, ["version"], { env, encoding: "utf8", timeout: 20_000 });
  return status === 0 ? /^v?(\d+\.\d+\.\d+\S*)/.exec(stdout.trim())?.[1] : undefined;
}

/** Whether the PATH has a whole engine; `text` is what to tell a person either way. */
function judgePath() {
  const pulumi = findCommand("pulumi");
  if (pulumi === undefined) return { usable: false, text: "no pulumi on the PATH" };
  const version = versionOf(pulumi);
  if (version === undefined) return { usable: false, text: `${pulumi} does not run` };
  const [major, minor] = version.split(".").map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return {
      usable: false,
      text: `${pulumi} is ${version}, too old (${oldest.join(".")} is the first that will do)`,
    };
  }
  const path = [dirname(pulumi), process.env.PATH].join(delimiter);
  const missing = parts.find((part) => findCommand(part, path) === undefined);
  if (missing !== undefined)
    return { usable: false, text: `${pulumi} has no ${missing} beside it or on the PATH` };
  return { usable: true, text: `pulumi ${version} on the PATH (${pulumi})` };
}

/**
 * The engine that is there now: `engineDir` is its folder, or null for the PATH's own.
 * `undefined` when there is none yet.
 */
function findEngine() {
  const path = judgePath();
  if (path.usable) return { engineDir: null, text: path.text };
  if (hasExecutables(engineFolder, parts)) {
    return { engineDir: engineFolder, text: `pulumi ${engineVersion} in ${engineFolder} (${path.text})` };
  }
  return undefined;
}

/** Finds the engine or makes one. */
export async function ensureEngine() {
  const found = findEngine();
  if (found !== undefined) return found;
  report(`setup: ${judgePath().text}, none in ${engineFolder}`);
  mkdirSync(cache, { recursive: true });
  const temporary = join(cache, `making-engine-${process.pid}`);
  try {
    const problem = await timedTry("official installer", () => runOfficialInstaller(temporary));
    if (problem !== undefined) {
      report(`setup: official installer: ${problem}; building the engine from the pinned Go modules instead`);
      await timed(`built pulumi ${engineVersion} and its language host`, () => buildEngine(temporary));
    }
    const version = versionOf(join(temporary, "pulumi"));
    if (version === undefined || !hasExecutables(temporary, parts)) {
      throw new SetupError(
        `The engine in ${temporary} does not run. Install Pulumi (any ${oldest.join(".")} or newer) by hand and put it on the PATH.`,
      );
    }
    // The whole folder appears at once: an interrupted set-up leaves nothing that looks finished.
    if (existsSync(engineFolder)) rmSync(engineFolder, { recursive: true, force: true });
    renameSync(temporary, engineFolder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  return { engineDir: engineFolder, text: `pulumi ${engineVersion} in ${engineFolder} (just made)` };
}

async function timedTry(what, work) {
  const startedAt = performance.now();
  const problem = await work();
  if (problem === undefined)
    report(`setup: ${what} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
  return problem;
}

let chosen;

/**
 * The environment of a `pulumi` that keeps to itself: own home, file backend, empty passphrase, no network.
 * Includes the caller's environment, with the engine first on the PATH.
 *
 * @throws SetupError when there is no engine yet
 */
export function pulumiEnvironment(homeDir, stateDir) {
  chosen ??= findEngine();
  if (chosen === undefined) throw new SetupError("There is no Pulumi engine yet. Run: npm run setup");
  return {
    ...process.env,
    PATH: [chosen.engineDir, process.env.PATH].filter(Boolean).join(delimiter),
    PULUMI_HOME: homeDir,
    PULUMI_BACKEND_URL: `file://${stateDir}`,
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
}
