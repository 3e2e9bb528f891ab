// Newer Node versions with the newest SDK, for the tests that run the quickstart on them.
// They live in the cache beside the machine's own Node, which stays what it is.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmFlags } from "./node-packages.mjs";
import { cache } from "./paths.mjs";
import { hasExecutables, run, SetupError, tail, timed } from "./process.mjs";

const nodeVersions = { 22: "22.23.3", 24: "24.21.0" };
const companions = { "@pulumi/pulumi": "3.270.0", typescript: "6.0.3", "@types/node": "22.20.5" };

// npm's `node` package only has an install script that fetches one of these; named directly, no script runs.
const nodePackage = `node-${process.platform}-${process.arch}`;

/**
 * Makes sure of every version. Returns, by major version, `binDir` (its `node`, to put first on the PATH) and
 * `nodeModules` (the newest SDK and TypeScript).
 */
export async function ensureNodeMatrix() {
  const found = {};
  for (const [major, version] of Object.entries(nodeVersions)) {
    const folder = join(cache, `node-${major}`);
    const manifest = `${JSON.stringify({ private: true, dependencies: { [nodePackage]: version, ...companions } }, null, 2)}\n`;
    const upToDate = () =>
      hasExecutables(join(folder, "bin"), ["node"]) &&
      existsSync(join(folder, "package.json")) &&
      readFileSync(join(folder, "package.json"), "utf8") === manifest;
    if (!upToDate()) {
      await timed(
        `got Node ${version} with @pulumi/pulumi ${companions["@pulumi/pulumi"]} in ${folder}`,
        () => install(folder, manifest, version),
      );
    }
    found[major] = { binDir: join(folder, "bin"), nodeModules: join(folder, "node_modules") };
  }
  return found;
}

async function install(folder, manifest, version) {
  const temporary = `${folder}-making-${process.pid}`;
  mkdirSync(join(temporary, "bin"), { recursive: true });
  try {
    writeFileSync(join(temporary, "package.json"), manifest);
    const args = ["install", "--no-save", ...npmFlags];
    const { code, output } = await run("npm", args, {
      cwd: temporary,
      progress: `npm install of Node ${version}`,
    });
    if (code !== 0) {
      throw new SetupError(
        `npm could not install Node ${version}:\n${tail(output)}\nIt needs the npm registry (see: npm config get registry).`,
      );
    }
    symlinkSync(`../node_modules/${nodePackage}/bin/node`, join(temporary, "bin/node"));
    const { stdout } = await run(join(temporary, "bin/node"), ["--version"]);
    if (stdout.trim() !== `v${version}`)
      throw new SetupError(`The node of ${nodePackage}@${version} does not run on this machine.`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}
