// The build of dist/: only when its sources have changed, and never half of it.
// Run as a program it always builds (npm run build).
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { repository } from "./paths.mjs";
import { report, run, SetupError, tail, timed } from "./process.mjs";

const sourceFolders = ["net", "sdk", "provider", "sandbox", "bin"];
const otherSources = ["tsconfig.json", "tsconfig.build.json", "package.json", "package-lock.json"];
const dist = join(repository, "dist");

// Not in dist/, which is published as it is.
const scratch = join(repository, "node_modules/.cache/pulumi-anyip");
const stampFile = join(scratch, "build.sha256");

function hashOfSources() {
  const inFolders = sourceFolders.flatMap((folder) =>
    readdirSync(join(repository, folder), { recursive: true })
      .map((name) => join(folder, name))
      .filter((name) => name.endsWith(".ts")),
  );
  const hash = createHash("sha256");
  for (const name of [...inFolders.sort(), ...otherSources]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(repository, name)))
      .update("\0");
  }
  return hash.digest("hex");
}

function isUpToDate(hash) {
  return (
    existsSync(join(dist, "sdk/index.js")) &&
    existsSync(stampFile) &&
    readFileSync(stampFile, "utf8") === hash
  );
}

/** Builds into a folder of its own and swaps it in, so that what was deleted in the sources is gone as well. */
async function build(hash) {
  const fresh = join(scratch, `dist-${process.pid}`);
  const old = `${fresh}-old`;
  mkdirSync(scratch, { recursive: true });
  try {
    const tsc = join(repository, "node_modules/typescript/bin/tsc");
    const args = [tsc, "-p", "tsconfig.build.json", "--outDir", fresh];
    const { code, output } = await run(process.execPath, args, { cwd: repository });
    if (code !== 0) throw new SetupError(`The build failed; correct what tsc says:\n${tail(output, 40)}`);
    if (existsSync(dist)) renameSync(dist, old);
    renameSync(fresh, dist);
    linkCommands();
    writeFileSync(stampFile, hash);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

/** Lets `npx pulumi-anyip` work in the clone: npm skips the link when it installs, because dist/ is not there yet. */
function linkCommands() {
  const { name, bin } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  for (const [command, file] of Object.entries(bin ?? {})) {
    if (!existsSync(join(repository, file))) continue;
    chmodSync(join(repository, file), 0o755);
    const link = join(repository, "node_modules/.bin", command);
    rmSync(link, { force: true });
    symlinkSync(join("..", name, file), link);
  }
}

/** Builds dist/ if it is not what the sources would give. */
export async function ensureBuild() {
  const hash = hashOfSources();
  if (!isUpToDate(hash)) await timed("built dist/", () => build(hash));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build(hashOfSources());
  } catch (error) {
    report(error instanceof SetupError ? error.message : error.stack);
    process.exitCode = 1;
  }
}
