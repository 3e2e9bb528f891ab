// The operating system's part: the commands that the sandbox and the tests call.
// Presence is judged by the commands, so a machine that has them is never asked about packages.
import { findCommand, report, run, SetupError, tail, timed } from "./process.mjs";

const commandsOfPackage = {
  iproute2: ["ip"],
  "openssh-server": ["sshd"],
  "openssh-client": ["ssh", "ssh-keygen", "ssh-agent"],
  "iputils-ping": ["ping"],
  sudo: ["sudo"],
  "util-linux": ["unshare", "flock", "nsenter"],
  procps: ["ps", "sysctl"],
};

/** Other ways to root's rights, other login shells and what small systems run, which only the tests have hosts with; BIND's judge of zone files. */
const commandsOfTestPackage = {
  opendoas: ["doas"],
  fish: ["fish"],
  tcsh: ["tcsh"],
  busybox: ["busybox"],
  "dropbear-bin": ["dropbear", "dropbearconvert"],
  "bind9-utils": ["named-checkzone"],
};

const isRoot = () => process.getuid?.() === 0;

/** Installs Debian packages. `why` begins the message when that is impossible. */
export async function installDebianPackages(packages, why) {
  const byHand = `Install by hand, then run this again:\n    apt-get update && apt-get install ${packages.join(" ")}`;
  if (findCommand("apt-get") === undefined) {
    throw new SetupError(
      `${why} This system has no apt; install what these Debian packages hold: ${packages.join(", ")}.`,
    );
  }
  const asRoot = isRoot() ? [] : ["sudo", "-n"];
  if (!isRoot() && (await run("sudo", ["-n", "true"])).code !== 0) {
    throw new SetupError(`${why} Installing needs root or sudo without a password. ${byHand}`);
  }
  const apt = (...args) => {
    const [command, ...rest] = [...asRoot, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(command, rest, { progress: `apt-get ${args[0]}` });
  };
  await timed(`installed ${packages.join(", ")} with apt-get`, async () => {
    // A failing update is no reason to stop: one dead mirror of several fails it, and the install then works.
    const update = await apt("update");
    const install = await apt("install", "-y", "--no-install-recommends", ...packages);
    if (install.code !== 0) {
      const reason = update.code === 0 ? install.output : `${tail(update.output, 5)}\n${install.output}`;
      throw new SetupError(`${why} apt-get install failed:\n${tail(reason)}\n${byHand}`);
    }
  });
}

/** Makes sure of the commands, with `forTests` of those too that only tests call; says clearly what cannot work on a system that is not Linux. */
export async function ensureSystemPackages({ forTests }) {
  if (process.platform !== "linux") {
    report(
      `setup: ${process.platform}: the sandbox, the demo and the integration tests need Linux; the rest works here`,
    );
    return;
  }
  const wanted = { ...commandsOfPackage, ...(forTests ? commandsOfTestPackage : {}) };
  const missingOf = () =>
    Object.entries(wanted)
      .map(([name, commands]) => ({
        name,
        commands: commands.filter((command) => findCommand(command) === undefined),
      }))
      .filter(({ commands }) => commands.length > 0)
      .map(({ name, commands }) => ({ name, text: `${commands.join(", ")} (package ${name})` }));
  const missing = missingOf();
  if (missing.length === 0) return;
  const why = `Missing commands: ${missing.map(({ text }) => text).join("; ")}.`;
  await installDebianPackages(
    missing.map(({ name }) => name),
    why,
  );
  const still = missingOf();
  if (still.length > 0) {
    throw new SetupError(
      `Still missing after the installation: ${still.map(({ text }) => text).join("; ")}.`,
    );
  }
}
