// Where things live: this clone, and the project's cache outside of it.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const repository = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** Shared by every clone of this user; safe to delete at any time. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pulumi-anyip");

const moduleOfCli = readFileSync(join(repository, "tools/pulumi-cli/go.mod"), "utf8");

/** The engine's version. The pinned Go module says it, so that it is written in one place. */
export const engineVersion = /github\.com\/pulumi\/pulumi\/pkg\/v3 v(\S+)/.exec(moduleOfCli)[1];

/** What the pinned Go modules need at least. */
export const goVersion = /^go (\S+)$/m.exec(moduleOfCli)[1];

export const engineFolder = join(cache, `engine-${engineVersion}`);
