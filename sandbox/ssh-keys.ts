// Keys of a sandbox, and the two files by which ssh knows its hosts.

import { chownSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostKeyType, HostRecord } from "./host-record";
import { runOrThrow } from "./run-command";

const KEYGEN_ARGS: Readonly<Record<HostKeyType, readonly string[]>> = {
  ed25519: ["-t", "ed25519"],
  rsa: ["-t", "rsa", "-b", "2048"],
  ecdsa: ["-t", "ecdsa", "-b", "256"],
};

export interface KeyPair {
  readonly type: HostKeyType;
  /** Where its private half is on this machine. */
  readonly path: string;
  readonly privateKey: string;
  /** One line, with its line break. */
  readonly publicKey: string;
}

/** Where the files are that a client of the sandbox needs. */
export function clientPaths(directory: string): { key: string; knownHosts: string; config: string } {
  return {
    key: join(directory, "id_ed25519"),
    knownHosts: join(directory, "known_hosts"),
    config: join(directory, "ssh_config"),
  };
}

/** Makes a key pair without a passphrase in `path` and `path`.pub. */
export async function makeKeyPair(path: string, type: HostKeyType, comment: string): Promise<KeyPair> {
  await runOrThrow("ssh-keygen", ["-q", ...KEYGEN_ARGS[type], "-N", "", "-C", comment, "-f", path]);
  return {
    type,
    path,
    privateKey: readFileSync(path, "utf8"),
    publicKey: readFileSync(`${path}.pub`, "utf8"),
  };
}

/** The line of known_hosts for one key of a host. */
export function formatKnownHost(host: HostRecord, publicKey: string): string {
  const named = (address: string) => (host.port === 22 ? address : `[${address}]:${host.port}`);
  const [type, key] = publicKey.split(" ");
  return `${named(host.address)},${named(host.address6)} ${type} ${key}\n`;
}

/** An ssh configuration with each host under its name, for `ssh -F`. It doesn't look at the person's own. */
export function formatSshConfig(directory: string, hosts: readonly HostRecord[]): string {
  const paths = clientPaths(directory);
  const entries = hosts.map(
    (host) => `Host ${host.name}\n  HostName ${host.address}\n  Port ${host.port}\n  User ${host.user}\n`,
  );
  const common = `Host *
  IdentityFile ${paths.key}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile ${paths.knownHosts}
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
`;
  return `${entries.join("\n")}\n${common}`;
}

/** Writes a client's file so that the person behind sudo, if there is one, can use it too. */
export function writeClientFile(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o644 });
  giveToPerson(path);
}

/** Gives a file to the person who ran this by sudo; without sudo it stays root's. */
export function giveToPerson(path: string): void {
  const uid = Number(process.env.SUDO_UID);
  const gid = Number(process.env.SUDO_GID);
  if (uid > 0 && gid > 0) chownSync(path, uid, gid);
}
