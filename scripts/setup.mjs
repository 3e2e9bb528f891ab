// Makes a fresh clone ready: system packages, node_modules, the build, the Pulumi engine. No dependencies.
// Every step looks first and is silent when there is nothing to do, so running it again is free.
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuild } from "./setup/build.mjs";
import { ensureDebianTrees } from "./setup/debian-trees.mjs";
import { ensureEngine } from "./setup/engine.mjs";
import { ensureNodeMatrix } from "./setup/node-matrix.mjs";
import { ensureNodePackages } from "./setup/node-packages.mjs";
import { report, SetupError } from "./setup/process.mjs";
import { ensureSystemPackages } from "./setup/system-packages.mjs";

export { pulumiEnvironment } from "./setup/engine.mjs";
export { SetupError };

/**
 * Sets everything up.
 *
 * @param options.forTests also the system packages that only tests need (default false)
 * @param options.nodeMatrix also Node 22 and 24 with the newest SDK (default false)
 * @param options.debianTrees also the disks of the sandbox's booted hosts (default false)
 * @returns `engineDir`: the engine's folder, null when it is on the PATH already; `pulumiEnv`: `{ PATH }` with the
 *   engine first; `nodes`: by major version `{ binDir, nodeModules }`, empty without `nodeMatrix`
 * @throws SetupError whose message says what is missing and what to do
 */
export async function setUp({ forTests = false, nodeMatrix = false, debianTrees = false } = {}) {
  const startedAt = performance.now();
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Node ${process.versions.node} is too old. Install Node 20.19 or newer.`);
  }
  await ensureSystemPackages({ forTests });
  await ensureNodePackages();
  await ensureBuild();
  const { engineDir, text } = await ensureEngine();
  const nodes = nodeMatrix ? await ensureNodeMatrix() : {};
  if (debianTrees) await ensureDebianTrees();
  report(`setup: ready (${((performance.now() - startedAt) / 1000).toFixed(1)} s), engine: ${text}`);
  const pulumiEnv = { PATH: [engineDir, process.env.PATH].filter(Boolean).join(delimiter) };
  return { engineDir, pulumiEnv, nodes };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await setUp({
      forTests: true,
      nodeMatrix: process.argv.includes("--with-node-matrix"),
      debianTrees: process.argv.includes("--with-debian-trees"),
    });
  } catch (error) {
    report(error instanceof SetupError ? `setup: ${error.message}` : error.stack);
    process.exitCode = 1;
  }
}
