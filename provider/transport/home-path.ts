// Paths as a person writes them in a program.

import { homedir } from "node:os";
import { join } from "node:path";

/** Replaces a leading `~/` by the home directory of whoever runs Pulumi. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
