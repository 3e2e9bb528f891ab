// A test host's accounts: lines for /etc/passwd, /etc/group and /etc/shadow, and what lies in the homes.

import { readFileSync, writeFileSync } from "node:fs";
import type { HostFile } from "./host-files";
import type { LoginShell } from "./host-record";
import type { Machine } from "./machine";

/** An account that a flavour wants. `root` exists already and is only adjusted. */
export interface Account {
  readonly name: string;
  /** User and group id; 0 for root. */
  readonly uid: number;
}

/** An account of no rights, on every host, for tests of refusal. */
export const UNPRIVILEGED_ACCOUNT: Account = { name: "visitor", uid: 5002 };

const CHATTER = `echo "Welcome to $(hostname)! You have new mail."
echo "warning: this system is monitored" >&2
`;

const LOGIN_SHELLS: Readonly<Record<LoginShell, string>> = {
  sh: "/bin/sh",
  dash: "/bin/dash",
  bash: "/bin/bash",
  fish: "/usr/bin/fish",
  tcsh: "/usr/bin/tcsh",
  chatty: "/bin/bash",
};

/** The account's home directory. */
function homeOf(account: Account): string {
  return account.uid === 0 ? "/root" : `/home/${account.name}`;
}

/** What is in the homes: the client's public key, and for a chatty shell what makes it talk. */
export function accountFiles(accounts: readonly Account[], publicKey: string, shell: LoginShell): HostFile[] {
  return accounts.flatMap((account) => {
    const home = homeOf(account);
    const files: HostFile[] = [
      {
        path: `${home}/.ssh/authorized_keys`,
        text: publicKey,
        mode: 0o600,
        directoryMode: 0o700,
        uid: account.uid,
      },
    ];
    if (shell === "chatty")
      files.push({ path: `${home}/.bashrc`, text: CHATTER, mode: 0o644, uid: account.uid });
    return files;
  });
}

/** Adds the accounts to the host's own /etc; those of the machine it runs on stay in it, without a password. */
export function writeAccounts(machine: Machine, accounts: readonly Account[], shell: LoginShell): void {
  const loginShell = LOGIN_SHELLS[shell];
  const names = new Set(accounts.map((account) => account.name));
  const rewrite = (file: string, format: (account: Account) => string, edit = (line: string) => line) => {
    const path = machine.path(file);
    const lines = readFileSync(path, "utf8").split("\n");
    const others = lines.filter((line) => line !== "" && !names.has(line.split(":")[0] ?? "")).map(edit);
    writeFileSync(path, `${[...accounts.map(format), ...others].join("\n")}\n`);
  };
  rewrite("/etc/passwd", (account) => {
    return `${account.name}:x:${account.uid}:${account.uid}::${homeOf(account)}:${loginShell}`;
  });
  rewrite("/etc/group", ({ name, uid }) => `${name}:x:${uid}:`);
  // "*": no password fits, and yet sshd doesn't take the account for a locked one ("!").
  const withoutPassword = (line: string) => line.replace(/^([^:]*):[^:]*:/, "$1:*:");
  rewrite("/etc/shadow", ({ name }) => `${name}:*:19000:0:99999:7:::`, withoutPassword);
}

/** Makes all the accounts accept this password. */
export async function setPassword(
  machine: Machine,
  accounts: readonly Account[],
  password: string,
): Promise<void> {
  if (/[\n\r\0]/.test(password)) throw new Error("a password of a test host can't hold a line break or NUL");
  const stdin = accounts.map(({ name }) => `${name}:${password}\n`).join("");
  await machine.execOrThrow(["chpasswd", "--crypt-method", "SHA256"], { stdin });
}
