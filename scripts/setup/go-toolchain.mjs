// A Go that is new enough to build the pinned modules: the machine's own, or one from the module proxy.
// It never changes a Go that is installed; a newer one is an ordinary entry of Go's own module cache.
import { chmodSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { goVersion } from "./paths.mjs";
import { findCommand, run, SetupError, tail, timed } from "./process.mjs";
import { installDebianPackages } from "./system-packages.mjs";

/**
 * Keeps the `go` command from fetching another toolchain by itself, which old ones cannot do. Without GOROOT,
 * because one that fits the machine's own Go would break the newer one; each finds its own.
 */
const { GOROOT: _, ...inherited } = process.env;
export const goEnvironment = { ...inherited, GOTOOLCHAIN: "local", GOFLAGS: "", GOWORK: "off" };

const usualPlaces = ["/usr/local/go/bin", "/usr/lib/go/bin"];

const findGo = () => findCommand("go", [process.env.PATH, ...usualPlaces].join(":"));

function isAtLeast(version, wanted) {
  const [a, b] = [version, wanted].map((text) =>
    text.split(".").map((part) => Number.parseInt(part, 10) || 0),
  );
  const first = [0, 1, 2].find((i) => (a[i] ?? 0) !== (b[i] ?? 0));
  return first === undefined || (a[first] ?? 0) > (b[first] ?? 0);
}

async function versionOf(go) {
  // Outside of any module, where a go.mod that asks for more cannot make it fail.
  const { stdout } = await run(go, ["env", "GOVERSION"], { cwd: tmpdir(), env: goEnvironment });
  return stdout.trim().replace(/^go/, "");
}

/** The path of a `go` command that is at least what the go.mod files ask for. */
export async function ensureGo() {
  const toDo = `Install Go ${goVersion} or newer and put its bin folder on the PATH, then run this again.`;
  if (findGo() === undefined) {
    const why = `Building the engine needs Go, and there is none.\n${toDo} Any older Go will do as well, it fetches the newer one.`;
    await installDebianPackages(["golang-go"], why);
  }
  const go = findGo();
  if (go === undefined) throw new SetupError(`There is still no go command after the installation. ${toDo}`);
  const version = await versionOf(go);
  if (isAtLeast(version, goVersion)) return go;
  return timed(`got Go ${goVersion}, because ${go} is only ${version}`, () => downloadToolchain(go, toDo));
}

async function downloadToolchain(go, toDo) {
  const architecture = { x64: "amd64", arm64: "arm64" }[process.arch] ?? process.arch;
  const name = `golang.org/toolchain@v0.0.1-go${goVersion}.${process.platform}-${architecture}`;
  const { code, stdout, output } = await run(go, ["mod", "download", "-json", name], {
    cwd: tmpdir(),
    env: goEnvironment,
    progress: `downloading Go ${goVersion}`,
  });
  if (code !== 0) throw new SetupError(`${go} could not download Go ${goVersion}:\n${tail(output)}\n${toDo}`);
  const root = JSON.parse(stdout).Dir;
  makeExecutable(root);
  const newer = join(root, "bin/go");
  const version = await versionOf(newer);
  if (version !== goVersion) throw new SetupError(`${newer} does not run. ${toDo}`);
  return newer;
}

/** Module zips carry no mode bits, and Go's module cache is read-only. */
function makeExecutable(root) {
  for (const folder of ["bin", "pkg/tool"]) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) chmodSync(join(entry.parentPath ?? entry.path, entry.name), 0o555);
    }
  }
}
