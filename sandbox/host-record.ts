// A test host as its sandbox writes it down: what a caller asked for and what it was given.

import type { MachineRecord } from "./machine-record";

/** How one reaches root's rights on the host, or what boots it. More flavours are further files in flavours/. */
export type FlavourName =
  | "root"
  | "sudo"
  | "sudo-entry"
  | "sudo-password"
  | "doas"
  | "busybox"
  | "systemd"
  | "openrc"
  | "ifupdown";

/** What a login finds. `chatty` is bash with a ~/.bashrc that prints, to both outputs, before any command. */
export type LoginShell = "sh" | "dash" | "bash" | "fish" | "tcsh" | "chatty";

export type HostKeyType = "ed25519" | "rsa" | "ecdsa";

/** What a caller may say about a host. */
export interface HostOptions {
  /** Its host name, unique in the sandbox: `web1`. */
  readonly name: string;
  /**
   * Default `root`: one logs in as root. As `operator`, who may `sudo -n` anything (`sudo`), only what the provider runs
   * (`sudo-entry`), or with the password (`sudo-password`); or `doas -n` what the provider runs (`doas`). `busybox`:
   * as root, on a host that has only busybox, and dropbear. `systemd`, `openrc` and `ifupdown` (sysvinit alone): as root,
   * on a Debian of its own that this init has booted.
   */
  readonly flavour?: FlavourName;
  /** Makes all its accounts accept this password besides the key. Default: no password login; a random one where sudo asks. Not for dropbear. */
  readonly password?: string;
  /** Of all its accounts; default `bash`, and `sh` with busybox, which has no other. */
  readonly shell?: LoginShell;
  /** Default `["ed25519"]`. known_hosts gets all of them. */
  readonly hostKeyTypes?: readonly HostKeyType[];
  /** Where sshd listens; default 22. */
  readonly port?: number;
  /** Further lines for sshd_config, before the sandbox's own, so they win: `["MaxStartups 2"]`. Not for dropbear. */
  readonly sshdOptions?: readonly string[];
}

/** The properties of a `connection` by which its user gets root's rights. */
export interface HostRights {
  readonly privilege?: "doas";
  readonly privilegePassword?: string;
}

/** What is recorded of a host. */
export interface HostRecord extends MachineRecord {
  readonly name: string;
  readonly flavour: FlavourName;
  /** Its number in the sandbox, from 0; its addresses and its port of the bridge derive from it. */
  readonly index: number;
  readonly address: string;
  readonly address6: string;
  readonly port: number;
  /** The account that a program should log in as. */
  readonly user: string;
  /** An account that can log in and has no right to anything. */
  readonly unprivilegedUser: string;
  /** What a program's connection must say to get root's rights, besides the user. */
  readonly rights: HostRights;
  readonly password?: string;
}
