// The disk trees of the sandbox's booted hosts (sandbox/boot/): one small Debian for each init, in the cache.
// A tree is only ever read; hosts see it through a layer of their own.
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./paths.mjs";
import { findCommand, report, run, SetupError, tail, timed } from "./process.mjs";
import { installDebianPackages } from "./system-packages.mjs";

/**
 * What makes each tree, beyond what all have. debootstrap itself stumbles over openrc and sysv-rc. Masked is
 * what asks the network for updates, and what would mount the parts of the kernel that all hosts share.
 */
const trees = {
  systemd: {
    packages: ["systemd", "systemd-sysv", "dbus"],
    finish: `systemctl -q enable systemd-networkd ssh
      systemctl -q mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer
      systemctl -q mask dev-hugepages.mount sys-fs-fuse-connections.mount sys-kernel-config.mount
      systemctl -q mask sys-kernel-debug.mount sys-kernel-tracing.mount`,
  },
  openrc: {
    packages: ["openrc", "sysvinit-core", "ifupdown"],
    finish: "sed -i /getty/d /etc/inittab",
  },
  ifupdown: {
    packages: ["sysvinit-core", "sysv-rc", "ifupdown"],
    finish: "sed -i /getty/d /etc/inittab",
  },
};

const commonPackages = ["iproute2", "iputils-ping", "openssh-server"];

/** $1 folder to make, $2 suite, $3 mirror, $4 packages: the base that all trees begin as. */
const baseRecipe = `set -eu
debootstrap --variant=minbase --include="$4" "$2" "$1" "$3"
rm -rf "$1"/etc/ssh/ssh_host_* "$1"/usr/share/doc/* "$1"/usr/share/man/* "$1"/usr/share/locale/*
`;

/** $1 base, $2 folder to make, $3 packages, $4 last commands inside. No package may start anything. */
const treeRecipe = `set -eu
cp -a --reflink=auto "$1" "$2"
printf '#!/bin/sh\\nexit 101\\n' > "$2/usr/sbin/policy-rc.d"
chmod 755 "$2/usr/sbin/policy-rc.d"
export DEBIAN_FRONTEND=noninteractive
chroot "$2" apt-get install -y --no-install-recommends $3
chroot "$2" sh -euc "$4"
rm -rf "$2/usr/sbin/policy-rc.d" "$2"/var/cache/apt/* "$2"/var/lib/apt/lists/* "$2"/usr/share/doc/* "$2"/usr/share/man/*
`;

const byHand = "The booted test hosts need it; everything else works without.";

const asRoot = () => (process.getuid?.() === 0 ? [] : ["sudo", "-n"]);

/** Runs a program as root; `what` begins the message when it fails. */
async function runAsRoot(what, argv, progress) {
  const [command, ...args] = [...asRoot(), "env", "LC_ALL=C", ...argv];
  const { code, output } = await run(command, args, { progress });
  if (code !== 0) throw new SetupError(`${what} failed:\n${tail(output)}\n${byHand}`);
}

/** The running machine's suite, and where its own apt gets that from. */
async function findSource() {
  const [, suite] = /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(readFileSync("/etc/os-release", "utf8")) ?? [];
  const query = async () => {
    const filters = ["Created-By: Packages", `Codename: ${suite}`, "Component: main"];
    const { stdout } = await run("apt-get", ["indextargets", "--format", "$(REPO_URI)", ...filters]);
    return stdout.split("\n").find((line) => /^https?:/.test(line));
  };
  let mirror = await query();
  if (mirror === undefined) {
    await runAsRoot("apt-get update", ["apt-get", "update"], "apt-get update");
    mirror = await query();
  }
  if (mirror === undefined) {
    throw new SetupError(
      `apt knows no http mirror of ${suite ?? "this system's release"} (apt-get indextargets). ${byHand}`,
    );
  }
  return { suite, mirror };
}

/** Whether the path is a whole tree: it appears under its name only when it is. */
const isThere = (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/**
 * Makes sure of the trees: CACHE/debian-INIT is a link to the tree that the recipes above give. A change of a
 * recipe makes new ones; the old stay for hosts that run on them.
 */
export async function ensureDebianTrees() {
  if (process.platform !== "linux") return;
  const recipe = JSON.stringify([trees, commonPackages, baseRecipe, treeRecipe]);
  const version = createHash("sha256").update(recipe).digest("hex").slice(0, 12);
  const folder = join(cache, `debian-trees-${version}`);
  if (!isThere(folder)) {
    if (findCommand("debootstrap") === undefined) {
      await installDebianPackages(
        ["debootstrap"],
        "Making the disks of booted test hosts needs debootstrap.",
      );
    }
    await timed(`made Debian trees for ${Object.keys(trees).join(", ")} in ${folder}`, () =>
      makeTrees(folder),
    );
  }
  for (const name of Object.keys(trees)) pointTo(join(folder, name), join(cache, `debian-${name}`));
}

async function makeTrees(folder) {
  const { suite, mirror } = await findSource();
  const making = `${folder}-making-${process.pid}`;
  const base = join(making, "base");
  mkdirSync(making, { recursive: true });
  report(`setup: debootstrap of ${suite}, ~1 minute`);
  try {
    const args = [base, suite, mirror, commonPackages.join(",")];
    await runAsRoot("debootstrap", ["sh", "-c", baseRecipe, "sh", ...args], "debootstrap");
    await runAsRoot("apt-get update in the tree", ["chroot", base, "apt-get", "update"], "apt-get update");
    for (const [name, { packages, finish }] of Object.entries(trees)) {
      const inputs = [base, join(making, name), packages.join(" "), finish];
      await runAsRoot(`the ${name} tree`, ["sh", "-c", treeRecipe, "sh", ...inputs], `${name} tree`);
    }
    await runAsRoot("removal of the base", ["rm", "-rf", base]);
    // One that another clone has made meanwhile stays.
    if (!isThere(folder)) renameSync(making, folder);
  } finally {
    await runAsRoot("removal of what is unfinished", ["rm", "-rf", making]);
  }
}

/** Makes `link` lead to `target`, in one step, so that no reader finds it missing. */
function pointTo(target, link) {
  const temporary = `${link}-${process.pid}`;
  symlinkSync(target, temporary);
  renameSync(temporary, link);
}
