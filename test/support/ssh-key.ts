// Keys as OpenSSH makes them. ssh2's own generator drops a leading zero byte: about one of its Ed25519 keys in 200 is damaged.

import { execFileSync } from "node:child_process";

/** Makes a key pair at `path` and `path`.pub, and gives `path`; the passphrase may be empty. `more` goes to ssh-keygen. */
export function makeKey(path: string, type = "ed25519", passphrase = "", ...more: string[]): string {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", "test", "-f", path, ...more]);
  return path;
}
