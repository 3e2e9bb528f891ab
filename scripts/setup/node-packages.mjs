// This clone's node_modules: whether they are what package-lock.json says, and npm ci when not.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "./paths.mjs";
import { report, run, SetupError, tail, timed } from "./process.mjs";

// Install scripts never run: nothing here needs one. What the lock file pins cannot be stale, so npm's own cache
// comes first; and npm tries each package only twice, because its default takes a quarter of an hour offline.
const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"];
export const npmFlags = [...flags, "--fetch-retries=1", "--fetch-retry-mintimeout=1000"];

const packagesOf = (file) => JSON.parse(readFileSync(join(repository, file), "utf8")).packages;

/**
 * Compares the lock file with npm's own record of what it installed, which it writes last: that also
 * understands an install by hand, a half finished one and a lock file that has moved on.
 */
function isUpToDate() {
  if (!existsSync(join(repository, "node_modules/.package-lock.json"))) return false;
  // The link to this clone, through which programs and the provider process find the package.
  if (!existsSync(join(repository, "node_modules/pulumi-anyip/package.json"))) return false;
  const wanted = Object.entries(packagesOf("package-lock.json"));
  const installed = packagesOf("node_modules/.package-lock.json");
  return wanted.every(([path, { version, integrity, optional, link }]) => {
    if (!path.startsWith("node_modules/") || link === true) return true;
    const there = installed[path];
    // Optional ones for other platforms are never installed.
    if (there === undefined) return optional === true;
    return there.version === version && (integrity === undefined || there.integrity === integrity);
  });
}

async function install() {
  const npm = (command, ...more) =>
    run("npm", [command, ...npmFlags, ...more], {
      cwd: repository,
      progress: `npm ${command}`,
      timeoutMs: 900_000,
    });
  const ci = await npm("ci");
  if (ci.code === 0) return;
  // A lock file made where the registry has not every platform's optional packages lacks them, and npm ci then
  // refuses it. npm install takes the same pinned versions and leaves the lock file alone.
  const incomplete = ci.output.includes("code EUSAGE");
  if (incomplete) report("setup: npm ci finds package-lock.json incomplete, using npm install --no-save");
  const last = incomplete ? await npm("install", "--no-save") : ci;
  if (last.code !== 0) {
    throw new SetupError(
      `npm ci failed:\n${tail(last.output)}\nIt needs the npm registry (see: npm config get registry).`,
    );
  }
}

/** Makes node_modules what package-lock.json says. */
export async function ensureNodePackages() {
  if (isUpToDate()) return;
  await timed("installed node_modules", install);
  if (!isUpToDate()) {
    throw new SetupError(
      "node_modules differs from package-lock.json even after an install. Run: npm install",
    );
  }
}
