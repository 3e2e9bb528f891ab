// From what sudo and doas say, in the C locale, to what a person can do about it. Pure.
import { noPrivilegeWanted } from "./root-command";

/** Continues "the login is not root, and …". */
export const wrongPassword =
  "sudo did not take connection.privilegePassword; it was tried once. Give the password that sudo asks the login for";

/** Why root's rights were refused. */
export interface Refusal {
  readonly said: RegExp;
  /** Continues "the login is not root, and …", with what to do. */
  readonly why: string;
  /** The secret that was not given and would have helped. */
  readonly missing?: string;
}

const sudoEntry = "`USER ALL=(root) NOPASSWD: /bin/sh -s` in sudoers";
const doasEntry = "`permit nopass USER as root cmd /bin/sh args -s` in doas.conf";

/** The first that fits counts. sudo-rs has words of its own for some of them. */
const refusals: readonly Refusal[] = [
  {
    said: new RegExp(noPrivilegeWanted),
    why: 'connection.privilege is "none"; log in as root, or leave it out to use sudo or doas',
  },
  {
    said: /sudo: sorry, you must have a tty/i,
    why: "sudo wants a terminal (requiretty); put `Defaults:USER !requiretty` into sudoers",
  },
  {
    said: /sudo: (a password|a terminal|interactive authentication) is required|sudo: no tty present/i,
    why: `sudo asks for a password; give it as connection.privilegePassword, allow ${sudoEntry}, or log in as root`,
    missing: "connection.privilegePassword",
  },
  {
    said: /incorrect (password|authentication) attempt/i,
    why: wrongPassword,
  },
  {
    said: /is not in the sudoers file|not allowed to (execute|run)|may not run sudo|I'm afraid I can't do that/i,
    why: `sudo does not let it become root; allow ${sudoEntry}, or log in as root`,
  },
  {
    said: /sudo: (command )?not found|sudo: No such file|exec: sudo|sudo: inaccessible/i,
    why: `the host has no sudo; install sudo or doas and allow ${sudoEntry}, or log in as root`,
  },
  {
    said: /doas: (Authentication|a tty is) required/i,
    why: `doas asks for a password, which it reads from a terminal only; allow ${doasEntry}, or log in as root`,
  },
  {
    said: /doas: (Operation not permitted|doas is not enabled|.*doas\.conf)/i,
    why: `doas does not let it become root; allow ${doasEntry}, or log in as root`,
  },
  {
    said: /doas: (command )?not found|doas: No such file|exec: doas|doas: inaccessible/i,
    why: "the host has no doas; install it, leave connection.privilege out to use sudo, or log in as root",
  },
];

/** What sudo's or doas' words mean; undefined for words that are of something else. */
export function explainRights(output: string): Refusal | undefined {
  return refusals.find(({ said }) => said.test(output));
}
