// Finds the disk trees that booted hosts run from. Making them is scripts/setup/debian-trees.mjs.

import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The inits there are trees for. */
export type BootTree = "systemd" | "openrc" | "ifupdown";

/** Where programs of this project keep what is made once; scripts/setup/paths.mjs says the same. */
export function cacheHome(): string {
  return process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
}

/** The folder of a tree. @throws Error that says how to make it. */
export function findTree(name: BootTree): string {
  const link = join(cacheHome(), "pulumi-anyip", `debian-${name}`);
  try {
    return realpathSync(link);
  } catch (cause) {
    throw new Error(
      `a host that boots ${name} needs a disk tree, and ${link} is missing: \`npm run setup -- --with-debian-trees\` in a clone of pulumi-anyip makes it`,
      { cause },
    );
  }
}
