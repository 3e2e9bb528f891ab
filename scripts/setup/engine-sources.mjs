// The two ways to get an engine that is not there: Pulumi's installer, and a build from the pinned Go modules.
// Both fill a folder that the caller gives; neither decides where it ends up.
import { chmodSync, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ensureGo, goEnvironment } from "./go-toolchain.mjs";
import { engineVersion, repository } from "./paths.mjs";
import { run, SetupError, tail } from "./process.mjs";

const installerAddress = "https://get.pulumi.com/";
const secondsToAnswer = 10;

const launcher = "pulumi-resource-pulumi-nodejs";

/** The launcher is in the SDK's npm package; the other two parts are compiled programs. */
function copyLauncher(folder) {
  copyFileSync(join(repository, "node_modules/@pulumi/pulumi", launcher), join(folder, launcher));
  chmodSync(join(folder, launcher), 0o755);
}

/** Fills `folder` by Pulumi's own installer. Returns why not, if it cannot. */
export async function runOfficialInstaller(folder) {
  let script;
  try {
    const response = await fetch(installerAddress, { signal: AbortSignal.timeout(secondsToAnswer * 1000) });
    if (!response.ok) return `${installerAddress} answered ${response.status}`;
    script = await response.text();
  } catch (error) {
    return `${installerAddress} did not answer within ${secondsToAnswer} s (${error.cause?.code ?? error.message})`;
  }
  // What answers may be a proxy's login page.
  if (!script.startsWith("#!")) return `${installerAddress} answered with something that is not a script`;
  const root = `${folder}-installer`;
  try {
    mkdirSync(root, { recursive: true });
    const file = join(root, "install.sh");
    writeFileSync(file, script);
    // HOME as well as --install-root: whatever else the installer does by default then lands in here too.
    const { code, output } = await run(
      "sh",
      [file, "--version", engineVersion, "--install-root", root, "--no-edit-path"],
      { cwd: root, env: { ...process.env, HOME: root }, timeoutMs: 600_000, progress: "official installer" },
    );
    if (code !== 0) return `it failed:\n${tail(output)}\n`;
    const bin = join(root, "bin");
    if (!readdirSync(root).includes("bin") || !readdirSync(bin).includes("pulumi-language-nodejs")) {
      return "it left no pulumi-language-nodejs where it was asked to";
    }
    renameSync(bin, folder);
    copyLauncher(folder);
    return (await run(join(folder, "pulumi"), ["version"], { env: { ...process.env, PULUMI_HOME: root } }))
      .code === 0
      ? undefined
      : "the pulumi that it installed does not run here";
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const builds = [
  {
    output: "pulumi",
    module: "tools/pulumi-cli",
    package: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    flags: ["-tags", "osusergo,grpcnotrace"],
    // Without its version the CLI takes itself for a development build and warns.
    linkerFlags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${engineVersion}`,
  },
  {
    output: "pulumi-language-nodejs",
    module: "tools/pulumi-language-nodejs",
    package: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
    flags: [],
    linkerFlags: "-s -w",
  },
];

/** Fills `folder` with an engine built from tools/. Some minutes the first time. */
export async function buildEngine(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const go = await ensureGo();
  for (const build of builds) {
    const args = ["build", "-mod=readonly", "-trimpath", "-buildvcs=false", ...build.flags];
    const { code, output } = await run(
      go,
      [...args, "-ldflags", build.linkerFlags, "-o", join(folder, build.output), build.package],
      // No C compiler is needed, nor looked for.
      {
        cwd: join(repository, build.module),
        env: { ...goEnvironment, CGO_ENABLED: "0" },
        progress: `building ${build.output}`,
      },
    );
    if (code !== 0) {
      throw new SetupError(
        `go build of ${build.package} in ${build.module} failed:\n${tail(output)}\n` +
          `It needs the Go module proxy (see: go env GOPROXY) or a filled module cache. Otherwise install Pulumi by hand and put it on the PATH.`,
      );
    }
  }
  copyLauncher(folder);
}
